import { cast, constant, iota, mul, reshape, sub } from '../../../compiler/ir/index.js';
import type { Dim, Tensor } from '../../../compiler/ir/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';

/**
 * Slopes of ALiBi (Press et al. 2022), one per head: a score falls by its slope with each place of distance. Powers of
 * 2^(-8/n) for n heads; where n is no power of two, those of the next lower power, then every other one of the next
 * higher.
 */
export function alibiSlopes(numHeads: number): Float32Array {
  const power = 2 ** Math.floor(Math.log2(numHeads));
  const base = 2 ** (-8 / power);
  const between = 2 ** (-4 / power);
  return Float32Array.from({ length: numHeads }, (_, h) =>
    h < power ? base ** (h + 1) : between ** (2 * (h - power) + 1),
  );
}

/**
 * ALiBi's addend of the scores [B or 1, H, T, S]: slope·(key's place - query's place) for keys 0 … S - 1 and queries at
 * `queries` (i32 [B or 1, T], their places among the keys).
 */
export function alibiBias(slopes: Float32Array, queries: Tensor, numKeys: Dim): Tensor {
  const [rows, length] = queries.shape as readonly [Dim, Dim];
  const distance = sub(iota([1, 1, 1, numKeys], 3), reshape(queries, [rows, 1, length, 1]));
  return mul(constant(hostTensor('f32', [1, slopes.length, 1, 1], slopes)), cast(distance, 'f32'));
}
