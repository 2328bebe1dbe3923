import type { DType, HostTensor } from '../tensor/index.js';
import type { Dim, Shape } from './shape.js';

/** Attributes of attention in blocks. */
export interface BlockedAttention {
  readonly scale: number;
  readonly causal: boolean;
  readonly window: number;
  readonly blockSize: number;
}

/**
 * The closed set of primitives with their attributes. Every pass over a graph (shape rules, vjp, interpreter, ONNX
 * lowering) is a total table over these names, so a missing rule does not compile.
 *
 * Shapes are NumPy's; `...` is any number of leading (batch) dimensions. Binary element-wise primitives broadcast.
 */
export interface PrimitiveAttributes {
  // Sources (no inputs).
  constant: { readonly value: HostTensor };
  /** Index along `axis`: value[i0, i1, …] = i_axis. */
  iota: { readonly shape: Shape; readonly axis: number; readonly dtype: DType };

  // Element-wise, one input (float unless said otherwise).
  neg: object;
  abs: object;
  /** -1, 0 or 1; gradient 0. */
  sign: object;
  /** Gradient 0. */
  floor: object;
  exp: object;
  log: object;
  sqrt: object;
  reciprocal: object;
  sin: object;
  cos: object;
  tanh: object;
  sigmoid: object;
  erf: object;
  relu: object;
  /** x·Φ(x); `tanh` is GPT-2's approximation. */
  gelu: { readonly approximate: 'none' | 'tanh' };
  /** x·sigmoid(x). */
  silu: object;
  /** (x, dy) → dy times the derivative of gelu at x. No second derivative. */
  geluGrad: { readonly approximate: 'none' | 'tanh' };
  /** (x, dy) → dy times the derivative of silu at x. No second derivative. */
  siluGrad: object;
  /** Logical not of a bool tensor. */
  not: object;
  cast: { readonly dtype: DType };
  /** Identity whose gradient is zero. */
  stopGradient: object;

  // Element-wise, two inputs, broadcasting. Ties of max and min: the gradient goes in halves.
  add: object;
  sub: object;
  mul: object;
  div: object;
  /** x ** y for x > 0. */
  pow: object;
  max: object;
  min: object;
  /** Comparisons give bool. */
  equal: object;
  less: object;
  lessEqual: object;
  and: object;
  or: object;
  /** where(condition, a, b), all broadcast. */
  where: object;

  // Shape.
  reshape: { readonly shape: Shape };
  transpose: { readonly permutation: readonly number[] };
  broadcastTo: { readonly shape: Shape };
  /**
   * Along one axis: start, start + step, … before end. Bounds are absolute: 0 <= start <= end <= size for a positive
   * step; for a negative one size > start >= end >= -1, where end -1 means "down to and with index 0".
   */
  slice: { readonly axis: number; readonly start: number; readonly end: number; readonly step: number };
  pad: { readonly axis: number; readonly before: number; readonly after: number; readonly value: number };
  /**
   * `size` names the size of the result along the axis where those of the inputs are symbols, whose sum has no name: the
   * caller promises that they add up to it when the program runs.
   */
  concat: { readonly axis: number; readonly size?: Dim };
  /** (x, indices) → x indexed along `axis` by an i32 tensor of any shape (NumPy take). Out of range is the caller's error. */
  gather: { readonly axis: number };
  /** (updates, indices) → zeros with `size` rows along `axis`, plus updates added at the indices: the adjoint of gather. */
  scatterAdd: { readonly axis: number; readonly size: number };

  // Reductions over `axes`; with keepDims those become 1.
  reduceSum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  reduceMean: { readonly axes: readonly number[]; readonly keepDims: boolean };
  /** Gradient shared equally among ties. */
  reduceMax: { readonly axes: readonly number[]; readonly keepDims: boolean };
  /** First index of the largest value along `axis`, i32. */
  argMax: { readonly axis: number; readonly keepDims: boolean };
  /** Running sum; `reverse` sums from the end. */
  cumSum: { readonly axis: number; readonly reverse: boolean };

