import { hostTensor } from '../tensor/index.js';
import type { DType, HostTensor } from '../tensor/index.js';
import type { PrimitiveAttributes, PrimitiveName } from './primitive.js';
import { broken, staticDim } from './rule.js';
import { divideDims, elementsOf, formatShape, multiplyDims } from './shape.js';
import type { Dim, Shape } from './shape.js';
import { Tensor, currentTracer } from './trace.js';

/** A tensor of the running trace, or a number that becomes a scalar constant of the other operand's dtype. */
export type Operand = Tensor | number;

function apply1<P extends PrimitiveName>(
  op: P,
  attributes: PrimitiveAttributes[P],
  ...inputs: readonly Tensor[]
): Tensor {
  return currentTracer(op).apply(op, attributes, inputs)[0];
}

/** Axis counted from the end when negative. */
export function normalizeAxis(op: string, axis: number, shape: Shape): number {
  const normal = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= shape.length) {
    throw broken(op, `an axis of ${formatShape(shape)}`, `axis ${axis}`);
  }
  return normal;
}

/** A tensor of fixed values. */
export function constant(value: HostTensor): Tensor {
  return apply1('constant', { value });
}

/** A constant of one value, broadcastable to any shape. */
export function scalar(value: number, dtype: DType = 'f32'): Tensor {
  if (dtype !== 'f32' && !Number.isInteger(value)) throw broken('scalar', `a whole number for ${dtype}`, `${value}`);
  return constant(hostTensor(dtype, [], [value]));
}

/** Index along `axis` as a tensor of `shape`. */
export function iota(shape: Shape, axis: number, dtype: 'i32' | 'f32' = 'i32'): Tensor {
  return apply1('iota', { shape, axis: normalizeAxis('iota', axis, shape), dtype });
}

function pair(op: string, a: Operand, b: Operand): [Tensor, Tensor] {
  if (typeof a === 'number' && typeof b === 'number') throw broken(op, 'at least one tensor', `${a} and ${b}`);
  if (typeof a === 'number') return [scalar(a, (b as Tensor).dtype), b as Tensor];
  return [a, typeof b === 'number' ? scalar(b, a.dtype) : b];
}

const unary = (op: PrimitiveName) => (x: Tensor) => apply1(op, {} as PrimitiveAttributes[typeof op], x);
const binary = (op: PrimitiveName) => (a: Operand, b: Operand) =>
  apply1(op, {} as PrimitiveAttributes[typeof op], ...pair(op, a, b));

export const neg = unary('neg');
export const abs = unary('abs');
export const sign = unary('sign');
export const floor = unary('floor');
export const exp = unary('exp');
export const log = unary('log');
export const sqrt = unary('sqrt');
export const reciprocal = unary('reciprocal');
export const sin = unary('sin');
export const cos = unary('cos');
export const tanh = unary('tanh');
export const sigmoid = unary('sigmoid');
export const erf = unary('erf');
export const relu = unary('relu');
export const silu = unary('silu');
export const not = unary('not');
/** The same values, but no gradient flows back through them. */
export const stopGradient = unary('stopGradient');

/** x·Φ(x), or GPT-2's tanh approximation of it. */
export function gelu(x: Tensor, { approximate = 'none' }: Partial<PrimitiveAttributes['gelu']> = {}): Tensor {
  return apply1('gelu', { approximate }, x);
}

/** dy times the derivative of `gelu` at x. */
export function geluGrad(x: Tensor, dy: Tensor, { approximate }: PrimitiveAttributes['geluGrad']): Tensor {
  return apply1('geluGrad', { approximate }, x, dy);
}

/** dy times the derivative of `silu` at x. */
export function siluGrad(x: Tensor, dy: Tensor): Tensor {
  return apply1('siluGrad', {}, x, dy);
}

/** x in another element type (to integers: toward zero; to bool: not zero); x itself when it has that type already. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : apply1('cast', { dtype }, x);
}

export const add = binary('add');
export const sub = binary('sub');
export const mul = binary('mul');
/** Integers divide toward zero. */
export const div = binary('div');
export const pow = binary('pow');
export const max = binary('max');
export const min = binary('min');
export const equal = binary('equal');
export const less = binary('less');
export const lessEqual = binary('lessEqual');
export const and = binary('and');
export const or = binary('or');

