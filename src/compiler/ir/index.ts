/**
 * The intermediate representation: a closed set of primitives, traced into graphs.
 *
 * @module
 */
export type { Graph, Node, NodeOf, Port, ValueId, ValueType } from './graph.js';
export type { PrimitiveAttributes, PrimitiveName } from './primitive.js';
export type { Dim, Shape } from './shape.js';