  // Products.
  /** alpha · op(a) · op(b) over the last two axes, batch dimensions broadcast; op transposes the last two. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean; readonly alpha: number };

  // Fused, because ONNX Runtime has one kernel for each (or because their gradient is cheaper as a whole).
  /** Over the last axis. */
  softmax: object;
  logSoftmax: object;
  /** (x [..., D], scale [D], bias [D]) → (y, mean [..., 1], inverse standard deviation [..., 1]). */
  layerNorm: { readonly epsilon: number };
  /** (x [..., D], scale [D]) → (y, 1/root mean square [..., 1]). */
  rmsNorm: { readonly epsilon: number };
  /**
   * (logits [N, V], targets i32 [N]) → (loss [N], log-sum-exp [N]) = -log softmax(logits)[target]; target -100 gives
   * loss 0 and no gradient (its log-sum-exp is still that of its logits).
   */
  crossEntropy: object;
  /**
   * (logits [N, V], targets i32 [N], logSumExp [N], dLoss [N]) → dLogits = (softmax(logits) - oneHot(target))·dLoss,
   * rows with target -100 are 0. softmax may be computed from the logits alone or as exp(logits - logSumExp). No second
   * derivative.
   */
  crossEntropyGrad: object;
  /**
   * Rotary positions: (x [B, H, T, K], cos [B or 1, T, K/2], sin) → x rotated. `interleaved` pairs neighbours
   * (llama2.c), otherwise halves (Hugging Face).
   */
  rope: { readonly interleaved: boolean };
  /**
   * Training attention: (q [B, H, T, K], k [B, G, T, K], v [B, G, T, K], optional segments i32 [B, T]) →
   * (out [B, H, T, K], probabilities [B, H, T, T]). G divides H (grouped queries: head h reads group h·G/H, rounded
   * down). probabilities = softmax(scale·q·kᵀ) over keys of the same segment, not later than the query when causal;
   * every query may see at least its own key. Only the backward pass reads the probabilities: a lowering that finds
   * them unused may take a kernel that never stores them.
   */
  attention: { readonly scale: number; readonly causal: boolean };
  /**
   * Training attention in memory that grows linearly with T: (q [B, H, T, K], k [B, G, T, K], v [B, G, T, K], optional
   * segments i32 [B, T]) → out [B, H, T, K]. As `attention`, in blocks of `blockSize` queries (it divides T), each
   * against the keys it may see; nothing of size T·T is ever stored, and the gradient computes the probabilities again.
   * `window` > 0 limits a query to keys at a distance below it; 0 is no limit.
   */
  blockedAttention: BlockedAttention;
  /** (q, k, v, out, dOut, optional segments) → (dq, dk, dv) of blockedAttention. No second derivative. */
  blockedAttentionGrad: BlockedAttention;
  /**
   * Decoding attention on a cache: (q [B, T, H·K], k [B, T, G·K], v [B, T, G·K], keyCache [B, G, C, K], valueCache,
   * lengths i32 [B] = tokens in the cache after this call, optional bias [1 or B, 1 or H, T, C]) → (out [B, T, H·K],
   * keyCache, valueCache). Row b writes its T new keys at lengths[b]-T … lengths[b]-1 and attends causally, the bias
   * added to scale·q·kᵀ. No gradient. Outputs may share the caches' memory.
   * `narrow` promises that B or T is 1 whenever the program runs: one kernel then serves prompts and decoding.
   * `window` > 0 limits a query to the last `window` keys, its own included; 0 is no limit. `softcap` > 0 bounds the
   * scores before the bias: softcap·tanh(score / softcap) (Gemma 2); 0 is no bound.
   */
  cachedAttention: {
    readonly numHeads: number;
    readonly numKvHeads: number;
    readonly scale: number;
    readonly narrow?: boolean;
    readonly window?: number;
    readonly softcap?: number;
  };

  // Random.
  /**
   * Uniform f32 in [0, 1) of `shape`, a pure function of (key i32 [2], `stream`, position): the same on every executor,
   * bit for bit, because it needs only i32 +, ·, / (wrapping; / truncates) and exact f32 steps. The work per element is
   * one product and one sum; everything else happens once per row and once per column.
   *
   *     mix(x)  = three times: x = x·(2·x + 0x2C1B3C6D), then x = 65536·x + x / 65536
   *     s       = mix(mix(mix(key[0] + 0x3C6EF372) + key[1]) + stream·0x1E3779B1)
   *     lane(j, i) = mix(s + j·0x5BD1E995 + i·0x61C88647)
   *     C = last dimension (1 for a scalar), R = elements / C, element at (r, c) of the row-major [R, C]:
   *     h       = A[r]·B[c] + D[r],  A[r] = 256·(2·lane(1, r) + 1),  B[c] = lane(2, c),  D[r] = 256·lane(3, r)
   *     u       = f32(h)·2⁻³² + 0.5      (h is a multiple of 256: f32(h) and both steps are exact)
   */
  randomUniform: { readonly shape: Shape; readonly stream: number };
}

export type PrimitiveName = keyof PrimitiveAttributes;
