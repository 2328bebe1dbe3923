import { hostTensor } from '../../tensor/index.js';
import type { Node, NodeOf, ValueId } from '../graph.js';
import type { PrimitiveName } from '../primitive.js';
import { broadcastShapes, sameShape } from '../shape.js';
import type { Shape } from '../shape.js';
import type { Builder, Replace } from './rebuild.js';

/** What to use instead of the one output of an application; undefined keeps it. */
type Rule<P extends PrimitiveName> = (
  node: NodeOf<P>,
  inputs: readonly ValueId[],
  builder: Builder,
) => ValueId | undefined;

const unaries = new Set<PrimitiveName>([
  'neg',
  'abs',
  'sign',
  'floor',
  'exp',
  'log',
  'sqrt',
  'reciprocal',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'erf',
  'relu',
  'gelu',
  'silu',
  'not',
  'cast',
]);
const broadcasting = new Set<PrimitiveName>([
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'max',
  'min',
  'equal',
  'less',
  'lessEqual',
  'and',
  'or',
  'where',
]);

const joined = (builder: Builder, ids: readonly ValueId[]) =>
  ids.map((id) => builder.shape(id)).reduce<Shape | undefined>((a, b) => a && broadcastShapes(a, b), []);

/** Lets element-wise applications broadcast by themselves, on as few elements as possible. */
const unbroadcast: Replace = (node, inputs, builder) => {
  const isUnary = unaries.has(node.op);
  if (!isUnary && !broadcasting.has(node.op)) return undefined;
  const sources = inputs.map((id) => builder.producer(id, 'broadcastTo')?.inputs[0] ?? id);
  if (sources.every((id, i) => id === inputs[i])) return undefined;
  const full = joined(builder, inputs) as Shape;
  const least = joined(builder, sources) as Shape;
  const smaller = builder.emit(node.op, node.attributes as never, ...sources);
  return [sameShape(full, least) ? smaller : builder.broadcast(smaller, full)];
};

/** The operand itself where an application leaves type and values as they are. */
function same(builder: Builder, id: ValueId, other: ValueId): ValueId | undefined {
  const shape = broadcastShapes(builder.shape(id), builder.shape(other));
  return shape && sameShape(shape, builder.shape(id)) ? id : undefined;
}

const neutral =
  (value: number, bothSides: boolean): Rule<'add' | 'sub' | 'mul' | 'div'> =>
  (_, [a, b], builder) => {
    if (builder.number(b) === value) return same(builder, a, b);
    return bothSides && builder.number(a) === value ? same(builder, b, a) : undefined;
  };

/** x·c as (x, c), for a constant c of one element that does not widen x. */
function scaled(builder: Builder, id: ValueId): { x: ValueId; factor: number } | undefined {
  const node = builder.producer(id, 'mul');
  if (!node || builder.values[id].dtype !== 'f32') return undefined;
  for (const [x, c] of [node.inputs, [...node.inputs].reverse()]) {
    const factor = builder.number(c);
    if (factor !== undefined && same(builder, x, c) !== undefined) return { x, factor };
  }
  return undefined;
}

/** The product applied with another factor, where that factor is a number. */
function rescaled(
  builder: Builder,
  { attributes, inputs }: Pick<NodeOf<'matmul'>, 'attributes' | 'inputs'>,
  factor: number,
) {
  const alpha = attributes.alpha * factor;
  return Number.isFinite(alpha) ? builder.emit('matmul', { ...attributes, alpha }, ...inputs) : undefined;
}

const scalar = (builder: Builder, value: number) => builder.emit('constant', { value: hostTensor('f32', [], [value]) });

const mulRule: Rule<'mul'> = (node, inputs, builder) => {
  const found = neutral(1, true)(node as never, inputs, builder);
  if (found !== undefined) return found;
  for (const [x, c] of [inputs, [...inputs].reverse()]) {
    const factor = builder.number(c);
    if (factor === undefined || builder.values[x].dtype !== 'f32' || same(builder, x, c) === undefined) continue;
    const product = builder.producer(x, 'matmul');
    if (product && builder.usedOnce(x)) return rescaled(builder, product, factor);
    const inner = scaled(builder, x);
    if (inner && builder.usedOnce(x))
      return builder.emit('mul', {}, inner.x, scalar(builder, Math.fround(inner.factor) * factor));
    const negative = builder.producer(x, 'neg');
    if (negative) return builder.emit('mul', {}, negative.inputs[0], scalar(builder, -factor));
  }
  return undefined;
};

const addRule: Rule<'add'> = (node, inputs, builder) => {
  const found = neutral(0, true)(node as never, inputs, builder);
  if (found !== undefined) return found;
  const [a, b] = inputs;
  const right = builder.producer(b, 'neg');
  if (right) return builder.emit('sub', {}, a, right.inputs[0]);
  const left = builder.producer(a, 'neg');
  return left ? builder.emit('sub', {}, b, left.inputs[0]) : undefined;
};

const subRule: Rule<'sub'> = (node, inputs, builder) => {
  const found = neutral(0, false)(node as never, inputs, builder);
  if (found !== undefined) return found;
  const right = builder.producer(inputs[1], 'neg');
  return right && builder.emit('add', {}, inputs[0], right.inputs[0]);
};

const powRule: Rule<'pow'> = (_, [x, y], builder) => {
  const exponent = builder.number(y);
  if (exponent === undefined || same(builder, x, y) === undefined) return undefined;
  if (exponent === 1) return x;
  if (exponent === 2) return builder.emit('mul', {}, x, x);
  return exponent === 0.5 ? builder.emit('sqrt', {}, x) : undefined;
};

