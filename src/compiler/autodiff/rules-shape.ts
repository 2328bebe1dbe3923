import {
  broadcastTo,
  cast,
  constant,
  cumSum,
  div,
  equal,
  gather,
  mul,
  reduceSum,
  reshape,
  scatterAdd,
  slice,
  transpose,
} from '../ir/index.js';
import type { PrimitiveAttributes, Tensor } from '../ir/index.js';
import { hostTensor } from '../tensor/index.js';
import { only, staticShape, sumTo, zero } from './rule.js';
import type { Part, VjpRules } from './rule.js';

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

/** The reduced tensor with its axes back, as size 1. */
function keepDims(reduced: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return reshape(
    reduced,
    x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim)),
  );
}

function spread(dy: Tensor, x: Tensor, { axes }: PrimitiveAttributes['reduceSum']): Tensor {
  return broadcastTo(keepDims(dy, x, axes), x.shape);
}

export const shapeVjps: VjpRules<Names> = {
  constant: zero('a constant has no inputs'),
  iota: zero('a constant has no inputs'),
  reshape: ({ inputs: [x], gradients }) => [reshape(only(gradients), x.shape)],
  transpose({ attributes: { permutation }, gradients }) {
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return [transpose(only(gradients), inverse)];
  },
  broadcastTo: ({ inputs: [x], gradients }) => [sumTo(only(gradients), x.shape)],
  slice({ attributes: { axis, start, step }, inputs: [x], gradients }) {
    const dy = only(gradients);
    if (step === 1) return [{ axis, start, gradient: dy } satisfies Part];
    const indices = Array.from({ length: staticShape(dy)[axis] }, (_, i) => start + i * step);
    const at = constant(hostTensor('i32', [indices.length], indices));
    return [scatterAdd(dy, at, { axis, size: staticShape(x)[axis] })];
  },
  pad({ attributes: { axis, before }, inputs: [x], gradients }) {
    return [slice(only(gradients), axis, before, before + staticShape(x)[axis])];
  },
  concat({ attributes: { axis }, inputs, gradients, needs }) {
    let start = 0;
    return inputs.map((input, i) => {
      const end = start + staticShape(input)[axis];
      const part = needs[i] ? slice(only(gradients), axis, start, end) : undefined;
      start = end;
      return part;
    });
  },
  gather({ attributes: { axis }, inputs: [x, indices], gradients }) {
    return [scatterAdd(only(gradients), indices, { axis, size: staticShape(x)[axis] })];
  },
  scatterAdd: ({ attributes: { axis }, inputs: [, indices], gradients }) => [gather(only(gradients), indices, axis)],
  reduceSum: ({ attributes, inputs: [x], gradients }) => [spread(only(gradients), x, attributes)],
  reduceMean({ attributes, inputs: [x], gradients }) {
    const count = attributes.axes.reduce((product, axis) => product * staticShape(x)[axis], 1);
    return [spread(mul(only(gradients), 1 / count), x, attributes)];
  },
  reduceMax({ attributes: { axes }, inputs: [x], outputs: [y], gradients }) {
    const largest = cast(equal(x, keepDims(y, x, axes)), 'f32');
    const each = div(keepDims(only(gradients), x, axes), reduceSum(largest, axes, { keepDims: true }));
    return [mul(largest, each)];
  },
  argMax: zero('the result is an index'),
  cumSum: ({ attributes: { axis, reverse }, gradients }) => [cumSum(only(gradients), axis, { reverse: !reverse })],
  randomUniform: zero('the key is an integer'),
};
