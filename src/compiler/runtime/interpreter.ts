import { InvalidInput } from '../../base/core/index.js';
import { bindShape, evaluateDim, formatShape, referenceKernels, verify } from '../ir/index.js';
import type { DimBindings, Graph, Kernel, OutputSpec, PrimitiveName, Value, ValueId } from '../ir/index.js';
import { allocate, numElements } from '../tensor/index.js';
import type { DType, HostTensor, TensorData } from '../tensor/index.js';
import type { BufferRef, Executor, LoadOptions, ProgramId, RunCall, TensorSpec } from './executor.js';

export interface InterpreterOptions {
  /** `f64` computes and keeps every f32 value in double precision; results then come back as f64. */
  readonly precision?: 'f32' | 'f64';
}

interface Program {
  readonly graph: Graph;
  readonly constants: ReadonlyMap<string, Value>;
  /** For each node, the values that nobody reads after it. */
  readonly lastUses: readonly (readonly ValueId[])[];
}

function lastUses(graph: Graph): ValueId[][] {
  const seen = new Set<ValueId>(graph.outputs.map(({ value }) => value));
  const uses: ValueId[][] = graph.nodes.map(() => []);
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    for (const id of [...graph.nodes[i].inputs, ...graph.nodes[i].outputs]) {
      if (!seen.has(id)) uses[i].push(id);
      seen.add(id);
    }
  }
  return uses;
}

/**
 * The slow reference executor: every primitive in plain loops, in a defined order, on any machine. Other executors are
 * judged by it; golden curves are exact on it.
 */
export function createInterpreter({ precision = 'f32' }: InterpreterOptions = {}): Executor {
  return new Interpreter(precision);
}

class Interpreter implements Executor {
  readonly name = 'interpreter';
  readonly device = 'cpu';
  readonly #precision: 'f32' | 'f64';
  readonly #programs = new Map<ProgramId, Program>();
  readonly #buffers = new Map<string, Value>();
  #next = 0;

  constructor(precision: 'f32' | 'f64') {
    this.#precision = precision;
  }

