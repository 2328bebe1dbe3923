import type { BatchSource, TokenBatch } from '../../../base/contract/index.js';
import { Random } from '../../../base/core/index.js';
import { reshape } from '../../../compiler/ir/index.js';
import type { ValueType } from '../../../compiler/ir/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { forward, parameterSpecs } from '../../../model/architecture/index.js';
import type { DecoderConfig } from '../../../model/architecture/index.js';
import { ignoredTarget } from '../../../model/nn/index.js';
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

/** A batch of texts of which a part is read as a whole. */
export interface PrefixBatch extends TokenBatch {
  /** [batchSize, sequenceLength]: 1 for the tokens of a prefix. */
  readonly prefix: Int32Array;
}

export interface PrefixOptions {
  readonly seed: number;
}

/**
 * Prefix language modelling for decoders: each document of a row is cut anew in every epoch; what is before the cut is
 * read both ways and not asked for, the rest is learned token by token. Both have one token at least, except in
 * documents of one, which are left as they are. Batch n is a pure function of the source's batch n and the seed.
 */
export function prefixBatches(source: BatchSource, { seed }: PrefixOptions): BatchSource<PrefixBatch> {
  const { batchSize, sequenceLength } = source;
  return {
    batchSize,
    sequenceLength,
    batchesPerEpoch: source.batchesPerEpoch,
    batch(index) {
      const plain = source.batch(index);
      const prefix = new Int32Array(plain.ids.length);
      const targets = plain.targets.slice();
      for (let b = 0; b < batchSize; b++) {
        const random = new Random(seed).fork('prefix').fork(index).fork(b);
        const rowEnd = (b + 1) * sequenceLength;
        for (let start = b * sequenceLength, end = start; start < rowEnd; start = end) {
          const segment = plain.segments[start];
          while (end < rowEnd && plain.segments[end] === segment) end++;
          if (segment === 0 || end - start < 2) continue;
          const cut = start + 1 + random.int(end - start - 1);
          prefix.fill(1, start, cut);
          // The last token of the prefix asks for the first one after it.
          targets.fill(ignoredTarget, start, cut - 1);
        }
      }
      return { ...plain, targets, prefix };
    },
  };
}

export interface CausalOptions extends LossTerms {
  /** Batches have prefixes, which are read both ways; see `prefixBatches`. Default false. */
  readonly prefixes?: boolean;
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
  { documentMask = true, prefixes = false, ...terms }: CausalOptions = {},
): Objective<TokenBatch> {
  const type: ValueType = { dtype: 'i32', shape: [batchSize, sequenceLength] };
  return {
    name: `${config.family}-lm`,
    parameters: parameterSpecs(config),
    inputFirst: config.family === 'gpt2',
    inputs: {
      ids: type,
      positions: type,
      targets: type,
      ...(documentMask ? { segments: type } : {}),
      ...(prefixes ? { prefix: type } : {}),
    },
    lossSum(params, { ids, positions, segments, prefix, targets }, { dropout, plain } = {}) {
      const { logits: logits_NV } = forward(config, params, { ids, positions, segments, prefix, dropout });
      return tokenLoss(logits_NV, reshape(targets, [batchSize * sequenceLength]), plain ? {} : terms);
    },
    feeds(batch) {
      const shape = [batchSize, sequenceLength];
      const tensor = (data: Int32Array): HostTensor => ({ dtype: 'i32', shape, data });
      return {
        ids: tensor(batch.ids),
        positions: tensor(positionsOf(batch)),
        ...(documentMask ? { segments: tensor(batch.segments) } : {}),
        ...(prefixes ? { prefix: tensor((batch as PrefixBatch).prefix) } : {}),
        targets: tensor(batch.targets),
      };
    },
    countTargets,
  };
}
