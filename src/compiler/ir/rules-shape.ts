import { numElements } from '../tensor/index.js';
import type { ValueType } from './graph.js';
import type { PrimitiveAttributes } from './primitive.js';
import {
  anything,
  broken,
  checkAxes,
  checkAxis,
  checkSameDtype,
  floats,
  formatType,
  numbers,
  staticDim,
  withAxis,
} from './rule.js';
import type { TypeRules } from './rule.js';
import { broadcastShapes, canonicalShape, elementsOf, formatShape, sameShape } from './shape.js';
import type { Dim, Shape } from './shape.js';

type Names =
  | 'constant'
  | 'iota'
  | 'reshape'
  | 'transpose'
  | 'broadcastTo'
  | 'slice'
  | 'pad'
  | 'concat'
  | 'gather'
  | 'scatterAdd'
  | 'reduceSum'
  | 'reduceMean'
  | 'reduceMax'
  | 'argMax'
  | 'cumSum'
  | 'randomUniform';

function reduced(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return shape.flatMap((dim, i): Dim[] => (axes.includes(i) ? (keepDims ? [1] : []) : [dim]));
}

function reduce(
  op: string,
  { axes, keepDims }: PrimitiveAttributes['reduceSum'],
  [x]: readonly ValueType[],
): ValueType[] {
  checkAxes(op, axes, x.shape);
  return [{ dtype: x.dtype, shape: reduced(x.shape, axes, keepDims) }];
}

/** Number of elements that a slice takes. */
export function sliceLength({ start, end, step }: PrimitiveAttributes['slice']): number {
  return Math.max(0, Math.ceil((end - start) / step));
}

function checkCanonical(op: string, shape: Shape): Shape {
  const canonical = canonicalShape(shape);
  if (!sameShape(canonical, shape))
    throw broken(op, `the canonical shape ${formatShape(canonical)}`, formatShape(shape));
  return shape;
}

/** The axis must have at least one element, or there is no largest. */
function checkNotEmpty(op: string, axes: readonly number[], { shape }: ValueType): void {
  if (axes.some((axis) => shape[axis] === 0))
    throw broken(op, 'at least one element to choose from', formatShape(shape));
}

