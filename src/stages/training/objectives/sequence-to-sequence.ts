import { multiplyDims, reshape } from '../../../compiler/ir/index.js';
import type { ValueType } from '../../../compiler/ir/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { parameterSpecs, sequenceToSequenceLoss } from '../../../model/architecture/index.js';
import type { EncoderDecoderConfig } from '../../../model/architecture/index.js';
import type { PairBatch } from './noise/pairs.js';
import { countCounted, tokenLoss } from './objective.js';
import type { LossTerms, Objective } from './objective.js';

/**
 * Writing a target from a source, the true tokens given: -log p(label | source, earlier labels), summed over the labels
 * other than -100. What source and target are (span corruption, denoising, translation) the batches decide.
 */
export function sequenceToSequence(
  config: EncoderDecoderConfig,
  batchSize: number,
  {
    sourceLength,
    targetLength,
    ...terms
  }: LossTerms & { readonly sourceLength: number; readonly targetLength: number },
): Objective<PairBatch> {
  const source: ValueType = { dtype: 'i32', shape: [batchSize, sourceLength] };
  const target: ValueType = { dtype: 'i32', shape: [batchSize, targetLength] };
  return {
    name: `${config.family}-seq2seq`,
    parameters: parameterSpecs(config),
    inputFirst: false,
    inputs: { sourceIds: source, sourceMask: source, targetIds: target, labels: target },
    lossSum(params, { sourceIds, sourceMask, targetIds, labels }, { dropout, plain } = {}) {
      const { logits } = sequenceToSequenceLoss(config, params, {
        sourceIds,
        sourceMask,
        targetIds,
        labels,
        ...(dropout ? { dropout } : {}),
      });
      return tokenLoss(logits, reshape(labels, [multiplyDims(...labels.shape)]), plain ? {} : terms);
    },
    feeds(batch) {
      const tensor = (data: Int32Array, length: number): HostTensor => ({
        dtype: 'i32',
        shape: [batchSize, length],
        data,
      });
      return {
        sourceIds: tensor(batch.sourceIds, sourceLength),
        sourceMask: tensor(batch.sourceMask, sourceLength),
        targetIds: tensor(batch.targetIds, targetLength),
        labels: tensor(batch.labels, targetLength),
      };
    },
    countTargets: (batch) => countCounted(batch.labels),
  };
}
