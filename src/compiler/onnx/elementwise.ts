import type { PrimitiveName } from '../ir/index.js';
import type { DType } from '../tensor/index.js';
import type { Builder } from './builder.js';
import { float } from './builder.js';
import { onnxTypes } from './model.js';
import { names, rowNames } from './rule.js';
import type { Rule, Rules } from './rule.js';

export function cast(builder: Builder, input: string, dtype: DType, outputs?: readonly string[]): string {
  return builder.node('Cast', [input], { attributes: { to: onnxTypes[dtype] }, outputs });
}

/** A primitive that is one ONNX operator with the same meaning. */
function same<P extends PrimitiveName>(op: string, place: { anywhere?: boolean } = {}): Rule<P> {
  return (node, builder) => {
    const { inputs, outputs } = rowNames(node, builder, place);
    builder.node(op, inputs, { outputs });
  };
}

/** tanh(√(2/π)·(x + 0.044715·x³)), GPT-2's approximation, as a sigmoid: gelu(x) = x·σ(a·x + b·x³). */
const a = 2 * Math.sqrt(2 / Math.PI);
const b = a * 0.044715;

function geluTanhGrad(builder: Builder, x: string, dy: string, output: string): void {
  // d/dx x·σ(z) = σ(z)·(1 + (1 - σ(z))·x·z') with z = x·(a + b·x²) and x·z' = x·(a + 3·b·x²).
  const c = (value: number) => builder.scalar('f32', value);
  const op = (name: string, ...inputs: string[]) => builder.node(name, inputs);
  const square = op('Mul', x, x);
  const z = op('Mul', x, op('Add', op('Mul', square, c(b)), c(a)));
  const slope = op('Mul', x, op('Add', op('Mul', square, c(3 * b)), c(a)));
  const sigmoid = op('Sigmoid', z);
  const rest = op('Add', op('Mul', op('Sub', c(1), sigmoid), slope), c(1));
  builder.node('Mul', [op('Mul', dy, sigmoid), rest], { outputs: [output] });
}

function geluErfGrad(builder: Builder, x: string, dy: string, output: string): void {
  // Φ(x) + x·φ(x), φ(x) = exp(-x²/2)/√(2π).
  const c = (value: number) => builder.scalar('f32', value);
  const op = (name: string, ...inputs: string[]) => builder.node(name, inputs);
  const erf = op('Erf', op('Mul', x, c(Math.SQRT1_2)));
  const cdf = op('Add', op('Mul', erf, c(0.5)), c(0.5));
  const density = op('Exp', op('Mul', op('Mul', x, x), c(-0.5)));
  const xDensity = op('Mul', op('Mul', x, c(1 / Math.sqrt(2 * Math.PI))), density);
  builder.node('Mul', [dy, op('Add', cdf, xDensity)], { outputs: [output] });
}

/** x·σ(x), once per x: forward and backward share it. */
function siluOf(builder: Builder, x: string, output?: string): string {
  return builder.once(`silu(${x})`, () => {
    const outputs = output === undefined ? undefined : [output];
    return builder.node('QuickGelu', [x], { attributes: { alpha: float(1) }, outputs, microsoft: true });
  });
}

/** Taylor coefficients of sin(r)/r in r², enough for |r| <= π/2 in f32. */
const sineSeries = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800];

/**
 * WGSL grants sin and cos an error of 2⁻¹¹, too much for rotary tables: there, x is brought to |r| <= π/2 by a multiple
 * n of π in three parts (Cody and Waite, 1980), and sin(x) = (-1)ⁿ·sin(r).
 */