export const shapeRules: TypeRules<Names> = {
  constant: {
    arity: 0,
    dtypes: [],
    infer({ value }) {
      if (numElements(value.shape) !== value.data.length) {
        throw broken(
          'constant',
          `${numElements(value.shape)} elements for ${formatShape(value.shape)}`,
          `${value.data.length}`,
        );
      }
      return [{ dtype: value.dtype, shape: value.shape }];
    },
  },
  iota: {
    arity: 0,
    dtypes: [],
    infer({ shape, axis, dtype }) {
      checkAxis('iota', axis, checkCanonical('iota', shape));
      if (!numbers.includes(dtype)) throw broken('iota', numbers.join(' or '), dtype);
      return [{ dtype, shape }];
    },
  },
  reshape: {
    arity: 1,
    dtypes: anything,
    infer({ shape }, [x]) {
      if (elementsOf(checkCanonical('reshape', shape)) !== elementsOf(x.shape)) {
        throw broken('reshape', `as many elements as ${formatShape(shape)} has`, [x]);
      }
      return [{ dtype: x.dtype, shape }];
    },
  },
  transpose: {
    arity: 1,
    dtypes: anything,
    infer({ permutation }, [x]) {
      checkAxes('transpose', permutation, x.shape);
      if (permutation.length !== x.shape.length) {
        throw broken('transpose', `a permutation of the axes of ${formatType(x)}`, `[${permutation}]`);
      }
      return [{ dtype: x.dtype, shape: permutation.map((axis) => x.shape[axis]) }];
    },
  },
  broadcastTo: {
    arity: 1,
    dtypes: anything,
    infer({ shape }, [x]) {
      const joined = broadcastShapes(x.shape, checkCanonical('broadcastTo', shape));
      if (!joined || !sameShape(joined, shape))
        throw broken('broadcastTo', `a shape that broadcasts to ${formatShape(shape)}`, [x]);
      return [{ dtype: x.dtype, shape }];
    },
  },
  slice: {
    arity: 1,
    dtypes: anything,
    infer(attributes, [x]) {
      const { axis, start, end, step } = attributes;
      checkAxis('slice', axis, x.shape);
      const size = staticDim('slice', x.shape[axis]);
      const whole = [start, end, step].every(Number.isInteger) && step !== 0;
      const inside = step > 0 ? 0 <= start && start <= end && end <= size : start < size && start >= end && end >= -1;
      if (!whole || !inside) {
        throw broken('slice', `bounds inside axis ${axis} of ${formatType(x)}`, `${start} to ${end} by ${step}`);
      }
      return [{ dtype: x.dtype, shape: withAxis(x.shape, axis, sliceLength(attributes)) }];
    },
  },
  pad: {
    arity: 1,
    dtypes: numbers,
    infer({ axis, before, after }, [x]) {
      checkAxis('pad', axis, x.shape);
      const size = staticDim('pad', x.shape[axis]);
      if (![before, after].every((n) => Number.isInteger(n) && n >= 0)) {
        throw broken('pad', 'whole numbers >= 0 before and after', `${before} and ${after}`);
      }
      return [{ dtype: x.dtype, shape: withAxis(x.shape, axis, before + size + after) }];
    },
  },
  concat: {
    arity: [1, Number.POSITIVE_INFINITY],
    dtypes: anything,
    infer({ axis, size: named }, inputs) {
      const [x] = inputs;
      checkAxis('concat', axis, x.shape);
      checkSameDtype('concat', inputs);
      const rest = withAxis(x.shape, axis);
      let size = 0;
      for (const { shape } of inputs) {
        if (shape.length !== x.shape.length || !sameShape(withAxis(shape, axis), rest)) {
          throw broken('concat', `shapes equal but for axis ${axis}`, inputs);
        }
        if (named === undefined) size += staticDim('concat', shape[axis]);
      }
      return [{ dtype: x.dtype, shape: withAxis(x.shape, axis, named ?? size) }];
    },
  },
  gather: {
    arity: 2,
    dtypes: numbers,
    infer({ axis }, inputs) {
      const [x, indices] = inputs;
      checkAxis('gather', axis, x.shape);
      if (indices.dtype !== 'i32') throw broken('gather', 'i32 indices', inputs);
      return [{ dtype: x.dtype, shape: withAxis(x.shape, axis, ...indices.shape) }];
    },
  },
  scatterAdd: {
    arity: 2,
    dtypes: floats,
    infer({ axis, size }, inputs) {
      const [updates, indices] = inputs;
      if (indices.dtype !== 'i32') throw broken('scatterAdd', 'i32 indices', inputs);
      if (!Number.isInteger(size) || size < 0) throw broken('scatterAdd', 'a size >= 0', `${size}`);
      const rank = indices.shape.length;
      const taken = updates.shape.slice(axis, axis + rank);
      if (
        !Number.isInteger(axis) ||
        axis < 0 ||
        axis + rank > updates.shape.length ||
        !sameShape(taken, indices.shape)
      ) {
        throw broken('scatterAdd', `the shape of the indices from axis ${axis} of the updates on`, inputs);
      }
      const shape = [...updates.shape.slice(0, axis), size, ...updates.shape.slice(axis + rank)];
      return [{ dtype: updates.dtype, shape }];
    },
  },
  reduceSum: { arity: 1, dtypes: numbers, infer: (attributes, inputs) => reduce('reduceSum', attributes, inputs) },
  reduceMean: {
    arity: 1,
    dtypes: floats,
    infer(attributes, inputs) {
      checkNotEmpty('reduceMean', attributes.axes, inputs[0]);
      return reduce('reduceMean', attributes, inputs);
    },
  },
  reduceMax: {
    arity: 1,
    dtypes: numbers,
    infer(attributes, inputs) {
      checkNotEmpty('reduceMax', attributes.axes, inputs[0]);
      return reduce('reduceMax', attributes, inputs);
    },
  },
  argMax: {
    arity: 1,
    dtypes: floats,
    infer({ axis, keepDims }, [x]) {
      checkAxis('argMax', axis, x.shape);
      checkNotEmpty('argMax', [axis], x);
      return [{ dtype: 'i32', shape: reduced(x.shape, [axis], keepDims) }];
    },
  },
  cumSum: {
    arity: 1,
    dtypes: numbers,
    infer({ axis }, [x]) {
      checkAxis('cumSum', axis, x.shape);
      return [x];
    },
  },
  randomUniform: {
    arity: 1,
    dtypes: ['i32'],
    infer({ shape, stream }, [key]) {
      if (!sameShape(key.shape, [2])) throw broken('randomUniform', 'a key of i32[2]', [key]);
      if (!Number.isInteger(stream) || stream < 0 || stream > 0x7fffffff) {
        throw broken('randomUniform', 'a stream from 0 to 2147483647', `${stream}`);
      }
      return [{ dtype: 'f32', shape: checkCanonical('randomUniform', shape) }];
    },
  },
};