/** a where the condition holds, else b; all three broadcast. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  if (typeof a === 'number' && typeof b === 'number') return apply1('where', {}, condition, scalar(a), scalar(b));
  return apply1('where', {}, condition, ...pair('where', a, b));
}

/** Same elements in row-major order, other shape; one dimension may be -1 and is then computed. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const open = shape.indexOf(-1);
  const rest = shape.filter((_, i) => i !== open).map((dim) => multiplyDims(dim));
  if (open >= 0) {
    const found = divideDims(elementsOf(x.shape), multiplyDims(...rest));
    if (found === undefined) throw broken('reshape', `a shape that fits ${formatShape(x.shape)}`, formatShape(shape));
    rest.splice(open, 0, found);
  }
  return apply1('reshape', { shape: rest }, x);
}

/** Axis i of the result is axis permutation[i] of x; without a permutation the axes are reversed. */
export function transpose(x: Tensor, permutation: readonly number[] = x.shape.map((_, i) => x.rank - 1 - i)): Tensor {
  return apply1('transpose', { permutation }, x);
}

export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return apply1('broadcastTo', { shape }, x);
}

/**
 * Elements start, start + step, … before end along one axis. With a positive step, negative bounds count from the end
 * and `end` defaults to it; with a negative step bounds are absolute and `end` -1 means "down to and with index 0".
 */
export function slice(x: Tensor, axis: number, start: number, end?: number, step = 1): Tensor {
  const at = normalizeAxis('slice', axis, x.shape);
  const size = staticDim('slice', x.shape[at]);
  const absolute = (bound: number) => (step > 0 && bound < 0 ? bound + size : bound);
  const bounds = { start: absolute(start), end: absolute(end ?? (step > 0 ? size : -1)) };
  return apply1('slice', { axis: at, ...bounds, step }, x);
}

/** x with `before` and `after` elements of `value` added along one axis. */
export function pad(x: Tensor, axis: number, before: number, after: number, value = 0): Tensor {
  return apply1('pad', { axis: normalizeAxis('pad', axis, x.shape), before, after, value }, x);
}

export function concat(tensors: readonly Tensor[], axis: number, size?: Dim): Tensor {
  if (tensors.length === 0) throw broken('concat', 'at least one tensor', 'none');
  const at = normalizeAxis('concat', axis, tensors[0].shape);
  return apply1('concat', size === undefined ? { axis: at } : { axis: at, size }, ...tensors);
}

/** x indexed along `axis` by i32 indices of any shape. */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return apply1('gather', { axis: normalizeAxis('gather', axis, x.shape) }, x, indices);
}

/** Zeros with `size` rows along `axis`, plus the updates added at the indices. */
export function scatterAdd(
  updates: Tensor,
  indices: Tensor,
  { axis, size }: PrimitiveAttributes['scatterAdd'],
): Tensor {
  return apply1('scatterAdd', { axis, size }, updates, indices);
}

export type Axes = number | readonly number[];

const reduction =
  (op: 'reduceSum' | 'reduceMean' | 'reduceMax') =>
  (x: Tensor, axes?: Axes, { keepDims = false }: { keepDims?: boolean } = {}): Tensor => {
    const list = axes === undefined ? x.shape.map((_, i) => i) : typeof axes === 'number' ? [axes] : axes;
    return apply1(
      op,
      { axes: list.map((axis) => normalizeAxis(op, axis, x.shape)).sort((a, b) => a - b), keepDims },
      x,
    );
  };

/** Sum over `axes` (default: all). */
export const reduceSum = reduction('reduceSum');
/** Mean over `axes` (default: all). */
export const reduceMean = reduction('reduceMean');
/** Largest element over `axes` (default: all). */
export const reduceMax = reduction('reduceMax');

/** First index of the largest element along `axis`, i32. */
export function argMax(x: Tensor, axis = -1, { keepDims = false }: { keepDims?: boolean } = {}): Tensor {
  return apply1('argMax', { axis: normalizeAxis('argMax', axis, x.shape), keepDims }, x);
}

export function cumSum(x: Tensor, axis: number, { reverse = false }: { reverse?: boolean } = {}): Tensor {
  return apply1('cumSum', { axis: normalizeAxis('cumSum', axis, x.shape), reverse }, x);
}

/** alpha · op(a) · op(b) over the last two axes; batch dimensions broadcast. */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false, alpha = 1 }: Partial<PrimitiveAttributes['matmul']> = {},
): Tensor {
  return apply1('matmul', { transposeA, transposeB, alpha }, a, b);
}

/** Over the last axis. */
export const softmax = unary('softmax');
/** Over the last axis. */
export const logSoftmax = unary('logSoftmax');

/** x [..., D] normalized over D, times scale [D], plus bias [D]; with mean and 1/standard deviation [..., 1]. */
export function layerNorm(x: Tensor, scale: Tensor, bias: Tensor, { epsilon }: PrimitiveAttributes['layerNorm']) {
  const [y, mean, inverseStd] = currentTracer('layerNorm').apply('layerNorm', { epsilon }, [x, scale, bias]);
  return { y, mean, inverseStd };
}

