import { InvalidInput, invariant } from '../../base/core/index.js';
import type { Dim, Graph, Node, NodeOf, PrimitiveName, Shape, ValueId, ValueType } from '../ir/index.js';
import { hostTensor } from '../tensor/index.js';
import type { DType, HostTensor } from '../tensor/index.js';
import { Forms } from './forms.js';
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxValue } from './model.js';

/** Attributes as rules write them: whole numbers are ints; floats say so with `float(x)`. */
export type Attributes = Readonly<Record<string, number | string | readonly number[] | OnnxAttribute>>;

export const float = (value: number): OnnxAttribute => ({ kind: 'float', value });

export interface NodeOptions {
  readonly attributes?: Attributes;
  readonly outputs?: readonly string[];
  readonly microsoft?: boolean;
  /** One of ONNX Runtime's operators on blocked channels. */
  readonly blocked?: boolean;
}

/** Names of a program's ports in its ONNX model: an output that shares its name with an input gets a suffix. */
export function portNames(graph: Pick<Graph, 'inputs' | 'outputs'>): ReadonlyMap<string, string> {
  const inputs = new Set(graph.inputs.map((port) => port.name));
  return new Map(graph.outputs.map(({ name }) => [name, inputs.has(name) ? `${name}%out` : name]));
}

export interface BuilderOptions {
  /** Values that are initializers, by the name of their port. */
  readonly constants: Readonly<Record<string, HostTensor>>;
  readonly device: 'cpu' | 'webgpu';
  /** Channels of one block of ONNX Runtime's blocked convolutions; 0 where it has none. */
  readonly block: number;
  /** Only operators of ONNX itself. */
  readonly portable: boolean;
}

/** Collects the nodes and initializers of one ONNX graph while the rules run. */
export class Builder {
  readonly graph: Graph;
  readonly device: 'cpu' | 'webgpu';
  readonly block: number;
  /** Only operators of ONNX itself. */
  readonly portable: boolean;
  #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, HostTensor>();
  /** Initializers that are computed if something reads them. */
  readonly #computed = new Map<string, () => HostTensor>();
  readonly forms: Forms = new Forms(this);
  #shared = new Map<string, string>();
  /** Where the outermost body will stand. */
  #around: { readonly nodes: OnnxNode[]; readonly shared: Map<string, string> } | undefined;
  readonly #claimed = new Set<Node>();
  readonly #uses: Uint32Array;
  readonly #producers = new Map<ValueId, Node>();
  readonly #constants: Readonly<Record<string, HostTensor>>;
  readonly #symbols = new Map<string, { input: string; axis: number; dim: string }>();
  #counter = 0;

  constructor(graph: Graph, { constants, device, block, portable }: BuilderOptions) {
    this.graph = graph;
    this.device = device;
    this.block = block;
    this.portable = portable;
    this.#constants = constants;
    this.#uses = new Uint32Array(graph.values.length);
    for (const node of graph.nodes) {
      for (const input of node.inputs) this.#uses[input]++;
      for (const output of node.outputs) this.#producers.set(output, node);
    }
    const ports = portNames(graph);
    for (const { name, value } of graph.outputs) {
      this.#uses[value]++;
      if (this.forms.given(value) === undefined) this.forms.give(value, ports.get(name) as string);
    }
    for (const { name, value } of graph.inputs) {
      this.forms.give(value, name);
      if (constants[name]) this.#initializers.set(name, constants[name]);
      else this.#findSymbols(name, graph.values[value].shape);
    }
  }

  type(value: ValueId): ValueType {
    return this.graph.values[value];
  }

  /** How often a value is read, as an input of nodes or as an output of the graph. */
  uses(value: ValueId): number {
    return this.#uses[value];
  }

  producer(value: ValueId): Node | undefined {
    return this.#producers.get(value);
  }

  /** The node that makes `value`, if it is an application of `op`. */
  producedBy<P extends PrimitiveName>(value: ValueId, op: P): NodeOf<P> | undefined {
    const node = this.#producers.get(value);
    return node?.op === op ? (node as unknown as NodeOf<P>) : undefined;
  }

  /** Leaves a node to the rule of its only reader, which computes both at once. */
  claim(node: Node): void {
    this.#claimed.add(node);
  }

