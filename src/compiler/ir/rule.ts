import { InvalidInput } from '../../base/core/index.js';
import type { DType } from '../tensor/index.js';
import type { ValueType } from './graph.js';
import type { PrimitiveAttributes, PrimitiveName } from './primitive.js';
import { broadcastShapes, formatShape, sameShape } from './shape.js';
import type { Dim, Shape } from './shape.js';

/** What a primitive accepts and what it gives. */
export interface TypeRule<P extends PrimitiveName> {
  /** Number of inputs: exactly, or from … to. */
  readonly arity: number | readonly [number, number];
  /** Element types claimed for the inputs that carry values (the first one, unless the rule says more). */
  readonly dtypes: readonly DType[];
  /** Types of the outputs; throws `InvalidInput` "op: expected E, got G". Arity and dtypes are checked before. */
  infer(attributes: PrimitiveAttributes[P], inputs: readonly ValueType[]): ValueType[];
}

export type TypeRules<P extends PrimitiveName> = { readonly [Q in P]: TypeRule<Q> };

export const floats: readonly DType[] = ['f32'];
export const numbers: readonly DType[] = ['f32', 'i32'];
export const anything: readonly DType[] = ['f32', 'i32', 'bool'];

export function formatType({ dtype, shape }: ValueType): string {
  return `${dtype}${formatShape(shape)}`;
}

/** The error of a broken rule. */
export function broken(op: string, expected: string, got: string | readonly ValueType[]): InvalidInput {
  const found = typeof got === 'string' ? got : got.map(formatType).join(' and ');
  return new InvalidInput('ir.rule', `${op}: expected ${expected}, got ${found}`, { op, expected, got: found });
}

/** Checks that `axis` counts a dimension of `shape`, from 0. */
export function checkAxis(op: string, axis: number, shape: Shape): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) {
    throw broken(op, `an axis of ${formatShape(shape)}`, `axis ${axis}`);
  }
}

export function checkAxes(op: string, axes: readonly number[], shape: Shape): void {
  for (const axis of axes) checkAxis(op, axis, shape);
  if (new Set(axes).size !== axes.length) throw broken(op, 'different axes', `[${axes}]`);
}

/** The size of a dimension that must be known while tracing. */
export function staticDim(op: string, dim: Dim): number {
  if (typeof dim !== 'number') throw broken(op, 'a dimension known while tracing', `'${dim}'`);
  return dim;
}

/** Every type shares the first one's dtype. */
export function checkSameDtype(op: string, inputs: readonly ValueType[]): void {
  if (inputs.some(({ dtype }) => dtype !== inputs[0].dtype)) throw broken(op, 'inputs of one dtype', inputs);
}

export function checkShape(op: string, what: string, input: ValueType, dtype: DType, shape: Shape): void {
  if (input.dtype !== dtype || !sameShape(input.shape, shape)) {
    throw broken(op, `${what} of ${formatType({ dtype, shape })}`, [input]);
  }
}

export function broadcastAll(op: string, inputs: readonly ValueType[]): Shape {
  return inputs.slice(1).reduce<Shape>((shape, input) => {
    const joined = broadcastShapes(shape, input.shape);
    if (!joined) throw broken(op, 'shapes that broadcast', inputs);
    return joined;
  }, inputs[0].shape);
}

export function withAxis(shape: Shape, axis: number, ...dims: readonly Dim[]): Shape {
  return [...shape.slice(0, axis), ...dims, ...shape.slice(axis + 1)];
}
