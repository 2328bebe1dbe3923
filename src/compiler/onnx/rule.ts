import type { NodeOf, PrimitiveName } from '../ir/index.js';
import type { Builder } from './builder.js';

/** Writes the ONNX nodes of one application of a primitive. */
export type Rule<P extends PrimitiveName> = (node: NodeOf<P>, builder: Builder) => void;

/** Rules for some of the primitives; `lower.ts` joins them into a table that must be total. */
export type Rules<P extends PrimitiveName> = { readonly [Q in P]: Rule<Q> };

/** Names of a node's inputs and of its first output. */
export function names(node: NodeOf<PrimitiveName>, builder: Builder): { inputs: string[]; outputs: string[] } {
  return {
    inputs: node.inputs.map((value) => builder.name(value)),
    outputs: node.outputs.map((value) => builder.name(value)),
  };
}