  #make = ({ dtype, shape }: OutputSpec): Value => {
    const stored = dtype === 'f32' && this.#precision === 'f64' ? 'f64' : dtype;
    return { dtype, shape, data: allocate(stored, numElements(shape)) };
  };

  /** A private copy of a host tensor in the precision of this interpreter. */
  #take(name: string, tensor: HostTensor): Value {
    if (tensor.data.length !== numElements(tensor.shape)) {
      throw new InvalidInput(
        'run.length',
        `${name}: expected ${numElements(tensor.shape)} elements for ${formatShape(tensor.shape)}, got ${tensor.data.length}`,
      );
    }
    const dtype = tensor.dtype === 'f64' && this.#precision === 'f64' ? 'f32' : tensor.dtype;
    const value = this.#make({ dtype, shape: [...tensor.shape] });
    copyInto(value.data, tensor.data);
    return value;
  }

  /** A copy for the caller. */
  #give({ dtype, shape, data }: Value): HostTensor {
    const given: DType = data instanceof Float64Array ? 'f64' : dtype;
    return { dtype: given, shape: [...shape], data: data.slice() };
  }

  async load(graph: Graph, { constants = {} }: LoadOptions = {}): Promise<ProgramId> {
    verify(graph);
    const baked = new Map<string, Value>();
    for (const [name, tensor] of Object.entries(constants)) {
      if (!graph.inputs.some((port) => port.name === name)) throw unknown('load', 'an input of the graph', name);
      baked.set(name, this.#take(`load: constant ${name}`, tensor));
    }
    this.#programs.set(this.#next, { graph, constants: baked, lastUses: lastUses(graph) });
    return this.#next++;
  }

  async unload(program: ProgramId): Promise<void> {
    if (!this.#programs.delete(program)) throw unknown('unload', 'a loaded program', String(program));
  }

  async allocate(buffers: Readonly<Record<string, TensorSpec>>): Promise<void> {
    for (const [name, spec] of Object.entries(buffers)) this.#buffers.set(name, this.#make(spec));
  }

  async write(buffers: Readonly<Record<string, HostTensor>>): Promise<void> {
    for (const [name, tensor] of Object.entries(buffers)) this.#buffers.set(name, this.#take(`write: ${name}`, tensor));
  }

  async read(names: readonly string[]): Promise<Record<string, HostTensor>> {
    return Object.fromEntries(names.map((name) => [name, this.#give(this.#buffer('read', name))]));
  }

  async swap(pairs: ReadonlyArray<readonly [string, string]>): Promise<void> {
    for (const [a, b] of pairs) {
      const [first, second] = [this.#buffer('swap', a), this.#buffer('swap', b)];
      this.#buffers.set(a, second);
      this.#buffers.set(b, first);
    }
  }

  async copy(
    from: { buffer: string; offset: number },
    to: { buffer: string; offset: number },
    length: number,
  ): Promise<void> {
    const view = (at: { buffer: string; offset: number }) => this.#view('copy', { ...at, shape: [length] });
    const [source, target] = [view(from), view(to)];
    if (source.dtype !== target.dtype) {
      throw new InvalidInput(
        'run.dtype',
        `copy: expected buffers of one dtype, got ${source.dtype} and ${target.dtype}`,
      );
    }
    copyInto(target.data, source.data.slice());
  }

  async free(names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.#buffer('free', name);
      this.#buffers.delete(name);
    }
  }

  async run({
    program: id,
    feeds = {},
    bind = {},
    into = {},
    fetch = [],
    swap = [],
  }: RunCall): Promise<Record<string, HostTensor>> {
    const program = this.#programs.get(id);
    if (!program) throw unknown('run', 'a loaded program', String(id));
    const { graph, constants } = program;
    const given = new Map<string, Value>(constants);
    const give = (name: string, value: Value) => {
      if (!graph.inputs.some((port) => port.name === name)) throw unknown(`run ${graph.name}`, 'an input', name);
      if (given.has(name))
        throw new InvalidInput('run.input', `run ${graph.name}: expected input ${name} once, got it twice`);
      given.set(name, value);
    };
    for (const [name, tensor] of Object.entries(feeds)) give(name, this.#take(`run ${graph.name}: ${name}`, tensor));
    for (const [name, ref] of Object.entries(bind)) give(name, this.#view(`run ${graph.name}`, ref));
    const results = this.#evaluate(program, given);
    const result = (name: string): Value => {
      const port = graph.outputs.find((output) => output.name === name);
      if (!port) throw unknown(`run ${graph.name}`, 'an output', name);
      return results.get(port.value) as Value;
    };
    // Everything fetched is copied before buffers change: an output may be a view of one.
    const fetched = Object.fromEntries(fetch.map((name) => [name, this.#give(result(name))]));
    const writes = Object.entries(into).map(([name, ref]) => {
      const [value, target] = [result(name), this.#view(`run ${graph.name}`, ref)];
      if (target.dtype !== value.dtype || formatShape(target.shape) !== formatShape(value.shape)) {
        throw new InvalidInput(
          'run.buffer',
          `run ${graph.name}: expected a buffer of ${value.dtype}${formatShape(value.shape)} for output ${name}, got ${target.dtype}${formatShape(target.shape)}`,
        );
      }
      return { target, data: value.data.slice() };
    });
    for (const { target, data } of writes) copyInto(target.data, data);
    await this.swap(swap);
    return fetched;
  }

  #evaluate({ graph, lastUses }: Program, given: ReadonlyMap<string, Value>): Map<ValueId, Value> {
    const values = new Map<ValueId, Value>();
    const bindings: DimBindings = new Map();
    for (const { name, value } of graph.inputs) {
      const tensor = given.get(name);
      if (!tensor) throw new InvalidInput('run.input', `run ${graph.name}: expected input ${name}, got none`);
      const { dtype, shape } = graph.values[value];
      if (tensor.dtype !== dtype) {
        throw new InvalidInput(
          'run.dtype',
          `run ${graph.name}: expected ${dtype} for input ${name}, got ${tensor.dtype}`,
        );
      }
      bindShape(name, shape, tensor.shape, bindings);
      values.set(value, tensor);
    }
    for (const [i, node] of graph.nodes.entries()) {
      const specs = node.outputs.map((id): OutputSpec => {
        const { dtype, shape } = graph.values[id];
        return { dtype, shape: shape.map((dim) => evaluateDim(dim, bindings)) };
      });
      const inputs = node.inputs.map((id) => values.get(id) as Value);
      // Node and kernel belong to one primitive, which the union cannot see.
      const kernel = referenceKernels[node.op] as Kernel<PrimitiveName>;
      const outputs = kernel(node.attributes, inputs, specs, this.#make);
      node.outputs.forEach((id, n) => values.set(id, outputs[n]));
      for (const id of lastUses[i]) values.delete(id);
    }
    return values;
  }

  #buffer(op: string, name: string): Value {
    const value = this.#buffers.get(name);
    if (!value) throw unknown(op, 'a buffer', name);
    return value;
  }

  #view(op: string, ref: BufferRef): Value {
    if (typeof ref === 'string') return this.#buffer(op, ref);
    const { dtype, data } = this.#buffer(op, ref.buffer);
    const end = ref.offset + numElements(ref.shape);
    if (!Number.isInteger(ref.offset) || ref.offset < 0 || end > data.length) {
      throw new InvalidInput(
        'run.view',
        `${op}: expected a view inside the ${data.length} elements of ${ref.buffer}, got ${ref.offset} to ${end}`,
      );
    }
    return { dtype, shape: ref.shape, data: data.subarray(ref.offset, end) };
  }

  async close(): Promise<void> {
    this.#programs.clear();
    this.#buffers.clear();
  }
}

function unknown(op: string, what: string, name: string): InvalidInput {
  return new InvalidInput('run.name', `${op}: expected ${what}, got '${name}'`);
}

/** Copies between arrays of one kind, or between single and double precision. */
function copyInto(to: TensorData, from: TensorData): void {
  if (to instanceof BigInt64Array) to.set(from as BigInt64Array);
  else to.set(from as Exclude<TensorData, BigInt64Array>);
}
