import { cast, crossEntropy, div, equal, max, not, sum } from '../../compiler/ir/index.js';
import type { Tensor } from '../../compiler/ir/index.js';

/** Target of a position that takes no loss (padding, prompts). */
export const ignoredTarget = -100;

/** Loss of next-token prediction. */
export interface CausalLmLoss {
  /** Mean over the counted targets, nats, f32 []; 0 where none counts. */
  readonly mean: Tensor;
  readonly sum: Tensor;
  /** How many targets are not `ignoredTarget`, f32 []. */
  readonly count: Tensor;
}

/** Cross-entropy of `logits` [N, V] at `targets` i32 [N]; positions with target -100 do not count. */
export function causalLmLoss(logits: Tensor, targets: Tensor): CausalLmLoss {
  const total = sum(crossEntropy(logits, targets).loss);
  const count = sum(cast(not(equal(targets, ignoredTarget)), 'f32'));
  return { mean: div(total, max(count, 1)), sum: total, count };
}
