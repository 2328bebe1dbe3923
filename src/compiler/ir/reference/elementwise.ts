import { decodeBf16, decodeF16, encodeBf16, encodeF16 } from '../../tensor/index.js';
import type { DType } from '../../tensor/index.js';
import type { PrimitiveName } from '../primitive.js';
import { broadcastMap, numbersOf } from './values.js';
import type { Kernel, Kernels, Numbers, OutputSpec, Value } from './values.js';

type Names =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'reciprocal'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'erf'
  | 'relu'
  | 'gelu'
  | 'silu'
  | 'geluGrad'
  | 'siluGrad'
  | 'not'
  | 'cast'
  | 'stopGradient'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'max'
  | 'min'
  | 'equal'
  | 'less'
  | 'lessEqual'
  | 'and'
  | 'or'
  | 'where';

/**
 * erf to double precision: 2/√π·exp(-x²)·Σ 2ⁿx²ⁿ⁺¹/(2n+1)!! (Abramowitz and Stegun 7.1.6). All terms have one sign, so
 * nothing cancels; beyond 6 the result is 1 to the last bit.
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (Math.abs(x) >= 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const sigmoid = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

// Coefficients of GPT-2's gelu, 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) (Hendrycks and Gimpel 2016).
const a = Math.sqrt(2 / Math.PI);
const b = 0.044715;

function gelu(x: number, approximate: 'none' | 'tanh'): number {
  if (approximate === 'none') return 0.5 * x * (1 + erf(x * Math.SQRT1_2));
  return 0.5 * x * (1 + Math.tanh(a * (x + b * x * x * x)));
}

function geluSlope(x: number, approximate: 'none' | 'tanh'): number {
  if (approximate === 'none') {
    return 0.5 * (1 + erf(x * Math.SQRT1_2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
  }
  const t = Math.tanh(a * (x + b * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * a * (1 + 3 * b * x * x);
}

function siluSlope(x: number): number {
  const s = sigmoid(x);
  return s * (1 + x * (1 - s));
}

const unary =
  (fn: (x: number) => number): Kernel<PrimitiveName> =>
  (_, [x], [spec], make) => {
    const y = make(spec);
    const [from, to] = [numbersOf(x), numbersOf(y)];
    for (let i = 0; i < to.length; i++) to[i] = fn(from[i]);
    return [y];
  };

/** Data of x repeated as broadcasting to the output says. */
function spread(x: Value, spec: OutputSpec): (i: number) => number {
  const data = numbersOf(x);
  if (x.shape.length === spec.shape.length && x.shape.every((size, i) => size === spec.shape[i])) return (i) => data[i];
  if (data.length === 1) return () => data[0];
  const map = broadcastMap(x.shape, spec.shape);
  return (i) => data[map[i]];
}

const binary =
  (fn: (a: number, b: number) => number): Kernel<PrimitiveName> =>
  (_, [a, b], [spec], make) => {
    const y = make(spec);
    const to = numbersOf(y);
    const [left, right] = [spread(a, spec), spread(b, spec)];
    for (let i = 0; i < to.length; i++) to[i] = fn(left(i), right(i));
    return [y];
  };

/** i32 arithmetic wraps; the other types take the plain operation. */
const arithmetic =
  (float: (a: number, b: number) => number, int: (a: number, b: number) => number): Kernel<PrimitiveName> =>
  (attributes, inputs, outputs, make) =>
    binary(inputs[0].dtype === 'i32' ? int : float)(attributes, inputs, outputs, make);

const compare = (fn: (a: number, b: number) => boolean) => binary((a, b) => (fn(a, b) ? 1 : 0));

/** Reads one element of any type as a number. */
function reader(x: Value): (i: number) => number {
  const data = x.data;
  if (data instanceof BigInt64Array) return (i) => Number(data[i]);
  if (x.dtype === 'f16') return (i) => decodeF16(data[i] as number);
  if (x.dtype === 'bf16') return (i) => decodeBf16(data[i] as number);
  return (i) => (data as Numbers)[i];
}

/** What a number becomes in an element of `dtype`: integers are cut toward zero and wrap, bool is "not zero". */
function encoder(dtype: DType): (x: number) => number {
  if (dtype === 'f16') return encodeF16;
  if (dtype === 'bf16') return encodeBf16;
  if (dtype === 'bool') return (x) => (x === 0 ? 0 : 1);
  return dtype === 'f32' || dtype === 'f64' ? (x) => x : (x) => Math.trunc(x);
}

const castKernel: Kernel<'cast'> = ({ dtype }, [x], [spec], make) => {
  const y = make(spec);
  const { data: from } = x;
  const { data: to } = y;
  const read = reader(x);
  const encode = encoder(dtype);
  if (to instanceof BigInt64Array) {
    for (let i = 0; i < to.length; i++) to[i] = from instanceof BigInt64Array ? from[i] : BigInt(Math.trunc(read(i)));
  } else if (from instanceof BigInt64Array && dtype === 'i32') {
    for (let i = 0; i < to.length; i++) to[i] = Number(BigInt.asIntN(32, from[i]));
  } else {
    for (let i = 0; i < to.length; i++) to[i] = encode(read(i));
  }
  return [y];
};

const whereKernel: Kernel<'where'> = (_, [condition, a, b], [spec], make) => {
  const y = make(spec);
  const to = numbersOf(y);
  const [test, left, right] = [spread(condition, spec), spread(a, spec), spread(b, spec)];
  for (let i = 0; i < to.length; i++) to[i] = test(i) ? left(i) : right(i);
  return [y];
};

// NaN spreads through max and min, as in ONNX Runtime.
const larger = (x: number, y: number) => Math.max(x, y);
const smaller = (x: number, y: number) => Math.min(x, y);

export const elementwiseKernels: Kernels<Names> = {
  neg: unary((x) => -x),
  abs: unary(Math.abs),
  sign: unary(Math.sign),
  floor: unary(Math.floor),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  reciprocal: unary((x) => 1 / x),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tanh: unary(Math.tanh),
  sigmoid: unary(sigmoid),
  erf: unary(erf),
  relu: unary((x) => Math.max(0, x)),
  gelu: (attributes, inputs, outputs, make) =>
    unary((x) => gelu(x, attributes.approximate))(attributes, inputs, outputs, make),
  silu: unary((x) => x * sigmoid(x)),
  geluGrad: (attributes, inputs, outputs, make) =>
    binary((x, dy) => dy * geluSlope(x, attributes.approximate))(attributes, inputs, outputs, make),
  siluGrad: binary((x, dy) => dy * siluSlope(x)),
  not: unary((x) => (x ? 0 : 1)),
  cast: castKernel,
  stopGradient: (_, [x]) => [x],
  add: arithmetic(
    (x, y) => x + y,
    (x, y) => (x + y) | 0,
  ),
  sub: arithmetic(
    (x, y) => x - y,
    (x, y) => (x - y) | 0,
  ),
  mul: arithmetic((x, y) => x * y, Math.imul),
  div: arithmetic(
    (x, y) => x / y,
    (x, y) => (x / y) | 0,
  ),
  pow: binary(Math.pow),
  max: binary(larger),
  min: binary(smaller),
  equal: compare((x, y) => x === y),
  less: compare((x, y) => x < y),
  lessEqual: compare((x, y) => x <= y),
  and: compare((x, y) => x !== 0 && y !== 0),
  or: compare((x, y) => x !== 0 || y !== 0),
  where: whereKernel,
};