  isClaimed(node: Node): boolean {
    return this.#claimed.has(node);
  }

  /** The tensor of a value that is known before the program runs. */
  constant(value: ValueId): HostTensor | undefined {
    return this.#initializers.get(this.forms.given(value) ?? '');
  }

  /** Name of a value in its own shape. */
  name(value: ValueId): string {
    return this.forms.name(value);
  }

  /** Makes `value` another name of an existing ONNX value; an `Identity` only where a port needs its own name. */
  alias(value: ValueId, name: string): void {
    const given = this.forms.given(value);
    if (given === undefined) this.forms.give(value, name);
    else this.node('Identity', [name], { outputs: [given] });
  }

  fresh(): string {
    return `%t${this.#counter++}`;
  }

  /** Adds a node and returns the name of its first output. */
  node(op: string, inputs: readonly string[], options: NodeOptions = {}): string {
    const outputs = options.outputs ?? [this.fresh()];
    const attributes: Record<string, OnnxAttribute> = {};
    for (const [key, value] of Object.entries(options.attributes ?? {})) {
      attributes[key] =
        typeof value === 'number'
          ? { kind: 'int', value }
          : typeof value === 'string'
            ? { kind: 'text', value }
            : Array.isArray(value)
              ? { kind: 'ints', value: value as readonly number[] }
              : (value as OnnxAttribute);
    }
    invariant(!((options.microsoft || options.blocked) && this.portable), `${op} in a portable model`);
    const name = `${op}_${this.#nodes.length}`;
    const domain = options.blocked ? 'com.microsoft.nchwc' : options.microsoft ? 'com.microsoft' : '';
    this.#nodes.push({ op, domain, name, inputs, outputs, attributes });
    return outputs[0];
  }

