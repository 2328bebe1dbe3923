import { InvalidInput } from '../../../base/core/index.js';
import { numElements } from '../../tensor/index.js';
import type { TensorData } from '../../tensor/index.js';
import type { PrimitiveAttributes } from '../primitive.js';
import { fillUniform } from './random.js';
import { around, broadcastMap, numbersOf, stridedMap, stridesOf } from './values.js';
import type { Kernel, Kernels, Make, OutputSpec, Value } from './values.js';

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

/** Element i of the result is element map[i] of x. */
function pick(x: Value, map: Int32Array, spec: OutputSpec, make: Make): Value[] {
  const y = make(spec);
  const [from, to] = [numbersOf(x), numbersOf(y)];
  for (let i = 0; i < to.length; i++) to[i] = from[map[i]];
  return [y];
}

function checkedIndices(op: string, indices: Value, size: number): TensorData {
  for (const index of numbersOf(indices)) {
    if (index < 0 || index >= size) {
      throw new InvalidInput('run.index', `${op}: expected indices from 0 to ${size - 1}, got ${index}`, {
        index,
        size,
      });
    }
  }
  return indices.data;
}

const concat: Kernel<'concat'> = ({ axis }, inputs, [spec], make) => {
  const y = make(spec);
  const to = numbersOf(y);
  const [outer, total, inner] = around(spec.shape, axis);
  let start = 0;
  for (const input of inputs) {
    const from = numbersOf(input);
    const length = input.shape[axis] * inner;
    for (let o = 0; o < outer; o++) {
      to.set(from.subarray(o * length, (o + 1) * length), o * total * inner + start);
    }
    start += length;
  }
  return [y];
};

const pad: Kernel<'pad'> = ({ axis, before, value }, [x], [spec], make) => {
  const y = make(spec);
  const [from, to] = [numbersOf(x), numbersOf(y)];
  to.fill(value);
  const [outer, size, inner] = around(x.shape, axis);
  for (let o = 0; o < outer; o++) {
    const row = from.subarray(o * size * inner, (o + 1) * size * inner);
    to.set(row, (o * spec.shape[axis] + before) * inner);
  }
  return [y];
};

const gather: Kernel<'gather'> = ({ axis }, [x, indices], [spec], make) => {
  const y = make(spec);
  const [from, to] = [numbersOf(x), numbersOf(y)];
  const [outer, size, inner] = around(x.shape, axis);
  const at = checkedIndices('gather', indices, size);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < at.length; i++) {
      const start = (o * size + (at[i] as number)) * inner;
      to.set(from.subarray(start, start + inner), (o * at.length + i) * inner);
    }
  }
  return [y];
};

const scatterAdd: Kernel<'scatterAdd'> = ({ axis, size }, [updates, indices], [spec], make) => {
  const y = make(spec);
  const [from, to] = [numbersOf(updates), numbersOf(y)];
  const [outer, , inner] = around(spec.shape, axis);
  const at = checkedIndices('scatterAdd', indices, size);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < at.length; i++) {
      const source = (o * at.length + i) * inner;
      const target = (o * size + (at[i] as number)) * inner;
      for (let j = 0; j < inner; j++) to[target + j] += from[source + j];
    }
  }
  return [y];
};

/** Folds the reduced axes into one accumulator per output element. */
function reduce(
  { axes }: PrimitiveAttributes['reduceSum'],
  x: Value,
  spec: OutputSpec,
  make: Make,
  initial: number,
  fold: (sum: number, value: number) => number,
  finish: (sum: number) => number,
): Value[] {
  const kept = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
  const map = broadcastMap(kept, x.shape);
  const sums = new Float64Array(numElements(kept)).fill(initial);
  const from = numbersOf(x);
  for (let i = 0; i < from.length; i++) sums[map[i]] = fold(sums[map[i]], from[i]);
  const y = make(spec);
  const to = numbersOf(y);
  for (let i = 0; i < sums.length; i++) to[i] = finish(sums[i]);
  return [y];
}

const add = (sum: number, value: number) => sum + value;
const same = (sum: number) => sum;

const argMax: Kernel<'argMax'> = ({ axis }, [x], [spec], make) => {
  const y = make(spec);
  const [from, to] = [numbersOf(x), numbersOf(y)];
  const [outer, size, inner] = around(x.shape, axis);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      let best = 0;
      for (let i = 1; i < size; i++) {
        if (from[(o * size + i) * inner + j] > from[(o * size + best) * inner + j]) best = i;
      }
      to[o * inner + j] = best;
    }
  }
  return [y];
};

const cumSum: Kernel<'cumSum'> = ({ axis, reverse }, [x], [spec], make) => {
  const y = make(spec);
  const [from, to] = [numbersOf(x), numbersOf(y)];
  const [outer, size, inner] = around(x.shape, axis);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      let sum = 0;
      for (let n = 0; n < size; n++) {
        const at = (o * size + (reverse ? size - 1 - n : n)) * inner + j;
        to[at] = sum += from[at];
      }
    }
  }
  return [y];
};

export const shapeKernels: Kernels<Names> = {
  constant({ value }, _, [spec], make) {
    const y = make(spec);
    if (value.data instanceof BigInt64Array) (y.data as BigInt64Array).set(value.data);
    else numbersOf(y).set(value.data);
    return [y];
  },
  iota({ axis }, _, [spec], make) {
    const y = make(spec);
    const to = numbersOf(y);
    const [, size, inner] = around(spec.shape, axis);
    for (let i = 0; i < to.length; i++) to[i] = Math.floor(i / inner) % size;
    return [y];
  },
  reshape: (_, [x], [spec]) => [{ ...spec, data: x.data }],
  transpose({ permutation }, [x], [spec], make) {
    const strides = stridesOf(x.shape);
    const moved = permutation.map((axis) => strides[axis]);
    return pick(x, stridedMap(spec.shape, moved, 0), spec, make);
  },
  broadcastTo: (_, [x], [spec], make) => pick(x, broadcastMap(x.shape, spec.shape), spec, make),
  slice({ axis, start, step }, [x], [spec], make) {
    const strides = stridesOf(x.shape);
    const stepped = strides.map((stride, i) => (i === axis ? stride * step : stride));
    return pick(x, stridedMap(spec.shape, stepped, start * strides[axis]), spec, make);
  },
  pad,
  concat,
  gather,
  scatterAdd,
  reduceSum: (attributes, [x], [spec], make) => reduce(attributes, x, spec, make, 0, add, same),
  reduceMean(attributes, [x], [spec], make) {
    const count = attributes.axes.reduce((product, axis) => product * x.shape[axis], 1);
    return reduce(attributes, x, spec, make, 0, add, (sum) => sum / count);
  },
  reduceMax: (attributes, [x], [spec], make) =>
    reduce(attributes, x, spec, make, Number.NEGATIVE_INFINITY, Math.max, same),
  argMax,
  cumSum,
  randomUniform({ stream }, [key], [spec], make) {
    const y = make(spec);
    const [seed, counter] = numbersOf(key);
    fillUniform(y.data as Float32Array | Float64Array, spec.shape.at(-1) ?? 1, [seed, counter], stream);
    return [y];
  },
};
