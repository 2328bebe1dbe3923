import type { ValueType } from '../../../compiler/ir/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { maskedLanguageLogits, parameterSpecs } from '../../../model/architecture/index.js';
import type { EncoderConfig } from '../../../model/architecture/index.js';
import { positionsOf } from './causal-lm.js';
import type { MaskedBatch } from './noise/mask-tokens.js';
import { countCounted, tokenLoss } from './objective.js';
import type { LossTerms, Objective } from './objective.js';

/**
 * Masked language modelling: -log p(token | the text with some tokens masked), summed over the masked places (Devlin et
 * al. 2019). Logits are computed at those places alone: `places` of them in a batch.
 */
export function maskedLanguageModel(
  config: EncoderConfig,
  batchSize: number,
  sequenceLength: number,
  { places, ...terms }: LossTerms & { readonly places: number },
): Objective<MaskedBatch> {
  const type: ValueType = { dtype: 'i32', shape: [batchSize, sequenceLength] };
  const chosen: ValueType = { dtype: 'i32', shape: [places] };
  return {
    name: `${config.family}-mlm`,
    parameters: parameterSpecs(config),
    inputFirst: false,
    inputs: { ids: type, positions: type, segments: type, rows: chosen, targets: chosen },
    lossSum(params, { ids, positions, segments, rows, targets }, { dropout, plain } = {}) {
      const input = { ids, positions, segments, rows, ...(dropout ? { dropout } : {}) };
      return tokenLoss(maskedLanguageLogits(config, params, input), targets, plain ? {} : terms);
    },
    feeds(batch) {
      const tensor = (data: Int32Array, shape = [batchSize, sequenceLength]): HostTensor => ({
        dtype: 'i32',
        shape,
        data,
      });
      return {
        ids: tensor(batch.ids),
        positions: tensor(positionsOf(batch)),
        segments: tensor(batch.segments),
        rows: tensor(batch.rows, [places]),
        targets: tensor(batch.targets, [places]),
      };
    },
    countTargets: (batch) => countCounted(batch.targets),
  };
}
