import { allocate, numElements } from '../../tensor/index.js';
import type { Graph, Node, ValueId } from '../graph.js';
import type { PrimitiveName } from '../primitive.js';
import { referenceKernels } from '../reference/index.js';
import type { Kernel, OutputSpec } from '../reference/index.js';
import { isStatic } from '../shape.js';
import { rebuild } from './rebuild.js';

/** Constants with more elements than this are not made by folding: they would only make the program larger. */
const foldLimit = 4096;

/** Drops what no output depends on. Inputs of the graph stay. */
export function prune(graph: Graph): Graph {
  const live = new Set<ValueId>(graph.outputs.map(({ value }) => value));
  const kept: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (!node.outputs.some((id) => live.has(id))) continue;
    for (const id of node.inputs) live.add(id);
    kept.push(node);
  }
  return kept.length === graph.nodes.length
    ? graph
    : rebuild({ ...graph, nodes: kept.toReversed() }, () => undefined, true);
}

/** A broadcast is cheaper left to the operation that reads it, random numbers stay where they can be seen. */
const unfolded = new Set<PrimitiveName>(['broadcastTo', 'randomUniform']);

/** Computes applications whose inputs are all constants. */
export function fold(graph: Graph): Graph {
  return rebuild(graph, (node, inputs, builder) => {
    if (node.inputs.length === 0 || unfolded.has(node.op)) return undefined;
    const constants = inputs.map((id) => builder.constant(id));
    const types = node.outputs.map((id) => graph.values[id]);
    if (!constants.every((value) => value !== undefined)) return undefined;
    if (!types.every(({ shape }) => isStatic(shape) && numElements(shape) <= foldLimit)) return undefined;
    const make = ({ dtype, shape }: OutputSpec) => ({ dtype, shape, data: allocate(dtype, numElements(shape)) });
    const kernel = referenceKernels[node.op] as Kernel<PrimitiveName>;
    const results = kernel(node.attributes, constants, types as OutputSpec[], make);
    return results.map((value) => builder.emit('constant', { value }));
  });
}

/** Text that is equal for applications which compute the same. */
function signature(node: Node, inputs: readonly ValueId[]): string {
  if (node.op === 'constant') {
    const { dtype, shape, data } = node.attributes.value;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return `constant ${dtype} ${shape} ${bytes.join()}`;
  }
  // JSON has no NaN, infinities or -0, which are different padding values.
  const exact = (_: string, value: unknown) =>
    typeof value === 'number' ? (Object.is(value, -0) ? '-0' : `${value}`) : value;
  return `${node.op} ${JSON.stringify(node.attributes, exact)} ${inputs}`;
}

/** Larger constants are not compared: the text of their bytes would be long, and equal ones are rare. */
const compareLimit = 4096;

/** Computes each thing once. Random numbers too: they are a pure function of key and stream. */
export function share(graph: Graph): Graph {
  const seen = new Map<string, readonly ValueId[]>();
  return rebuild(graph, (node, inputs, builder) => {
    if (node.op === 'constant' && node.attributes.value.data.length > compareLimit) return undefined;
    const key = signature(node, inputs);
    const found = seen.get(key);
    if (found) return found;
    // What `rebuild` is about to append gets the next ids.
    seen.set(
      key,
      node.outputs.map((_, i) => builder.values.length + i),
    );
    return undefined;
  });
}
