import * as ir from '../../src/compiler/ir/index.js';
import type { PrimitiveName, Tensor } from '../../src/compiler/ir/index.js';
import { numElements } from '../../src/compiler/tensor/index.js';
import type { DType, HostTensor } from '../../src/compiler/tensor/index.js';
import type { Draw, Row } from './generate.js';

type Make = (draw: Draw, shape: number[]) => HostTensor;

const any =
  (...dtypes: DType[]): Make =>
  (d, shape) =>
    d.any(d.cycle(dtypes), shape);
const away: Make = (d, shape) => d.away(shape);
const positive: Make = (d, shape) => d.f32(shape, 0.2, 3);
const numbers = any('f32', 'i32');
const anything = any('f32', 'i32', 'bool');

const unary =
  (fn: (x: Tensor) => Tensor, make: Make = any('f32')): Row =>
  (d) => ({ inputs: { x: make(d, d.shape()) }, apply: ({ x }) => [fn(x)] });

const binary =
  (fn: (a: Tensor, b: Tensor) => Tensor, make: Make = numbers, makeB: Make = make): Row =>
  (d) => {
    const shape = d.shape();
    const [first, second] = d.cycle([
      [shape, shape],
      [shape, d.narrower(shape)],
      [d.narrower(shape), shape],
    ]);
    return { inputs: { a: make(d, first), b: makeB(d, second) }, apply: ({ a, b }) => [fn(a, b)] };
  };

/** Away from ties in most cases; exact ties of two in every fifth. */
const apart: Make = (d, shape) => (d.cycle(['f32', 'i32']) === 'i32' ? d.i32(shape) : d.distinct(shape));
const extremum = (fn: (a: Tensor, b: Tensor) => Tensor): Row => {
  const row = binary(fn, apart, (d, shape) => {
    const b = apart(d, shape);
    if (b.dtype === 'f32' && d.index % 5 !== 0) (b.data as Float32Array).forEach((_, i, all) => (all[i] += 0.03));
    return b;
  });
  return row;
};

const reduction =
  (fn: typeof ir.reduceSum, make: Make, zero: boolean): Row =>
  (d) => {
    const shape = d.shape(d.int(1, 4), { zero });
    const axes = shape.map((_, i) => i).filter(() => d.int(0, 1) === 0);
    const keepDims = d.cycle([false, true], 2);
    return {
      inputs: { x: make(d, shape) },
      apply: ({ x }) => [fn(x, d.index % 6 === 5 ? undefined : axes, { keepDims })],
    };
  };

const alongAxis =
  (fn: (x: Tensor, axis: number, d: Draw) => Tensor, make: Make, zero = true): Row =>
  (d) => {
    const shape = d.shape(d.int(1, 4), { zero });
    const axis = d.axis(shape);
    return { inputs: { x: make(d, shape) }, apply: ({ x }) => [fn(x, axis, d)] };
  };

const lastAxis =
  (fn: (x: Tensor) => Tensor): Row =>
  (d) => ({ inputs: { x: d.f32([...d.shape(d.int(0, 3)), d.int(1, 5)]) }, apply: ({ x }) => [fn(x)] });

const withGradient =
  (fn: (x: Tensor, dy: Tensor, d: Draw) => Tensor): Row =>
  (d) => {
    const shape = d.shape();
    return { inputs: { x: d.f32(shape), dy: d.f32(shape) }, apply: ({ x, dy }) => [fn(x, dy, d)] };
  };

const approximation = (d: Draw) => ({ approximate: d.cycle(['none', 'tanh'] as const) });

const matmul: Row = (d) => {
  const [m, k, n] = [d.int(1, 5), d.index % 9 === 8 ? 0 : d.int(1, 5), d.int(1, 5)];
  const [transposeA, transposeB] = d.cycle([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ]);
  const batch = d.shape(d.int(0, 2));
  const [batchA, batchB] = d.cycle(
    [
      [batch, []],
      [batch, batch],
      [[], batch],
      [batch, d.narrower(batch)],
    ],
    2,
  );
  const alpha = d.cycle([1, 0.5], 3);
  const a = d.f32([...batchA, ...(transposeA ? [k, m] : [m, k])]);
  const b = d.f32([...batchB, ...(transposeB ? [n, k] : [k, n])]);
  return { inputs: { a, b }, apply: ({ a, b }) => [ir.matmul(a, b, { transposeA, transposeB, alpha })] };
};

function tableShape(d: Draw, batch: number, length: number, half: number): number[] {
  return [d.cycle([1, batch]), length, half];
}

