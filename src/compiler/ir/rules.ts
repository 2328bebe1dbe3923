import type { ValueType } from './graph.js';
import type { PrimitiveAttributes, PrimitiveName } from './primitive.js';
import { broken } from './rule.js';
import type { TypeRules } from './rule.js';
import { elementwiseRules } from './rules-elementwise.js';
import { blockedRules } from './rules-blocked.js';
import { fusedRules } from './rules-fused.js';
import { shapeRules } from './rules-shape.js';

/** Arity, element types and result types of every primitive. */
export const typeRules: TypeRules<PrimitiveName> = {
  ...elementwiseRules,
  ...shapeRules,
  ...fusedRules,
  ...blockedRules,
};

export const primitiveNames = Object.keys(typeRules) as readonly PrimitiveName[];

/** Types of the outputs of one application, or `InvalidInput` saying which rule it breaks. */
export function inferTypes<P extends PrimitiveName>(
  op: P,
  attributes: PrimitiveAttributes[P],
  inputs: readonly ValueType[],
): ValueType[] {
  const rule = typeRules[op];
  const [least, most] = typeof rule.arity === 'number' ? [rule.arity, rule.arity] : rule.arity;
  if (inputs.length < least || inputs.length > most) {
    throw broken(op, least === most ? `${least} inputs` : `${least} to ${most} inputs`, `${inputs.length}`);
  }
  if (inputs.length > 0 && !rule.dtypes.includes(inputs[0].dtype)) {
    throw broken(op, `${rule.dtypes.join(' or ')}`, inputs);
  }
  return rule.infer(attributes, inputs);
}
