import { invariant } from '../../base/core/index.js';
import type { HostTensor } from '../tensor/index.js';
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxValue } from './model.js';

/** Equal tensors as one: those of the same memory, or small ones of the same numbers. */
class Initializers {
  readonly list: (readonly [string, HostTensor])[] = [];
  readonly #byMemory = new Map<unknown, [string, HostTensor][]>();
  readonly #byContent = new Map<string, string>();

  /** The name under which a tensor stands; `wanted` where it is new. */
  add(wanted: string, tensor: HostTensor): string {
    const { data, dtype, shape } = tensor;
    const same = this.#byMemory.get(data.buffer)?.find(([, other]) => {
      const together = other.data.byteOffset === data.byteOffset && other.data.byteLength === data.byteLength;
      return together && other.dtype === dtype && other.shape.join() === shape.join();
    });
    if (same) return same[0];
    const content = data.length <= 1024 ? `${dtype} [${shape.join()}] ${data.join()}` : undefined;
    const known = content === undefined ? undefined : this.#byContent.get(content);
    if (known !== undefined) return known;
    if (content !== undefined) this.#byContent.set(content, wanted);
    const entries = this.#byMemory.get(data.buffer);
    if (entries) entries.push([wanted, tensor]);
    else this.#byMemory.set(data.buffer, [[wanted, tensor]]);
    this.list.push([wanted, tensor]);
    return wanted;
  }
}

function renamed(node: OnnxNode, rename: (name: string) => string): OnnxNode {
  const attributes = Object.entries(node.attributes).map(([key, attribute]): [string, OnnxAttribute] => {
    if (attribute.kind !== 'graph') return [key, attribute];
    const { nodes, inputs, outputs } = attribute.value;
    const value = (one: OnnxValue) => ({ ...one, name: rename(one.name) });
    const inner = nodes.map((one) => renamed(one, rename));
    return [key, { kind: 'graph', value: { nodes: inner, inputs: inputs.map(value), outputs: outputs.map(value) } }];
  });
  return {
    ...node,
    name: rename(node.name),
    inputs: node.inputs.map((name) => (name === '' ? '' : rename(name))),
    outputs: node.outputs.map((name) => (name === '' ? '' : rename(name))),
    attributes: Object.fromEntries(attributes),
  };
}

/**
 * One model of two, as an `If` over a bool input [1]: both give the same outputs, weights that they share stand there once,
 * and an input that only one of them reads is still asked for.
 */
export function chooseModel(
  name: string,
  condition: string,
  { yes, no }: { readonly yes: OnnxModel; readonly no: OnnxModel },
): OnnxModel {
  const names = (values: readonly OnnxValue[]) => values.map((value) => value.name).sort();
  invariant(names(yes.outputs).join() === names(no.outputs).join(), 'the same outputs of both models', { name });
  const initializers = new Initializers();
  const inputs = new Map<string, OnnxValue>();
  for (const input of [...no.inputs, ...yes.inputs]) if (!inputs.has(input.name)) inputs.set(input.name, input);
  const branch = (prefix: string, model: OnnxModel): OnnxAttribute => {
    const outer = new Map<string, string>(model.inputs.map((input) => [input.name, input.name]));
    for (const [own, tensor] of model.initializers) {
      // What a rule made has a name of its branch alone; a parameter's name is the same in both.
      outer.set(own, initializers.add(own.startsWith('%') ? `${prefix}/${own}` : own, tensor));
    }
    const rename = (one: string) => outer.get(one) ?? `${prefix}/${one}`;
    const value = (one: OnnxValue) => ({ ...one, name: rename(one.name) });
    const order = no.outputs.map((output) => model.outputs.find((own) => own.name === output.name) as OnnxValue);
    const nodes = model.nodes.map((node) => renamed(node, rename));
    return { kind: 'graph', value: { nodes, inputs: [], outputs: order.map(value) } };
  };
  const attributes = { then_branch: branch('yes', yes), else_branch: branch('no', no) };
  const outputs = no.outputs.map((output) => output.name);
  const node: OnnxNode = { op: 'If', domain: '', name: 'If_0', inputs: [condition], outputs, attributes };
  return {
    name,
    nodes: [node],
    initializers: initializers.list,
    inputs: [...inputs.values(), { name: condition, dtype: 'bool', shape: [1] }],
    outputs: no.outputs.map((output) => yes.outputs.find((own) => own.name === output.name) as OnnxValue),
  };
}
