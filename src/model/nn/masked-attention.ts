import { add, matmul, mul, multiplyDims, reshape, softmax, tanh, where } from '../../compiler/ir/index.js';
import type { Tensor } from '../../compiler/ir/index.js';

// B sequences, H query heads, G key and value heads (G divides H), T queries, S keys, K numbers a head.

/** Score of a key that must not count: its weight is exactly 0, and no sum with a bias overflows to NaN. */
const unseen = -1e30;

export interface MaskedAttentionOptions {
  /** Factor of q·kᵀ before bias and mask; T5 takes 1, most others 1/√K. */
  readonly scale: number;
  /** Which keys a query sees: bool, broadcastable to [B, H, T, S]. A query that sees none averages all values. */
  readonly mask?: Tensor;
  /** Added to the scaled scores: f32, broadcastable to [B, H, T, S] (T5's relative positions, ALiBi). Has a gradient. */
  readonly bias?: Tensor;
  /** Scaled scores become softcap·tanh(score / softcap) before bias and mask; 0 is no bound. */
  readonly softcap?: number;
}

/**
 * softmax(scale·q·kᵀ + bias, over visible keys)·v for any mask, bias and number of keys: encoders, cross-attention,
 * sliding windows. q [B, H, T, K], k and v [B, G, S, K] → [B, H, T, K]. Made of primitives, so it has a gradient; where
 * attention is causal over whole sequences the primitive `attention` is cheaper.
 */
export function maskedAttention(
  q_BHTK: Tensor,
  k_BGSK: Tensor,
  v_BGSK: Tensor,
  { scale, mask, bias, softcap = 0 }: MaskedAttentionOptions,
): Tensor {
  const [B, H, T, K] = q_BHTK.shape;
  const [, G, S] = k_BGSK.shape;
  // Query heads of one group lie side by side, so they fold into the rows of one product with their shared keys.
  const rows = H === G ? T : multiplyDims((H as number) / (G as number), T);
  const queries = H === G ? q_BHTK : reshape(q_BHTK, [B, G, rows, K]);
  const products = matmul(queries, k_BGSK, { transposeB: true, alpha: softcap > 0 ? scale / softcap : scale });
  let scores_BHTS = H === G ? products : reshape(products, [B, H, T, S]);
  if (softcap > 0) scores_BHTS = mul(tanh(scores_BHTS), softcap);
  if (bias) scores_BHTS = add(scores_BHTS, bias);
  if (mask) scores_BHTS = where(mask, scores_BHTS, unseen);
  const weights = softmax(scores_BHTS);
  const out = matmul(H === G ? weights : reshape(weights, [B, G, rows, S]), v_BGSK);
  return H === G ? out : reshape(out, [B, H, T, K]);
}