const rope: Row = (d) => {
  const [batch, heads, length, half] = [d.int(1, 3), d.int(1, 3), d.int(1, 4), d.int(1, 3)];
  const table = tableShape(d, batch, length, half);
  const interleaved = d.cycle([false, true], 2);
  return {
    inputs: { x: d.f32([batch, heads, length, 2 * half]), cosine: d.f32(table, -1, 1), sine: d.f32(table, -1, 1) },
    apply: ({ x, cosine, sine }) => [ir.rope(x, cosine, sine, { interleaved })],
  };
};

const attention: Row = (d) => {
  const [batch, groups, length, size] = [d.int(1, 2), d.int(1, 2), d.int(1, 4), d.int(1, 3)];
  const heads = groups * d.int(1, 2);
  const options = { scale: d.cycle([0.5, 1]), causal: d.cycle([true, false], 2) };
  const bySegments = d.cycle([false, true], 3);
  const segments = d.i32([batch, length], 0, 2);
  return {
    inputs: {
      q: d.f32([batch, heads, length, size]),
      k: d.f32([batch, groups, length, size]),
      v: d.f32([batch, groups, length, size]),
      ...(bySegments && { segments }),
    },
    apply({ q, k, v, segments }) {
      const { out, probabilities } = ir.attention(q, k, v, { ...options, segments });
      // In training only the backward pass reads the probabilities; in some cases they are a result as well.
      return d.index % 4 === 3 ? [out, probabilities] : [out];
    },
  };
};

const blocked = (d: Draw) => {
  const [batch, groups, size] = [d.int(1, 2), d.int(1, 2), d.int(1, 3)];
  const heads = groups * d.int(1, 2);
  const blockSize = d.int(1, 3);
  const length = blockSize * d.int(1, 3);
  const [queries, keys] = [
    [batch, heads, length, size],
    [batch, groups, length, size],
  ];
  return {
    inputs: {
      q: d.f32(queries),
      k: d.f32(keys),
      v: d.f32(keys),
      ...(d.cycle([false, true], 4) && { segments: d.i32([batch, length], 0, 1) }),
    },
    queries,
    options: { scale: d.cycle([0.5, 1]), causal: d.cycle([true, false], 2), window: d.cycle([0, 1, 2], 3), blockSize },
  };
};

const blockedAttention: Row = (d) => {
  const { inputs, options } = blocked(d);
  return { inputs, apply: ({ q, k, v, segments }) => [ir.blockedAttention(q, k, v, { ...options, segments })] };
};

const blockedAttentionGrad: Row = (d) => {
  const { inputs, options, queries } = blocked(d);
  return {
    inputs: { ...inputs, out: d.f32(queries), dOut: d.f32(queries) },
    apply({ q, k, v, out, dOut, segments }) {
      const { dq, dk, dv } = ir.blockedAttentionGrad({ q, k, v, out, dOut }, { ...options, segments });
      return [dq, dk, dv];
    },
  };
};

const cachedAttention: Row = (d) => {
  const [batch, numKvHeads, capacity, half] = [d.int(1, 3), d.int(1, 2), d.int(3, 6), d.int(1, 4)];
  const numHeads = numKvHeads * d.int(1, 2);
  const length = d.cycle([1, 2, 3]);
  const size = 2 * half;
  const cache = [batch, numKvHeads, capacity, size];
  const bias = d.cycle([undefined, [1, numHeads], [batch, numHeads], [batch, 1], undefined]);
  return {
    inputs: {
      q: d.f32([batch, length, numHeads * size]),
      k: d.f32([batch, length, numKvHeads * size]),
      v: d.f32([batch, length, numKvHeads * size]),
      keyCache: d.f32(cache),
      valueCache: d.f32(cache),
      lengths: d.i32([batch], length, capacity),
      ...(bias && { bias: d.f32([...bias, length, capacity]) }),
    },
    apply(inputs) {
      const { out } = ir.cachedAttention(inputs as Parameters<typeof ir.cachedAttention>[0], {
        numHeads,
        numKvHeads,
        scale: 0.5,
        window: d.cycle([0, 1, 2], 4),
        softcap: d.cycle([0, 0, 1.5], 5),
      });
      return [out];
    },
  };
};

const norm =
  (fn: (x: Tensor, scale: Tensor, bias: Tensor) => readonly Tensor[], withBias: boolean): Row =>
  (d) => {
    const width = d.int(2, 6);
    const inputs = { x: d.f32([...d.shape(d.int(0, 3)), width]), scale: d.f32([width]) };
    return {
      inputs: withBias ? { ...inputs, bias: d.f32([width]) } : inputs,
      apply: ({ x, scale, bias }) => fn(x, scale, bias),
    };
  };

function targets(d: Draw, rows: number, width: number): HostTensor {
  const found = d.i32([rows], 0, width - 1);
  (found.data as Int32Array).forEach((_, i, all) => {
    if (d.int(0, 3) === 0) all[i] = -100;
  });
  return found;
}

