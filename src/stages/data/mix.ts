import type { BatchSource, TokenBatch } from '../../base/contract/index.js';
import { InvalidInput, Random } from '../../base/core/index.js';

/** One part of a mixture, and how often its batches come, as a share of the sum of all weights. */
export interface MixedSource {
  readonly source: BatchSource;
  readonly weight: number;
}

/**
 * Batches drawn from several sources. Which source the n-th batch comes from depends on the seed and n alone, and each
 * source gives its own batches in order, so a resumed run sees what an uninterrupted one would. Counting the batches
 * before the n-th takes n draws once; they are remembered.
 *
 * @throws InvalidInput `data.mix` for sources of different sizes, or weights that leave nothing.
 */
export function mixBatches(parts: readonly MixedSource[], seed: number): BatchSource {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const [first] = parts;
  if (!first || parts.some(({ weight }) => !(weight >= 0)) || !(total > 0)) {
    throw new InvalidInput('data.mix', 'mix: expected weights of 0 or more, one above 0 at least');
  }
  const { batchSize, sequenceLength } = first.source;
  if (parts.some(({ source }) => source.batchSize !== batchSize || source.sequenceLength !== sequenceLength)) {
    throw new InvalidInput('data.mix', `mix: expected sources of ${batchSize} x ${sequenceLength} tokens each`);
  }
  const random = new Random(seed).fork('mix');
  /** Part of the n-th batch, and its number within the part. */
  const order: (readonly [part: number, index: number])[] = [];
  const counts = parts.map(() => 0);
  const place = (n: number): readonly [number, number] => {
    while (order.length <= n) {
      let draw = random.float() * total;
      let part = parts.findIndex(({ weight }) => (draw -= weight) < 0);
      if (part < 0) part = parts.findLastIndex(({ weight }) => weight > 0);
      order.push([part, counts[part]++]);
    }
    return order[n];
  };
  // The part that is used up first ends the epoch.
  const epochs = parts.flatMap(({ source, weight }) => (weight > 0 ? [(source.batchesPerEpoch * total) / weight] : []));
  return {
    batchSize,
    sequenceLength,
    batchesPerEpoch: Math.max(1, Math.floor(Math.min(...epochs))),
    batch(index): TokenBatch {
      const [part, own] = place(index);
      return parts[part].source.batch(own);
    },
  };
}
