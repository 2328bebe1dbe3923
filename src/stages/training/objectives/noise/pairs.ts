import type { BatchSource } from '../../../../base/contract/index.js';
import { InvalidInput, Random } from '../../../../base/core/index.js';
import { ignoredTarget } from '../../../../model/nn/index.js';

/** A micro-batch of sources with their targets, padded to one length each. */
export interface PairBatch {
  readonly batchSize: number;
  /** Source and target together, the tokens that a row counts for. */
  readonly sequenceLength: number;
  /** [batchSize, sourceLength] */
  readonly sourceIds: Int32Array;
  /** 1 for a token, 0 for padding. */
  readonly sourceMask: Int32Array;
  /** What the decoder reads [batchSize, targetLength]: its start, then each label one place later. */
  readonly targetIds: Int32Array;
  /** What it shall write, -100 for padding. */
  readonly labels: Int32Array;
}

/** One source with its target, in ids. */
export interface NoisePair {
  readonly source: ArrayLike<number>;
  readonly target: ArrayLike<number>;
}

/** Makes a pair of a text; draws from `random` alone, so the same text and stream give the same pair. */
export type Noise = (tokens: Int32Array, random: Random) => NoisePair;

export interface PairBatchOptions {
  readonly noise: Noise;
  readonly sourceLength: number;
  readonly targetLength: number;
  readonly padId: number;
  readonly decoderStart: number;
  readonly seed: number;
}

/**
 * Batches of pairs: each row of the source becomes one pair, noised anew in every epoch. Batch n is a pure function of
 * the source's batch n, the options and the seed. Padding (segment 0) is left out of the text.
 *
 * @throws InvalidInput `training.noise` where a pair is longer than there is room for.
 */
export function pairBatches(source: BatchSource, options: PairBatchOptions): BatchSource<PairBatch> {
  const { noise, sourceLength: S, targetLength: T, padId, decoderStart } = options;
  const { batchSize, sequenceLength } = source;
  return {
    batchSize,
    sequenceLength: S + T,
    batchesPerEpoch: source.batchesPerEpoch,
    batch(index) {
      const plain = source.batch(index);
      const sourceIds = new Int32Array(batchSize * S).fill(padId);
      const sourceMask = new Int32Array(batchSize * S);
      const targetIds = new Int32Array(batchSize * T).fill(padId);
      const labels = new Int32Array(batchSize * T).fill(ignoredTarget);
      for (let b = 0; b < batchSize; b++) {
        const from = b * sequenceLength;
        let end = from + sequenceLength;
        while (end > from && plain.segments[end - 1] === 0) end--;
        targetIds[b * T] = decoderStart;
        // An empty row, at the end of an epoch, has a source of padding and no target.
        if (end === from) continue;
        const random = new Random(options.seed).fork('noise').fork(index).fork(b);
        const pair = noise(plain.ids.subarray(from, end), random);
        if (pair.source.length > S || pair.target.length > T) {
          throw new InvalidInput(
            'training.noise',
            `noise: expected a source of at most ${S} tokens and a target of at most ${T}, got ${pair.source.length} and ${pair.target.length}`,
          );
        }
        sourceIds.set(pair.source, b * S);
        sourceMask.fill(1, b * S, b * S + pair.source.length);
        labels.set(pair.target, b * T);
        for (let t = 1; t < pair.target.length; t++) targetIds[b * T + t] = pair.target[t - 1] as number;
      }
      return { batchSize, sequenceLength: S + T, sourceIds, sourceMask, targetIds, labels };
    },
  };
}