const reshapeRule: Rule<'reshape'> = ({ attributes: { shape } }, [x], builder) => {
  if (sameShape(builder.shape(x), shape)) return x;
  const before = builder.producer(x, 'reshape');
  return before && builder.reshape(before.inputs[0], shape);
};

/** A transposition that moves nothing but axes of size 1 leaves the order of the elements. */
function keepsOrder(shape: Shape, permutation: readonly number[]): boolean {
  const long = permutation.filter((axis) => shape[axis] !== 1);
  return long.every((axis, i) => i === 0 || long[i - 1] < axis);
}

const transposeRule: Rule<'transpose'> = ({ attributes: { permutation } }, [x], builder) => {
  if (permutation.every((axis, i) => axis === i)) return x;
  const shape = builder.shape(x);
  if (keepsOrder(shape, permutation))
    return builder.reshape(
      x,
      permutation.map((axis) => shape[axis]),
    );
  const product = builder.producer(x, 'matmul');
  if (product && builder.usedOnce(x) && shape.length === 2) {
    const { transposeA, transposeB, alpha } = product.attributes;
    return builder.emit(
      'matmul',
      { transposeA: !transposeB, transposeB: !transposeA, alpha },
      product.inputs[1],
      product.inputs[0],
    );
  }
  const before = builder.producer(x, 'transpose');
  if (!before) return undefined;
  const both = permutation.map((axis) => before.attributes.permutation[axis]);
  return builder.emit('transpose', { permutation: both }, before.inputs[0]);
};

const broadcastRule: Rule<'broadcastTo'> = ({ attributes: { shape } }, [x], builder) => {
  if (sameShape(builder.shape(x), shape)) return x;
  const before = builder.producer(x, 'broadcastTo');
  return before && builder.broadcast(before.inputs[0], shape);
};

const sliceRule: Rule<'slice'> = ({ attributes: { axis, start, end, step } }, [x], builder) =>
  start === 0 && step === 1 && end === builder.shape(x)[axis] ? x : undefined;

const padRule: Rule<'pad'> = ({ attributes: { before, after } }, [x]) => (before === 0 && after === 0 ? x : undefined);

/** One part alone, or all slices of one tensor in order. */
const concatRule: Rule<'concat'> = ({ attributes: { axis } }, inputs, builder) => {
  if (inputs.length === 1) return inputs[0];
  const slices = inputs.map((id) => builder.producer(id, 'slice'));
  const source = slices[0]?.inputs[0];
  let end = 0;
  for (const part of slices) {
    if (!part || part.inputs[0] !== source || part.attributes.axis !== axis || part.attributes.step !== 1)
      return undefined;
    if (part.attributes.start !== end) return undefined;
    end = part.attributes.end;
  }
  return source !== undefined && builder.shape(source)[axis] === end ? source : undefined;
};

const reductionRule: Rule<'reduceSum' | 'reduceMean' | 'reduceMax'> = (node, [x], builder) => {
  const shape = builder.shape(x);
  const { axes, keepDims } = node.attributes;
  if (!axes.every((axis) => shape[axis] === 1)) return undefined;
  return builder.reshape(x, keepDims ? shape : shape.filter((_, i) => !axes.includes(i)));
};

/** The operand before a transposition of its last two axes alone. */
function untransposed(builder: Builder, id: ValueId): ValueId | undefined {
  const node = builder.producer(id, 'transpose');
  const rank = builder.shape(id).length;
  const swaps = node?.attributes.permutation.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i));
  return swaps ? node?.inputs[0] : undefined;
}

const matmulRule: Rule<'matmul'> = ({ attributes }, [a, b], builder) => {
  const [plainA, plainB] = [untransposed(builder, a), untransposed(builder, b)];
  if (plainA !== undefined)
    return builder.emit('matmul', { ...attributes, transposeA: !attributes.transposeA }, plainA, b);
  if (plainB !== undefined)
    return builder.emit('matmul', { ...attributes, transposeB: !attributes.transposeB }, a, plainB);
  const alphaOf = (id: ValueId) => (builder.usedOnce(id) ? scaled(builder, id) : undefined);
  const [scaledA, scaledB] = [alphaOf(a), alphaOf(b)];
  if (scaledA) return rescaled(builder, { attributes, inputs: [scaledA.x, b] }, scaledA.factor);
  return scaledB && rescaled(builder, { attributes, inputs: [a, scaledB.x] }, scaledB.factor);
};

const rules: { readonly [P in PrimitiveName]?: Rule<P> } = {
  add: addRule,
  sub: subRule,
  mul: mulRule,
  div: neutral(1, false),
  pow: powRule,
  neg: (_, [x], builder) => builder.producer(x, 'neg')?.inputs[0],
  not: (_, [x], builder) => builder.producer(x, 'not')?.inputs[0],
  cast: ({ attributes: { dtype } }, [x], builder) => (builder.values[x].dtype === dtype ? x : undefined),
  // Gradients are taken while tracing; in a finished graph there is nothing left to stop.
  stopGradient: (_, [x]) => x,
  reshape: reshapeRule,
  transpose: transposeRule,
  broadcastTo: broadcastRule,
  slice: sliceRule,
  pad: padRule,
  concat: concatRule,
  reduceSum: reductionRule,
  reduceMean: reductionRule,
  reduceMax: reductionRule,
  matmul: matmulRule,
};

/** Local rules: no-ops away, broadcasts and transpositions into the applications that do them for nothing. */
export const rewriteNode: Replace = (node: Node, inputs, builder) => {
  const rule = rules[node.op] as Rule<PrimitiveName> | undefined;
  const found = rule?.(node as NodeOf<PrimitiveName>, inputs, builder);
  return found === undefined ? unbroadcast(node, inputs, builder) : [found];
};
