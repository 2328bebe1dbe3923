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

/**
 * `names` of an application that works row by row: element by element, or along the last axis with parameters of one
 * row. Where an input lies in rows, all are taken so and the output stays so, which spares a `Reshape` on either side.
 * `anywhere`: element by element, and 0 gives a finite number: blocked channels serve as well where all inputs have them.
 */
export function rowNames(
  node: NodeOf<PrimitiveName>,
  builder: Builder,
  { anywhere = false } = {},
): { inputs: string[]; outputs: string[] } {
  const [output, ...others] = node.outputs;
  const shapeOf = (value: number) => builder.type(value).shape;
  const shape = shapeOf(output).join();
  const whole = (value: number) => shapeOf(value).join() === shape;
  const fits =
    builder.block > 0 &&
    shapeOf(output).length > 1 &&
    node.inputs.every((value) => whole(value) || shapeOf(value).length <= 1) &&
    node.inputs.some((value) => builder.forms.lies(value, 'rows')) &&
    others.every((value) => builder.uses(value) === 0);
  if (!fits) return names(node, builder);
  const blocked = anywhere && node.inputs.every((value) => whole(value) && builder.forms.lies(value, 'blocks'));
  const made = builder.forms.nameIn(blocked ? 'blocks' : 'rows', output);
  if (made === undefined) return names(node, builder);
  const form = (value: number) => (blocked ? builder.forms.blocks(value) : builder.forms.rows(value));
  return { inputs: node.inputs.map((value) => (whole(value) ? form(value) : builder.name(value))), outputs: [made] };
}
