import type { HostTensor } from '../../tensor/index.js';
import type { Graph, Node, ValueId, ValueType } from '../graph.js';
import type { PrimitiveAttributes, PrimitiveName } from '../primitive.js';
import { inferTypes } from '../rules.js';
import { sameShape } from '../shape.js';
import type { Shape } from '../shape.js';

/** Builds a graph from another one, node by node; rules look at what was built so far and put something else instead. */
export class Builder {
  readonly values: ValueType[] = [];
  readonly nodes: Node[] = [];
  readonly #producers = new Map<ValueId, Node>();
  /** How often each value of the new graph is read, as far as the old graph tells. */
  readonly #uses = new Map<ValueId, number>();

  define(type: ValueType): ValueId {
    this.values.push(type);
    return this.values.length - 1;
  }

  /** Appends an application as it is. */
  append(
    op: PrimitiveName,
    attributes: Node['attributes'],
    inputs: readonly ValueId[],
    types: readonly ValueType[],
  ): ValueId[] {
    const outputs = types.map((type) => this.define(type));
    const node = { op, attributes, inputs, outputs } as unknown as Node;
    this.nodes.push(node);
    for (const id of outputs) this.#producers.set(id, node);
    return outputs;
  }

  /** Appends a new application with one output, its type found by the rules. */
  emit<P extends PrimitiveName>(op: P, attributes: PrimitiveAttributes[P], ...inputs: readonly ValueId[]): ValueId {
    const types = inferTypes(
      op,
      attributes,
      inputs.map((id) => this.values[id]),
    );
    return this.append(op, attributes, inputs, types)[0];
  }

  shape(id: ValueId): Shape {
    return this.values[id].shape;
  }

  /** The application that made a value, if it is of this primitive. */
  producer<P extends PrimitiveName>(id: ValueId, op: P): Extract<Node, { op: P }> | undefined {
    const node = this.#producers.get(id);
    return node?.op === op ? (node as Extract<Node, { op: P }>) : undefined;
  }

  constant(id: ValueId): HostTensor | undefined {
    return this.producer(id, 'constant')?.attributes.value;
  }

  /** The number that all elements of a constant of one element are. */
  number(id: ValueId): number | undefined {
    const value = this.constant(id);
    return value && value.data.length === 1 ? Number(value.data[0]) : undefined;
  }

  reshape(id: ValueId, shape: Shape): ValueId {
    return sameShape(this.shape(id), shape) ? id : this.emit('reshape', { shape }, id);
  }

  broadcast(id: ValueId, shape: Shape): ValueId {
    return sameShape(this.shape(id), shape) ? id : this.emit('broadcastTo', { shape }, id);
  }

  usedOnce(id: ValueId): boolean {
    return this.#uses.get(id) === 1;
  }

  countUses(id: ValueId, uses: number): void {
    this.#uses.set(id, (this.#uses.get(id) ?? 0) + uses);
  }
}

/** What stands in place of an application: its outputs in the new graph, or undefined to keep it. */
export type Replace = (node: Node, inputs: readonly ValueId[], builder: Builder) => readonly ValueId[] | undefined;

/** Number of reads of each value, by nodes and by the outputs of the graph. */
export function countUses(graph: Graph): Map<ValueId, number> {
  const uses = new Map<ValueId, number>();
  const read = (id: ValueId) => uses.set(id, (uses.get(id) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(read);
  for (const { value } of graph.outputs) read(value);
  return uses;
}

/** Rewrites every application by `replace`; gives back the same object where nothing changed (unless `always`). */
export function rebuild(graph: Graph, replace: Replace, always = false): Graph {
  const builder = new Builder();
  const uses = countUses(graph);
  const moved = new Map<ValueId, ValueId>();
  let changed = always;
  const move = (from: ValueId, to: ValueId) => {
    moved.set(from, to);
    builder.countUses(to, uses.get(from) ?? 0);
  };
  for (const { value } of graph.inputs) move(value, builder.define(graph.values[value]));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((id) => moved.get(id) as ValueId);
    const replaced = replace(node, inputs, builder);
    if (replaced) changed = true;
    const outputs =
      replaced ??
      builder.append(
        node.op,
        node.attributes,
        inputs,
        node.outputs.map((id) => graph.values[id]),
      );
    node.outputs.forEach((id, i) => move(id, outputs[i]));
  }
  if (!changed) return graph;
  const port = ({ name, value }: Graph['inputs'][number]) => ({ name, value: moved.get(value) as ValueId });
  return {
    name: graph.name,
    inputs: graph.inputs.map(port),
    outputs: graph.outputs.map(port),
    values: builder.values,
    nodes: builder.nodes,
  };
}
