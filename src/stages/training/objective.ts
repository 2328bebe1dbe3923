import { crossEntropy, reduceSum, reshape } from '../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../compiler/ir/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import type { Params } from '../../model/architecture/index.js';
import { forward, parameterSpecs } from '../../model/architecture/index.js';
import type { DecoderConfig } from '../../model/architecture/index.js';
import type { TokenBatch } from '../../base/contract/index.js';
import type { ParameterInfo } from './optimizer.js';

// Shape suffixes: B sequences, T positions, N = B·T, V vocabulary.

/** What is minimised: a sum over targets of a micro-batch, and the micro-batch as inputs of a program. */
export interface Objective<Batch> {
  readonly name: string;
  readonly parameters: Readonly<Record<string, ParameterInfo>>;
  /** Linear weights lie as [in, out] (GPT-2) instead of [out, in]. */
  readonly inputFirst: boolean;
  readonly inputs: Readonly<Record<string, ValueType>>;
  /** Scalar sum of the loss over the targets; `dropout.key` is i32 [2]. */
  lossSum(
    params: Params<Tensor>,
    inputs: Readonly<Record<string, Tensor>>,
    dropout?: { readonly rate: number; readonly key: Tensor },
  ): Tensor;
  feeds(batch: Batch): Record<string, HostTensor>;
  /** Number of targets, by which the loss is averaged. */
  countTargets(batch: Batch): number;
}

/** Targets of a batch on which a loss is taken. */
export function countTargets(batch: TokenBatch): number {
  let count = 0;
  for (let i = 0; i < batch.targets.length; i++) if (batch.targets[i] !== -100) count++;
  return count;
}

/** Positions within each document of a row: they start at 0 where the segment changes. */
export function positionsOf(batch: TokenBatch): Int32Array {
  const { batchSize, sequenceLength, segments } = batch;
  const positions = new Int32Array(batchSize * sequenceLength);
  for (let b = 0; b < batchSize; b++) {
    for (let t = 1; t < sequenceLength; t++) {
      const i = b * sequenceLength + t;
      positions[i] = segments[i] === segments[i - 1] ? positions[i - 1] + 1 : 0;
    }
  }
  return positions;
}

/**
 * Next-token prediction with documents kept apart: -log p(target | earlier tokens of the same document), summed over
 * targets other than -100. `documentMask: false` is for batches whose rows are one document each: attention then skips
 * the mask of segments.
 */
export function causalLanguageModel(
  config: DecoderConfig,
  batchSize: number,
  sequenceLength: number,
  { documentMask = true }: { readonly documentMask?: boolean } = {},
): Objective<TokenBatch> {
  const type: ValueType = { dtype: 'i32', shape: [batchSize, sequenceLength] };
  return {
    name: `${config.family}-lm`,
    parameters: parameterSpecs(config),
    inputFirst: config.family === 'gpt2',
    inputs: { ids: type, positions: type, targets: type, ...(documentMask ? { segments: type } : {}) },
    lossSum(params, { ids, positions, segments, targets }, dropout) {
      const { logits: logits_NV } = forward(config, params, { ids, positions, segments, dropout });
      return reduceSum(crossEntropy(logits_NV, reshape(targets, [batchSize * sequenceLength])).loss);
    },
    feeds(batch) {
      const shape = [batchSize, sequenceLength];
      const tensor = (data: Int32Array): HostTensor => ({ dtype: 'i32', shape, data });
      return {
        ids: tensor(batch.ids),
        positions: tensor(positionsOf(batch)),
        ...(documentMask ? { segments: tensor(batch.segments) } : {}),
        targets: tensor(batch.targets),
      };
    },
    countTargets,
  };
}
