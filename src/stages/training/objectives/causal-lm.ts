import type { TokenBatch } from '../../../base/contract/index.js';
import { reshape } from '../../../compiler/ir/index.js';
import type { ValueType } from '../../../compiler/ir/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { forward, parameterSpecs } from '../../../model/architecture/index.js';
import type { DecoderConfig } from '../../../model/architecture/index.js';
import { countCounted, tokenLoss } from './objective.js';
import type { LossTerms, Objective } from './objective.js';

// Shape suffixes: B sequences, T positions, N = B·T, V vocabulary.

/** Targets of a batch on which a loss is taken. */
export const countTargets = (batch: TokenBatch): number => countCounted(batch.targets);

/** Positions within each document of a row: they start at 0 where the segment changes. */
export function positionsOf(batch: Pick<TokenBatch, 'batchSize' | 'sequenceLength' | 'segments'>): Int32Array {
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

export interface CausalOptions extends LossTerms {
  /** False is for batches whose rows are one document each: attention then skips the mask of segments. Default true. */
  readonly documentMask?: boolean;
}

/**
 * Next-token prediction with documents kept apart: -log p(target | earlier tokens of the same document), summed over
 * targets other than -100.
 */
export function causalLanguageModel(
  config: DecoderConfig,
  batchSize: number,
  sequenceLength: number,
  { documentMask = true, ...terms }: CausalOptions = {},
): Objective<TokenBatch> {
  const type: ValueType = { dtype: 'i32', shape: [batchSize, sequenceLength] };
  return {
    name: `${config.family}-lm`,
    parameters: parameterSpecs(config),
    inputFirst: config.family === 'gpt2',
    inputs: { ids: type, positions: type, targets: type, ...(documentMask ? { segments: type } : {}) },
    lossSum(params, { ids, positions, segments, targets }, { dropout, plain } = {}) {
      const { logits: logits_NV } = forward(config, params, { ids, positions, segments, dropout });
      return tokenLoss(logits_NV, reshape(targets, [batchSize * sequenceLength]), plain ? {} : terms);
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