const crossEntropy: Row = (d) => {
  const [rows, width] = [d.int(1, 5), d.int(1, 6)];
  return {
    inputs: { logits: d.f32([rows, width], -4, 4), targets: targets(d, rows, width) },
    apply({ logits, targets }) {
      const { loss, logSumExp } = ir.crossEntropy(logits, targets);
      return d.index % 3 === 2 ? [loss, logSumExp] : [loss];
    },
  };
};

const crossEntropyGrad: Row = (d) => {
  const [rows, width] = [d.int(1, 5), d.int(1, 6)];
  return {
    inputs: { logits: d.f32([rows, width], -4, 4), targets: targets(d, rows, width), dLoss: d.f32([rows]) },
    apply: ({ logits, targets, dLoss }) => [
      ir.crossEntropyGrad(logits, targets, ir.crossEntropy(logits, targets).logSumExp, dLoss),
    ],
  };
};

const reshape: Row = (d) => {
  const shape = d.shape();
  const to = d.cycle([[numElements(shape)], [1, ...shape], [...shape].reverse(), [...shape, 1, 1]]);
  return { inputs: { x: anything(d, shape) }, apply: ({ x }) => [ir.reshape(x, to)] };
};

const transpose: Row = (d) => {
  const shape = d.shape(d.cycle([2, 3, 4, 5]));
  const permutation = d.permutation(shape.length);
  return { inputs: { x: anything(d, shape) }, apply: ({ x }) => [ir.transpose(x, permutation)] };
};

const broadcastTo: Row = (d) => {
  const shape = d.shape();
  return { inputs: { x: anything(d, d.narrower(shape)) }, apply: ({ x }) => [ir.broadcastTo(x, shape)] };
};

const slice: Row = (d) => {
  const shape = d.shape(d.int(1, 4));
  const axis = d.axis(shape);
  const size = shape[axis];
  const [low, high] = [d.int(0, size), d.int(0, size)].sort((a, b) => a - b);
  const step = d.cycle([1, 2, 1, -1, -2]);
  const [start, end] = step > 0 ? [low, high] : [high - 1, low - 1];
  const empty = step < 0 && start < 0;
  return {
    inputs: { x: anything(d, shape) },
    apply: ({ x }) => [empty ? ir.slice(x, axis, 0, 0) : ir.slice(x, axis, start, end, step)],
  };
};

const pad: Row = (d) => {
  const shape = d.shape(d.int(1, 4));
  const axis = d.axis(shape);
  const [before, after, value] = [d.int(0, 2), d.int(0, 2), d.cycle([0, 3])];
  return { inputs: { x: numbers(d, shape) }, apply: ({ x }) => [ir.pad(x, axis, before, after, value)] };
};

const concat: Row = (d) => {
  const shape = d.shape(d.int(1, 4));
  const axis = d.axis(shape);
  const count = d.int(1, 4);
  const parts = Array.from({ length: count }, (_, i) => [
    `x${i}`,
    anything(
      d,
      shape.map((size, n) => (n === axis ? d.int(0, 3) : size)),
    ),
  ]);
  return { inputs: Object.fromEntries(parts), apply: (inputs) => [ir.concat(Object.values(inputs), axis)] };
};

const gather: Row = (d) => {
  const shape = d.shape(d.int(1, 3), { zero: false });
  const axis = d.axis(shape);
  return {
    inputs: { x: numbers(d, shape), indices: d.i32(d.shape(d.int(0, 2)), 0, shape[axis] - 1) },
    apply: ({ x, indices }) => [ir.gather(x, indices, axis)],
  };
};

const scatterAdd: Row = (d) => {
  const indices = d.shape(d.int(0, 2));
  const [outer, inner] = [d.shape(d.int(0, 1)), d.shape(d.int(0, 2))];
  const size = d.int(1, 4);
  return {
    inputs: { updates: d.f32([...outer, ...indices, ...inner]), indices: d.i32(indices, 0, size - 1) },
    apply: ({ updates, indices }) => [ir.scatterAdd(updates, indices, { axis: outer.length, size })],
  };
};

const where: Row = (d) => {
  const shape = d.shape();
  const [a, b] = d.cycle([
    [shape, shape],
    [d.narrower(shape), shape],
    [shape, []],
  ]);
  return {
    inputs: { condition: d.bool(d.cycle([shape, d.narrower(shape)], 3)), a: numbers(d, a), b: numbers(d, b) },
    apply: ({ condition, a, b }) => [ir.where(condition, a, b)],
  };
};

const cast: Row = (d) => {
  const [from, to] = [d.cycle(ir.castDtypes), d.cycle(ir.castDtypes, ir.castDtypes.length)];
  return {
    inputs: { x: d.any(from, d.shape()) },
    apply: ({ x }) => [ir.currentTracer('cast').apply('cast', { dtype: to }, [x])[0]],
  };
};

