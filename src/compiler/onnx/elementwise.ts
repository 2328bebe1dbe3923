import type { PrimitiveName } from '../ir/index.js';
import type { DType } from '../tensor/index.js';
import type { Builder } from './builder.js';
import { float } from './builder.js';
import { onnxTypes } from './model.js';
import { names } from './rule.js';
import type { Rule, Rules } from './rule.js';

/** Small integers have no arithmetic kernels: they are computed in i32 and cast back, which wraps as they do. */
const widened: Partial<Record<DType, DType>> = { i8: 'i32', u8: 'i32' };

export function cast(builder: Builder, input: string, dtype: DType, outputs?: readonly string[]): string {
  return builder.node('Cast', [input], { attributes: { to: onnxTypes[dtype] }, outputs });
}

/** A primitive that is one ONNX operator with the same meaning. */
function same<P extends PrimitiveName>(op: string, integers = true): Rule<P> {
  return (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    const dtype = builder.type(node.inputs[node.inputs.length - 1]).dtype;
    const wide = integers ? widened[dtype] : undefined;
    if (!wide) {
      builder.node(op, inputs, { outputs });
      return;
    }
    const operands = inputs.map((name, i) =>
      builder.type(node.inputs[i]).dtype === dtype ? cast(builder, name, wide) : name,
    );
    if (builder.type(node.outputs[0]).dtype === 'bool') builder.node(op, operands, { outputs });
    else cast(builder, builder.node(op, operands), dtype, outputs);
  };
}

/** tanh(√(2/π)·(x + 0.044715·x³)), GPT-2's approximation, as a sigmoid: gelu(x) = x·σ(a·x + b·x³). */
const a = 2 * Math.sqrt(2 / Math.PI);
const b = a * 0.044715;

function geluTanhGrad(builder: Builder, x: string, dy: string, output: string, dtype: DType): void {
  // d/dx x·σ(z) = σ(z)·(1 + (1 - σ(z))·x·z') with z = x·(a + b·x²) and x·z' = x·(a + 3·b·x²).
  const c = (value: number) => builder.scalar(dtype, value);
  const op = (name: string, ...inputs: string[]) => builder.node(name, inputs);
  const square = op('Mul', x, x);
  const z = op('Mul', x, op('Add', op('Mul', square, c(b)), c(a)));
  const slope = op('Mul', x, op('Add', op('Mul', square, c(3 * b)), c(a)));
  const sigmoid = op('Sigmoid', z);
  const rest = op('Add', op('Mul', op('Sub', c(1), sigmoid), slope), c(1));
  builder.node('Mul', [op('Mul', dy, sigmoid), rest], { outputs: [output] });
}

function geluErfGrad(builder: Builder, x: string, dy: string, output: string, dtype: DType): void {
  // Φ(x) + x·φ(x), φ(x) = exp(-x²/2)/√(2π).
  const c = (value: number) => builder.scalar(dtype, value);
  const op = (name: string, ...inputs: string[]) => builder.node(name, inputs);
  const erf = op('Erf', op('Mul', x, c(Math.SQRT1_2)));
  const cdf = op('Add', op('Mul', erf, c(0.5)), c(0.5));
  const density = op('Exp', op('Mul', op('Mul', x, x), c(-0.5)));
  const xDensity = op('Mul', op('Mul', x, c(1 / Math.sqrt(2 * Math.PI))), density);
  builder.node('Mul', [dy, op('Add', cdf, xDensity)], { outputs: [output] });
}

/** x·σ(x), once per x: forward and backward share it. */
export function silu(builder: Builder, x: string, dtype: DType, output?: string): string {
  return builder.once(`silu(${x})`, () => {
    const outputs = output === undefined ? undefined : [output];
    if (dtype === 'f32') {
      return builder.node('QuickGelu', [x], { attributes: { alpha: float(1) }, outputs, microsoft: true });
    }
    return builder.node('Mul', [x, builder.node('Sigmoid', [x])], { outputs });
  });
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
  | 'where'
> = {
  neg: same('Neg'),
  abs: same('Abs'),
  sign: same('Sign'),
  floor: same('Floor', false),
  exp: same('Exp', false),
  log: same('Log', false),
  sqrt: same('Sqrt', false),
  reciprocal: same('Reciprocal', false),
  sin: same('Sin', false),
  cos: same('Cos', false),
  tanh: same('Tanh', false),
  sigmoid: same('Sigmoid', false),
  erf: same('Erf', false),
  relu: same('Relu', false),
  gelu: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    const { dtype } = builder.type(node.inputs[0]);
    const tanh = node.attributes.approximate === 'tanh';
    if (dtype === 'f32') builder.node(tanh ? 'FastGelu' : 'Gelu', inputs, { outputs, microsoft: true });
    else builder.node('Gelu', inputs, { attributes: { approximate: node.attributes.approximate }, outputs });
  },
  silu: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    const made = silu(builder, inputs[0], builder.type(node.inputs[0]).dtype, outputs[0]);
    if (made !== outputs[0]) builder.alias(node.outputs[0], made);
  },
  geluGrad: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    const { dtype } = builder.type(node.inputs[0]);
    const rule = node.attributes.approximate === 'tanh' ? geluTanhGrad : geluErfGrad;
    rule(builder, inputs[0], inputs[1], outputs[0], dtype);
  },
  siluGrad: (node, builder) => {
    // σ(x)·(1 + x·(1 - σ(x))) = σ(x)·(1 + x - silu(x)).
    const [x, dy] = names(node, builder).inputs;
    const { dtype } = builder.type(node.inputs[0]);
    const rest = builder.node('Add', [
      builder.node('Sub', [x, silu(builder, x, dtype)]),
      builder.scalar(dtype, 1),
    ]);
    const slope = builder.node('Mul', [builder.node('Sigmoid', [x]), rest]);
    builder.node('Mul', [dy, slope], { outputs: [builder.name(node.outputs[0])] });
  },
  not: same('Not'),
  cast: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    cast(builder, inputs[0], node.attributes.dtype, outputs);
  },
  stopGradient: (node, builder) => builder.alias(node.outputs[0], builder.name(node.inputs[0])),
  add: same('Add'),
  sub: same('Sub'),
  mul: same('Mul'),
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
