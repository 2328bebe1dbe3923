import { InvalidInput } from '../../../base/core/index.js';
import { constant, gather, iota, max, min, reshape, sub, transpose } from '../../../compiler/ir/index.js';
import type { Dim, Tensor } from '../../../compiler/ir/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';

// B rows (or 1 for all), H heads, T queries, S keys.

/** How distances between query and key share biases. */
export interface RelativeBuckets {
  readonly numBuckets: number;
  /** From this distance on all keys share one bucket (per direction). */
  readonly maxDistance: number;
  /** Keys behind and before the query have buckets of their own; otherwise keys behind it share bucket 0. */
  readonly bidirectional: boolean;
}

/**
 * Bucket of a key `distance` places behind the query (negative: before it). Half of a direction's buckets stand for one
 * distance each, the rest grow with its logarithm up to `maxDistance` (Raffel et al., T5, 2020, section 2.1). The
 * logarithms are rounded to f32 step by step, as in torch: on a bucket's border another rounding is another bucket.
 */
export function relativeBucket(distance: number, { numBuckets, maxDistance, bidirectional }: RelativeBuckets): number {
  const count = bidirectional ? numBuckets >> 1 : numBuckets;
  const offset = bidirectional && distance > 0 ? count : 0;
  const length = bidirectional ? Math.abs(distance) : Math.max(0, -distance);
  const exact = count >> 1;
  if (length < exact) return offset + length;
  const { fround, log } = Math;
  const share = fround(fround(log(fround(length / exact))) / fround(log(maxDistance / exact)));
  return offset + Math.min(count - 1, exact + Math.floor(fround(share * (count - exact))));
}

/** Throws `InvalidInput` (code `model.config`) where the buckets leave no room for a direction or its logarithms. */
export function checkRelativeBuckets({ numBuckets, maxDistance }: Omit<RelativeBuckets, 'bidirectional'>): void {
  if (!Number.isSafeInteger(numBuckets) || numBuckets < 4 || numBuckets % 4 !== 0 || numBuckets > 2 ** 16) {
    throw new InvalidInput('model.config', `relative positions: expected a multiple of 4 buckets, got ${numBuckets}`);
  }
  if (!Number.isSafeInteger(maxDistance) || maxDistance <= numBuckets / 2 || maxDistance > 2 ** 20) {
    throw new InvalidInput(
      'model.config',
      `relative positions: expected a maxDistance above half the buckets (${numBuckets / 2}), got ${maxDistance}`,
    );
  }
}

/**
 * Biases [B or 1, H, T, S] of the attention scores: row `bucket` of `weight` [numBuckets, H] for each pair of a query at
 * `queries` (i32 [B or 1, T], its place among the keys) and key: 0 … S - 1, or at the places i32 [S] that are given. Has a
 * gradient. One table serves every layer of a stack.
 */
export function relativeBias(weight: Tensor, queries: Tensor, keys: Dim | Tensor, buckets: RelativeBuckets): Tensor {
  const { maxDistance } = buckets;
  const [rows, length] = queries.shape as readonly [Dim, Dim];
  const table = Array.from({ length: 2 * maxDistance + 1 }, (_, i) => relativeBucket(i - maxDistance, buckets));
  // First one row per distance, so that the many pairs look up once.
  const byDistance = gather(weight, constant(hostTensor('i32', [table.length], table)));
  const places = typeof keys === 'object' ? reshape(keys, [1, 1, keys.shape[0] as Dim]) : iota([1, 1, keys], 2);
  const distance = sub(places, reshape(queries, [rows, length, 1]));
  const index = sub(max(min(distance, maxDistance), -maxDistance), -maxDistance);
  return transpose(gather(byDistance, index), [0, 3, 1, 2]);
}
