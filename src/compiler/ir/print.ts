import type { HostTensor } from '../tensor/index.js';
import type { Graph, Node, ValueId } from './graph.js';
import { formatType } from './rule.js';

const shown = 8;

/** FNV-1a of the elements, so that two constants print alike only when they are alike. */
function digest({ data }: HostTensor): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

function formatAttribute(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatAttribute).join(', ')}]`;
  if (Object.is(value, -0)) return '-0';
  return String(value);
}

function formatAttributes(node: Node): string {
  if (node.op === 'constant') {
    const { value } = node.attributes;
    return value.data.length <= shown
      ? ` {${Array.from<unknown>(value.data).map(formatAttribute).join(', ')}}`
      : ` {#${digest(value)}}`;
  }
  const entries = Object.entries(node.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return '';
  return ` {${entries.map(([key, value]) => `${key}: ${formatAttribute(value)}`).join(', ')}}`;
}

/**
 * The graph as text, one application per line. Values are numbered in the order of their definition, so that equal
 * graphs print equal text whatever their value ids.
 */
export function print(graph: Graph): string {
  const numbers = new Map<ValueId, number>();
  const define = (id: ValueId) => {
    numbers.set(id, numbers.size);
    return `%${numbers.get(id)}`;
  };
  const use = (id: ValueId) => `%${numbers.get(id) ?? '?'}`;
  const inputs = graph.inputs.map(({ name, value }) => `${define(value)} ${name}: ${formatType(graph.values[value])}`);
  const lines = graph.nodes.map((node) => {
    const call = `${node.op}(${node.inputs.map(use).join(', ')})${formatAttributes(node)}`;
    const types = node.outputs.map((id) => formatType(graph.values[id])).join(', ');
    return `  ${node.outputs.map(define).join(', ')} = ${call} : ${types}`;
  });
  const outputs = graph.outputs.map(({ name, value }) => `${name}: ${use(value)}`);
  return [`graph ${graph.name}(${inputs.join(', ')})`, ...lines, `  return ${outputs.join(', ')}`, ''].join('\n');
}
