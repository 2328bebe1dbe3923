import type { DType } from '../tensor/index.js';
import type { PrimitiveAttributes, PrimitiveName } from './primitive.js';
import type { Shape } from './shape.js';

/** Index into `Graph.values`. */
export type ValueId = number;

export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export type NodeOf<P extends PrimitiveName> = {
  readonly op: P;
  readonly attributes: PrimitiveAttributes[P];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
};

/** One application of a primitive; a union discriminated by `op`. */
export type Node = { [P in PrimitiveName]: NodeOf<P> }[PrimitiveName];

export interface Port {
  readonly name: string;
  readonly value: ValueId;
}

/**
 * A pure function in static single assignment: nodes in topological order. An output may name an input directly, and
 * several outputs may name one value.
 */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly values: readonly ValueType[];
  readonly nodes: readonly Node[];
}