/** x [..., D] over its root mean square, times scale [D]; with 1/root mean square [..., 1]. */
export function rmsNorm(x: Tensor, scale: Tensor, { epsilon }: PrimitiveAttributes['rmsNorm']) {
  const [y, inverseRms] = currentTracer('rmsNorm').apply('rmsNorm', { epsilon }, [x, scale]);
  return { y, inverseRms };
}

/** logits [N, V], targets i32 [N] → loss and log-sum-exp [N]; target -100 gives loss 0 and no gradient. */
export function crossEntropy(logits: Tensor, targets: Tensor) {
  const [loss, logSumExp] = currentTracer('crossEntropy').apply('crossEntropy', {}, [logits, targets]);
  return { loss, logSumExp };
}

/** (softmax(logits) - oneHot(targets)) · dLoss per row. */
export function crossEntropyGrad(logits: Tensor, targets: Tensor, logSumExp: Tensor, dLoss: Tensor): Tensor {
  return apply1('crossEntropyGrad', {}, logits, targets, logSumExp, dLoss);
}

/** x [B, H, T, K] rotated by the angles whose cosines and sines are [B or 1, T, K/2]. */
export function rope(
  x: Tensor,
  cosine: Tensor,
  sine: Tensor,
  { interleaved = false }: Partial<PrimitiveAttributes['rope']> = {},
): Tensor {
  return apply1('rope', { interleaved }, x, cosine, sine);
}

/** q [B, H, T, K], k and v [B, G, T, K] → out [B, H, T, K] and probabilities [B, H, T, T] (for the backward pass). */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { scale, causal, segments }: PrimitiveAttributes['attention'] & { readonly segments?: Tensor },
) {
  const inputs = segments ? [q, k, v, segments] : [q, k, v];
  const [out, probabilities] = currentTracer('attention').apply('attention', { scale, causal }, inputs);
  return { out, probabilities };
}

/** Attention in blocks of queries, q [B, H, T, K], k and v [B, G, T, K] → [B, H, T, K]; see the primitive. */
export function blockedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { scale, causal, window = 0, blockSize, segments }: BlockedAttentionOptions,
): Tensor {
  const inputs = segments ? [q, k, v, segments] : [q, k, v];
  return apply1('blockedAttention', { scale, causal, window, blockSize }, ...inputs);
}

/** Gradients of blockedAttention by q, k and v, from its inputs, its output and the gradient by it. */
export function blockedAttentionGrad(
  inputs: Readonly<Record<'q' | 'k' | 'v' | 'out' | 'dOut', Tensor>>,
  { scale, causal, window = 0, blockSize, segments }: BlockedAttentionOptions,
) {
  const { q, k, v, out, dOut } = inputs;
  const list = segments ? [q, k, v, out, dOut, segments] : [q, k, v, out, dOut];
  const attributes = { scale, causal, window, blockSize };
  const [dq, dk, dv] = currentTracer('blockedAttentionGrad').apply('blockedAttentionGrad', attributes, list);
  return { dq, dk, dv };
}

export type BlockedAttentionOptions = Omit<PrimitiveAttributes['blockedAttention'], 'window'> & {
  readonly window?: number;
  readonly segments?: Tensor;
};

/** Decoding attention on a cache; see the primitive for shapes. */
export function cachedAttention(
  inputs: Readonly<Record<'q' | 'k' | 'v' | 'keyCache' | 'valueCache' | 'lengths', Tensor>> & {
    readonly bias?: Tensor;
  },
  { numHeads, numKvHeads, scale, narrow = false, window = 0, softcap = 0 }: PrimitiveAttributes['cachedAttention'],
) {
  const { q, k, v, keyCache: keys, valueCache: values, lengths, bias } = inputs;
  const list = [q, k, v, keys, values, lengths, ...(bias ? [bias] : [])];
  const limits = { ...(window > 0 ? { window } : {}), ...(softcap > 0 ? { softcap } : {}) };
  const attributes = { numHeads, numKvHeads, scale, narrow, ...limits };
  const [out, keyCache, valueCache] = currentTracer('cachedAttention').apply('cachedAttention', attributes, list);
  return { out, keyCache, valueCache };
}

/** Uniform f32 in [0, 1), a pure function of (key i32 [2], stream, position). */
export function randomUniform(key: Tensor, shape: readonly Dim[], { stream }: { readonly stream: number }): Tensor {
  return apply1('randomUniform', { shape, stream }, key);
}