  /**
   * A graph inside a node's attribute (the body of a `Loop`). What `make` adds goes into it; it may read every value
   * around it, and nothing outside reads a value of it.
   */
  body(inputs: readonly OnnxValue[], make: () => readonly OnnxValue[]): OnnxAttribute {
    const [nodes, shared, around] = [this.#nodes, this.#shared, this.#around];
    this.#around ??= { nodes, shared };
    this.#nodes = [];
    this.#shared = new Map(shared);
    const outputs = make();
    const value = { nodes: this.#nodes, inputs, outputs };
    this.#nodes = nodes;
    this.#shared = shared;
    this.#around = around;
    return { kind: 'graph', value };
  }

  /** Adds nodes outside all bodies: for another form of a value, which later nodes may read anywhere. */
  outside<T>(make: () => T): T {
    if (!this.#around) return make();
    const [nodes, shared] = [this.#nodes, this.#shared];
    this.#nodes = this.#around.nodes;
    this.#shared = this.#around.shared;
    const made = make();
    this.#nodes = nodes;
    this.#shared = shared;
    return made;
  }

  initializer(tensor: HostTensor, name = this.fresh()): string {
    this.#initializers.set(name, tensor);
    return name;
  }

  /** An initializer that is computed once it is known that something reads it. */
  computed(make: () => HostTensor): string {
    const name = this.fresh();
    this.#computed.set(name, make);
    return name;
  }

  /** The same value made once per graph. */
  once(key: string, make: () => string): string {
    let name = this.#shared.get(key);
    if (name === undefined) {
      name = make();
      this.#shared.set(key, name);
    }
    return name;
  }

  /** An i64 vector, the type in which ONNX takes shapes and axes. */
  ints(values: readonly number[]): string {
    return this.once(`i64[${values}]`, () => this.initializer(hostTensor('i64', [values.length], [...values])));
  }

  scalar(dtype: DType, value: number, shape: readonly number[] = []): string {
    return this.once(`${dtype}:${Object.is(value, -0) ? '-0' : value}:${shape}`, () =>
      this.initializer(scalarTensor(dtype, value, shape)),
    );
  }

  /** A reshape to a shape that may contain symbols. */
  reshape(input: string, from: Shape, to: Shape, output?: string): string {
    if (output === undefined && from.length === to.length && from.every((dim, i) => dim === to[i])) return input;
    const outputs = output === undefined ? undefined : [output];
    // 0 copies a dimension of the input in the same place, -1 (once) is what remains; with real zeros neither is used.
    const codes = to.map((dim, i) => (typeof dim === 'number' ? dim : dim === from[i] ? 0 : -1));
    const simple = codes.filter((code) => code === -1).length <= 1 && !to.includes(0);
    const shape = simple ? this.ints(codes) : this.shapeOf(to);
    return this.node('Reshape', [input, shape], { attributes: simple ? {} : { allowzero: 1 }, outputs });
  }

  /** An i64 vector with the sizes of a shape, symbols read from the shapes of the graph's inputs. */
  shapeOf(shape: Shape): string {
    if (shape.every((dim) => typeof dim === 'number')) return this.ints(shape as readonly number[]);
    return this.once(`shape[${shape}]`, () => {
      const parts = shape.map((dim) => this.#dim(dim));
      return parts.length === 1 ? parts[0] : this.node('Concat', parts, { attributes: { axis: 0 } });
    });
  }

  build(): OnnxModel {
    const { graph } = this;
    const ports = portNames(graph);
    // A value that two ports share, or that is an input itself, needs a copy under the port's own name.
    for (const { name, value } of graph.outputs) {
      const port = ports.get(name) as string;
      if (this.name(value) !== port) this.node('Identity', [this.name(value)], { outputs: [port] });
    }
    const { nodes, read } = this.#live(new Set(ports.values()));
    return {
      name: graph.name,
      nodes,
      initializers: [
        ...[...this.#initializers].filter(([name]) => read.has(name)),
        ...[...this.#computed].filter(([name]) => read.has(name)).map(([name, make]) => [name, make()] as const),
      ],
      own: new Set(this.#computed.keys()),
      inputs: graph.inputs
        .filter(({ name }) => !this.#constants[name])
        .map(({ name, value }) => ({ name, ...graph.values[value] })),
      outputs: graph.outputs.map(({ name, value }) => ({ name: ports.get(name) as string, ...graph.values[value] })),
    };
  }

  /**
   * Nodes that some output needs. Normalizations lose the statistics that nobody reads; attention keeps its caches,
   * without which its kernel attends to the new tokens only.
   */
  #live(read: Set<string>): { nodes: OnnxNode[]; read: ReadonlySet<string> } {
    const nodes: OnnxNode[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((output) => read.has(output))) continue;
      for (const input of readBy(node)) read.add(input);
      const last = node.outputs.findLastIndex((output) => read.has(output));
      nodes.push(node.op.endsWith('Normalization') ? { ...node, outputs: node.outputs.slice(0, last + 1) } : node);
    }
    return { nodes: nodes.reverse(), read };
  }

  #dim(dim: Dim): string {
    if (typeof dim === 'number') return this.ints([dim]);
    return this.once(`dim:${dim}`, () => {
      const parts = dim.split('*');
      const names = parts.map((part) => (/^\d+$/.test(part) ? this.ints([Number(part)]) : this.#symbol(part)));
      return names.reduce((a, b) => this.node('Mul', [a, b]));
    });
  }

  #symbol(symbol: string): string {
    const source = this.#symbols.get(symbol);
    if (!source) {
      const message = `lower ${this.graph.name}: expected an input with the dimension ${symbol}, got none`;
      throw new InvalidInput('onnx.symbol', message);
    }
    const { input, axis } = source;
    return this.once(`symbol:${symbol}`, () =>
      this.node('Shape', [input], { attributes: { start: axis, end: axis + 1 } }),
    );
  }

  #findSymbols(input: string, shape: Shape): void {
    shape.forEach((dim, axis) => {
      if (typeof dim === 'string' && !dim.includes('*') && !this.#symbols.has(dim)) {
        this.#symbols.set(dim, { input, axis, dim });
      }
    });
  }
}

function scalarTensor(dtype: DType, value: number, shape: readonly number[]): HostTensor {
  return hostTensor(dtype, shape, shape.includes(0) ? [] : [value]);
}

/** Names that a node reads, those of the graphs inside it included. */
function readBy(node: OnnxNode): string[] {
  const inner = Object.values(node.attributes).flatMap((attribute) =>
    attribute.kind === 'graph' ? attribute.value.nodes.flatMap(readBy) : [],
  );
  return [...node.inputs, ...inner];
}
