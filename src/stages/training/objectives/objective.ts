import { add, crossEntropy, equal, mul, not, reduceMean, reduceSum, sub, where } from '../../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../../compiler/ir/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { ignoredTarget } from '../../../model/nn/index.js';
import type { ParameterInfo } from '../optimizer.js';

// N targets, V vocabulary.

/** What is minimised: a sum over targets of a micro-batch, and the micro-batch as inputs of a program. */
export interface Objective<Batch> {
  readonly name: string;
  readonly parameters: Readonly<Record<string, ParameterInfo>>;
  /** Linear weights lie as [in, out] (GPT-2) instead of [out, in]. */
  readonly inputFirst: boolean;
  readonly inputs: Readonly<Record<string, ValueType>>;
  /**
   * Scalar sum of the loss over the targets; `dropout.key` is i32 [2]. `plain` asks for the bare negative
   * log-likelihood, without what only training adds to it.
   */
  lossSum(
    params: Readonly<Record<string, Tensor>>,
    inputs: Readonly<Record<string, Tensor>>,
    options?: { readonly dropout?: { readonly rate: number; readonly key: Tensor }; readonly plain?: boolean },
  ): Tensor;
  feeds(batch: Batch): Record<string, HostTensor>;
  /** Number of targets, by which the loss is averaged. */
  countTargets(batch: Batch): number;
}

/** What training may add to the negative log-likelihood. */
export interface LossTerms {
  /** Share of a target that is spread evenly over the vocabulary (Szegedy et al. 2016); 0 is off. */
  readonly labelSmoothing?: number;
  /** Weight of the squared log-sum-exp, which keeps logits from drifting (PaLM takes 1e-4); 0 is off. */
  readonly zLoss?: number;
}

/**
 * Σ -log p(target) over the targets i32 [N] that are not -100, of logits [N, V]. With smoothing ε a target's term is
 * (1 - ε)·(lse - logit) + ε·(lse - mean logit); with weight z, z·lse² is added.
 */
export function tokenLoss(logits_NV: Tensor, targets_N: Tensor, terms: LossTerms = {}): Tensor {
  const { labelSmoothing = 0, zLoss = 0 } = terms;
  const { loss, logSumExp } = crossEntropy(logits_NV, targets_N);
  const total = reduceSum(loss);
  if (labelSmoothing === 0 && zLoss === 0) return total;
  const counted = not(equal(targets_N, ignoredTarget));
  const over = (term: Tensor) => reduceSum(where(counted, term, 0));
  let sum = total;
  if (labelSmoothing > 0) {
    const even = over(sub(logSumExp, reduceMean(logits_NV, -1)));
    sum = add(mul(sum, 1 - labelSmoothing), mul(even, labelSmoothing));
  }
  return zLoss > 0 ? add(sum, mul(over(mul(logSumExp, logSumExp)), zLoss)) : sum;
}

/** Targets on which a loss is taken. */
export function countCounted(targets: Int32Array): number {
  let count = 0;
  for (let i = 0; i < targets.length; i++) if (targets[i] !== ignoredTarget) count++;
  return count;
}