function sine(phase: 0 | 1): Rule<'sin' | 'cos'> {
  return (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    if (builder.device === 'cpu') {
      builder.node(phase === 0 ? 'Sin' : 'Cos', inputs, { outputs });
      return;
    }
    const c = (value: number) => builder.scalar('f32', value);
    const op = (name: string, ...operands: string[]) => builder.node(name, operands);
    // cos(x) = sin(x + π/2): the quarter turn goes into the multiple, n - ½ times π is taken away.
    const turns = op('Floor', op('Add', op('Mul', inputs[0], c(1 / Math.PI)), c(phase === 0 ? 0.5 : 1)));
    const multiple = phase === 0 ? turns : op('Sub', turns, c(0.5));
    let rest = inputs[0];
    for (const part of [3.140625, 9.67502593994140625e-4, 1.509957990978376e-7]) {
      rest = op('Sub', rest, op('Mul', multiple, c(part)));
    }
    const square = op('Mul', rest, rest);
    const series = sineSeries.reduceRight<string>(
      (sum, coefficient) => (sum === '' ? c(coefficient) : op('Add', op('Mul', sum, square), c(coefficient))),
      '',
    );
    const half = op('Mul', turns, c(0.5));
    const odd = op('Sub', half, op('Floor', half));
    const signed = op('Sub', c(1), op('Mul', odd, c(4)));
    builder.node('Mul', [op('Mul', rest, series), signed], { outputs });
  };
}

export const elementwise: Rules<
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
  | 'where'
> = {
  neg: same('Neg'),
  abs: same('Abs'),
  sign: same('Sign'),
  floor: same('Floor'),
  exp: same('Exp'),
  log: same('Log'),
  sqrt: same('Sqrt'),
  reciprocal: same('Reciprocal'),
  sin: sine(0),
  cos: sine(1),
  tanh: same('Tanh', { anywhere: true }),
  sigmoid: same('Sigmoid', { anywhere: true }),
  erf: same('Erf'),
  relu: same('Relu', { anywhere: true }),
  gelu: (node, builder) => {
    const { inputs, outputs } = rowNames(node, builder, { anywhere: true });
    const { approximate } = node.attributes;
    if (builder.portable || builder.type(node.inputs[0]).shape.length === 0) {
      builder.node('Gelu', inputs, { attributes: { approximate }, outputs });
      return;
    }
    const op = approximate === 'tanh' ? 'FastGelu' : 'Gelu';
    builder.node(op, inputs, { outputs, microsoft: true });
  },
  silu: (node, builder) => {
    const { inputs, outputs } = rowNames(node, builder, { anywhere: true });
    if (builder.portable) {
      builder.node('Mul', [inputs[0], builder.node('Sigmoid', [inputs[0]])], { outputs });
      return;
    }
    // Rows and blocks have no alias, and only gradients ask for the same one twice.
    if (builder.block > 0) {
      builder.node('QuickGelu', inputs, { attributes: { alpha: float(1) }, outputs, microsoft: true });
      return;
    }
    const made = siluOf(builder, inputs[0], outputs[0]);
    if (made !== outputs[0]) builder.alias(node.outputs[0], made);
  },
  geluGrad: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    const rule = node.attributes.approximate === 'tanh' ? geluTanhGrad : geluErfGrad;
    rule(builder, inputs[0], inputs[1], outputs[0]);
  },
  siluGrad: (node, builder) => {
    // σ(x)·(1 + x·(1 - σ(x))) = σ(x)·(1 + x - silu(x)).
    const [x, dy] = names(node, builder).inputs;
    const rest = builder.node('Add', [builder.node('Sub', [x, siluOf(builder, x)]), builder.scalar('f32', 1)]);
    const slope = builder.node('Mul', [builder.node('Sigmoid', [x]), rest]);
    builder.node('Mul', [dy, slope], { outputs: [builder.name(node.outputs[0])] });
  },
  not: same('Not'),
  cast: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    cast(builder, inputs[0], node.attributes.dtype, outputs);
  },
  stopGradient: (node, builder) => builder.alias(node.outputs[0], builder.name(node.inputs[0])),
  sub: same('Sub'),
  mul: same('Mul', { anywhere: true }),
  div: same('Div'),
  pow: same('Pow'),
  max: same('Max'),
  min: same('Min'),
  equal: same('Equal'),
  less: same('Less'),
  lessEqual: same('LessOrEqual'),
  and: same('And'),
  or: same('Or'),
  where: same('Where'),
};
