import {
  add,
  broadcastTo,
  cast,
  concat,
  equal,
  iota,
  max,
  min,
  mul,
  normalizeAxis,
  reciprocal,
  reduceMean,
  reduceSum,
  reshape,
  scalar,
  slice,
  sqrt,
  sub,
  where,
} from './ops.js';
import type { Axes, Operand } from './ops.js';
import { broken, staticDim } from './rule.js';
import { formatShape } from './shape.js';
import type { Shape } from './shape.js';
import { Tensor } from './trace.js';

// Operations made of primitives: they are differentiated and lowered as what they are made of.

/** Sum over `axes` (default: all). */
export const sum = reduceSum;
/** Mean over `axes` (default: all). */
export const mean = reduceMean;

export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** 1/√x. */
export function rsqrt(x: Tensor): Tensor {
  return reciprocal(sqrt(x));
}

/** x within [low, high]. */
export function clamp(x: Tensor, low: Operand, high: Operand): Tensor {
  return min(max(x, low), high);
}

/** Mean of the squared distance from the mean (divided by the count, not count - 1). */
export function variance(x: Tensor, axes?: Axes, { keepDims = false }: { keepDims?: boolean } = {}): Tensor {
  const centred = sub(x, reduceMean(x, axes, { keepDims: true }));
  return reduceMean(square(centred), axes, { keepDims });
}

/** Removes axes of size 1 (default: all of them). */
export function squeeze(x: Tensor, axes?: Axes): Tensor {
  const drop =
    axes === undefined
      ? x.shape.flatMap((dim, i) => (dim === 1 ? [i] : []))
      : (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis('squeeze', axis, x.shape));
  for (const axis of drop) {
    if (x.shape[axis] !== 1) throw broken('squeeze', `size 1 along axis ${axis}`, formatShape(x.shape));
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !drop.includes(i)),
  );
}

/** Inserts an axis of size 1 before `axis` (negative: counted from the end of the result). */
export function expandDims(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis('expandDims', axis, [...x.shape, 1]);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Consecutive parts along `axis`: `parts` equal ones, or one of each given size. */
export function split(x: Tensor, parts: number | readonly number[], axis: number): Tensor[] {
  const at = normalizeAxis('split', axis, x.shape);
  const size = staticDim('split', x.shape[at]);
  const sizes = typeof parts === 'number' ? Array.from({ length: parts }, () => size / parts) : parts;
  if (!sizes.every(Number.isInteger) || sizes.reduce((a, b) => a + b, 0) !== size) {
    throw broken(
      'split',
      `parts that add up to ${size}`,
      typeof parts === 'number' ? `${parts} equal ones` : `[${parts}]`,
    );
  }
  let start = 0;
  return sizes.map((length) => slice(x, at, start, (start += length)));
}

/** Joins tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const at = tensors[0] ? normalizeAxis('stack', axis, [...tensors[0].shape, 1]) : 0;
  return concat(
    tensors.map((tensor) => expandDims(tensor, at)),
    at,
  );
}

/** ids [...] → f32 [..., depth] with 1 at each id (rows of ids outside 0 … depth - 1 are 0). */
export function oneHot(ids: Tensor, depth: number): Tensor {
  return cast(equal(expandDims(ids, -1), iota([depth], 0)), 'f32');
}

export function zeros(shape: Shape): Tensor {
  return broadcastTo(scalar(0), shape);
}

export function ones(shape: Shape): Tensor {
  return broadcastTo(scalar(1), shape);
}

/** x where `keep` holds, else a fixed value. */
export function masked(x: Tensor, keep: Tensor, otherwise: Operand = 0): Tensor {
  return where(keep, x, otherwise);
}

/** Sum of a list of tensors. */
export function addAll(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 0) throw broken('addAll', 'at least one tensor', 'none');
  return tensors.reduce((a, b) => add(a, b));
}
