import { cast, less, mul, randomUniform } from '../../compiler/ir/index.js';
import type { Tensor } from '../../compiler/ir/index.js';

/** Dropout during training. `key` i32 [2] holds seed and step, so that a repeated or resumed step drops the same. */
export interface Dropout {
  /** Share of activations set to zero, in [0, 1). */
  readonly rate: number;
  readonly key: Tensor;
}

/**
 * Inverted dropout: zeroes a share `rate` of `x` and scales the rest by 1 / (1 - rate). `stream` numbers the place in
 * the model: two places must not share one, or they would drop the same positions.
 */
export function dropout(x: Tensor, { rate, key }: Dropout, stream: number): Tensor {
  if (rate === 0) return x;
  const kept = less(randomUniform(key, x.shape, { stream }), 1 - rate);
  return mul(x, mul(cast(kept, x.dtype), 1 / (1 - rate)));
}
