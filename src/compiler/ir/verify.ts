import { invariant } from '../../base/core/index.js';
import type { Graph, ValueId } from './graph.js';
import type { PrimitiveAttributes, PrimitiveName } from './primitive.js';
import { formatType } from './rule.js';
import { inferTypes } from './rules.js';
import { canonicalShape, sameShape } from './shape.js';

/**
 * Checks that a graph is what every pass promises to keep: each value defined once and before it is used, types as the
 * rules say, distinct port names. Throws `InternalError` for a broken structure, the rule's error for a broken type.
 */
export function verify(graph: Graph): void {
  const where = `graph ${graph.name}`;
  const defined = new Set<ValueId>();
  const define = (id: ValueId) => {
    invariant(Number.isInteger(id) && id >= 0 && id < graph.values.length, `${where}: value ${id} does not exist`);
    invariant(!defined.has(id), `${where}: value ${id} is defined twice`);
    defined.add(id);
  };
  const uniqueNames = (ports: Graph['inputs']) => new Set(ports.map(({ name }) => name)).size === ports.length;
  invariant(uniqueNames(graph.inputs) && uniqueNames(graph.outputs), `${where}: a port name occurs twice`);
  for (const { name, value } of graph.inputs) {
    define(value);
    const { shape } = graph.values[value];
    invariant(sameShape(canonicalShape(shape), shape), `${where}: input ${name} has a shape that is not canonical`);
  }
  for (const [i, node] of graph.nodes.entries()) {
    for (const id of node.inputs)
      invariant(defined.has(id), `${where}: node ${i} (${node.op}) reads value ${id} too early`);
    const types = inferTypes(
      node.op,
      node.attributes as PrimitiveAttributes[PrimitiveName],
      node.inputs.map((id) => graph.values[id]),
    );
    invariant(types.length === node.outputs.length, `${where}: node ${i} (${node.op}) has ${types.length} outputs`);
    node.outputs.forEach((id, n) => {
      define(id);
      const [found, expected] = [formatType(graph.values[id]), formatType(types[n])];
      invariant(found === expected, `${where}: node ${i} (${node.op}) gives ${expected}, its value says ${found}`);
    });
  }
  for (const { name, value } of graph.outputs) {
    invariant(defined.has(value), `${where}: output ${name} is never computed`);
  }
}