/** Largest element without ties, or with exactly two. */
const maxima: Make = (d, shape) => (d.cycle(['f32', 'i32']) === 'i32' ? d.i32(shape) : d.distinct(shape));

const constant: Row = (d) => {
  const value = d.any(d.cycle(['f32', 'i32', 'bool', 'f32']), d.shape());
  return { inputs: {}, apply: () => [ir.constant(value)] };
};

const iota: Row = (d) => {
  const shape = d.shape(d.int(1, 4));
  const axis = d.axis(shape);
  return { inputs: {}, apply: () => [ir.iota(shape, axis, d.cycle(['i32', 'f32']))] };
};

const randomUniform: Row = (d) => {
  const [shape, stream] = [d.index === 0 ? [64, 48] : d.shape(), d.cycle([0, 1, 77])];
  return {
    inputs: { key: d.i32([2], -0x80000000, 0x7fffffff) },
    apply: ({ key }) => [ir.randomUniform(key, shape, { stream })],
  };
};

/** One row per primitive; a primitive without one does not compile. */
export const rows: { readonly [P in PrimitiveName]: Row } = {
  constant,
  iota,
  neg: unary(ir.neg, numbers),
  abs: unary(ir.abs, (d, shape) => (d.index % 2 === 0 ? away(d, shape) : d.i32(shape))),
  sign: unary(ir.sign, (d, shape) => (d.index % 2 === 0 ? away(d, shape) : d.i32(shape))),
  floor: unary(ir.floor),
  exp: unary(ir.exp),
  log: unary(ir.log, positive),
  sqrt: unary(ir.sqrt, positive),
  reciprocal: unary(ir.reciprocal, away),
  sin: unary(ir.sin),
  cos: unary(ir.cos),
  tanh: unary(ir.tanh),
  sigmoid: unary(ir.sigmoid),
  erf: unary(ir.erf),
  relu: unary(ir.relu, away),
  gelu: (d) => ({ inputs: { x: d.f32(d.shape(), -4, 4) }, apply: ({ x }) => [ir.gelu(x, approximation(d))] }),
  silu: unary(ir.silu),
  geluGrad: withGradient((x, dy, d) => ir.geluGrad(x, dy, approximation(d))),
  siluGrad: withGradient(ir.siluGrad),
  not: unary(ir.not, any('bool')),
  cast,
  stopGradient: unary(ir.stopGradient, anything),
  add: binary(ir.add),
  sub: binary(ir.sub),
  mul: binary(ir.mul),
  div: binary(ir.div, numbers, (d, shape) => (d.cycle(['f32', 'i32']) === 'f32' ? d.away(shape) : d.i32(shape, 1, 5))),
  pow: binary(ir.pow, positive, any('f32')),
  max: extremum(ir.max),
  min: extremum(ir.min),
  equal: binary(ir.equal, (d, shape) => (d.index % 2 === 0 ? d.distinct(shape) : d.i32(shape, 0, 2))),
  less: binary(ir.less),
  lessEqual: binary(ir.lessEqual, (d, shape) => (d.index % 2 === 0 ? d.f32(shape) : d.i32(shape, 0, 2))),
  and: binary(ir.and, any('bool')),
  or: binary(ir.or, any('bool')),
  where,
  reshape,
  transpose,
  broadcastTo,
  slice,
  pad,
  concat,
  gather,
  scatterAdd,
  reduceSum: reduction(ir.reduceSum, numbers, true),
  reduceMean: reduction(ir.reduceMean, any('f32'), false),
  reduceMax: reduction(ir.reduceMax, maxima, false),
  argMax: alongAxis(
    (x, axis, d) => ir.argMax(x, axis, { keepDims: d.cycle([true, false]) }),
    (d, shape) => (d.index % 3 === 0 ? d.f32(shape, 0, 0) : d.distinct(shape)),
    false,
  ),
  cumSum: alongAxis((x, axis, d) => ir.cumSum(x, axis, { reverse: d.cycle([false, true], 2) }), numbers),
  matmul,
  softmax: lastAxis(ir.softmax),
  logSoftmax: lastAxis(ir.logSoftmax),
  layerNorm: norm((x, scale, bias) => Object.values(ir.layerNorm(x, scale, bias, { epsilon: 1e-5 })), true),
  rmsNorm: norm((x, scale) => Object.values(ir.rmsNorm(x, scale, { epsilon: 1e-5 })), false),
  crossEntropy,
  crossEntropyGrad,
  rope,
  attention,
  blockedAttention,
  blockedAttentionGrad,
  cachedAttention,
  randomUniform,
};
