import { join } from 'node:path';
import type * as Ort from 'onnxruntime-node';
import { InternalError, InvalidInput, Unavailable, messageOf } from '../../base/core/index.js';
import { bindShape } from '../ir/index.js';
import type { DimBindings, ValueType } from '../ir/index.js';
import type { HostTensor } from '../tensor/index.js';
import type { OperatorProfile, ProgramId, RunCall, TensorSpec } from './executor.js';
import { CpuBuffers, zeros } from './ort-buffers.node.js';
import type { Buffers } from './ort-buffers.node.js';
import { measureBlock } from './ort-block.node.js';
import { readProfile } from './ort-profile.node.js';
import type { OrtSettings, ProgramSource, Span } from './ort-protocol.node.js';
import { toOrt } from './ort-tensor.node.js';
import type { OrtModule, OrtTensor } from './ort-tensor.node.js';
import { isUnconvertible, resultOf, unconvertible } from './ort-uncopied.node.js';
import { WebGpuBuffers } from './ort-webgpu.node.js';

const installCommand = 'npm i abovo --onnxruntime-node-install=skip';

/**
 * How long a thread without work keeps its core while it waits for more: longer than the operators between two that share
 * their work, and not beyond the end of a run, where others need the core (the default cost half of the time on a machine
 * that did something else besides).
 */
const spinMicroseconds = '100';

interface Program {
  readonly source: ProgramSource;
  readonly session: Ort.InferenceSession;
  readonly profilePrefix?: string;
}

/** Loads ONNX Runtime's binding. Throws `engine.missing` with the command that installs it. */
export async function loadEngine(): Promise<OrtModule> {
  try {
    const module = (await import('onnxruntime-node')) as OrtModule & { default?: OrtModule };
    return module.default ?? module;
  } catch (error) {
    throw new Unavailable(
      'engine.missing',
      `onnxruntime-node: expected its native library for ${process.platform}/${process.arch}, got "${messageOf(error).split('\n')[0]}". Install it with: ${installCommand}`,
      { platform: process.platform, arch: process.arch },
      error,
    );
  }
}

/** Sessions and named buffers of one device, inside the compute worker. */
export class Runner {
  readonly #ort: OrtModule;
  readonly #settings: OrtSettings;
  readonly #buffers: Buffers;
  readonly #programs = new Map<ProgramId, Program>();
  #nextProgram = 0;

  /** Channels of one block of the engine's convolutions on this machine, 0 where it has none. */
  readonly block: number;

  private constructor(ort: OrtModule, settings: OrtSettings, buffers: Buffers, block: number) {
    this.#ort = ort;
    this.#settings = settings;
    this.#buffers = buffers;
    this.block = block;
  }

  static async open(settings: OrtSettings): Promise<Runner> {
    const ort = await loadEngine();
    // Warnings name nodes that stay on the CPU and constants that fold: nothing a user can act on.
    ort.env.logLevel = 'fatal';
    const buffers = settings.device === 'cpu' ? new CpuBuffers(ort) : await WebGpuBuffers.open(ort);
    const block = settings.device === 'cpu' ? await measureBlock(ort) : 0;
    return new Runner(ort, settings, buffers, block);
  }

  get version(): string {
    return this.#ort.env.versions.common ?? 'unknown';
  }

  async load(source: ProgramSource): Promise<ProgramId> {
    const { threads, device, profileFolder } = this.#settings;
    const id = this.#nextProgram++;
    const profilePrefix = profileFolder ? join(profileFolder, `program-${id}-`) : undefined;
    const options: Ort.InferenceSession.SessionOptions = {
      executionProviders: device === 'cpu' ? ['cpu'] : ['webgpu', 'cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      enableMemPattern: true,
      enableCpuMemArena: true,
      logSeverityLevel: 4,
      ...(source.weights.length > 0 ? { externalData: source.weights } : {}),
      extra: { session: { set_denormal_as_zero: '1', intra_op: { spin_duration_us: spinMicroseconds } } },
      ...(profilePrefix ? { enableProfiling: true, profileFilePrefix: profilePrefix } : {}),
      ...(device === 'webgpu' ? { preferredOutputLocation: 'gpu-buffer' } : {}),
    };
    let session: Ort.InferenceSession;
    try {
      session = await this.#ort.InferenceSession.create(source.model, options);
    } catch (error) {
      throw new InternalError(
        'engine.load',
        `load ${source.name}: ${messageOf(error)}`,
        { program: source.name },
        error,
      );
    }
    this.#programs.set(id, { source: { ...source, model: new Uint8Array(0), weights: [] }, session, profilePrefix });
    return id;
  }

  async unload(id: ProgramId): Promise<void> {
    const { session } = this.#program(id);
    this.#programs.delete(id);
    await session.release();
  }

  /** Ends the profile of a program; it goes on running without one. */
  async profile(id: ProgramId): Promise<OperatorProfile> {
    const { session, profilePrefix } = this.#program(id);
    if (!profilePrefix) {
      throw new InvalidInput('run.profile', 'profile: expected an executor opened with { profile: true }');
    }
    session.endProfiling();
    return readProfile(profilePrefix);
  }

  async allocate(buffers: Readonly<Record<string, TensorSpec>>): Promise<void> {
    for (const [name, spec] of Object.entries(buffers)) {
      const exists = this.#has(name);
      if (exists) this.#buffers.free(name);
      await this.#buffers.write(name, zeros(spec));
    }
  }

  async write(buffers: Readonly<Record<string, HostTensor>>): Promise<void> {
    for (const [name, tensor] of Object.entries(buffers)) await this.#buffers.write(name, tensor);
  }

  async read(names: readonly string[]): Promise<Record<string, HostTensor>> {
    const result: Record<string, HostTensor> = {};
    for (const name of names) result[name] = await this.#buffers.read(name);
    return result;
  }

  swap(pairs: ReadonlyArray<readonly [string, string]>): void {
    for (const [a, b] of pairs) this.#buffers.swap(a, b);
  }

  copy(from: Span, to: Span, length: number): Promise<void> {
    return this.#buffers.copy(from, to, length);
  }

  free(names: readonly string[]): void {
    for (const name of names) this.#buffers.free(name);
  }

  async run({
    program: id,
    feeds = {},
    bind = {},
    into = {},
    fetch = [],
    reuse = {},
    swap,
  }: RunCall): Promise<Record<string, HostTensor>> {
    const { source, session } = this.#program(id);
    const bindings: DimBindings = new Map();
    const inputs: Record<string, OrtTensor> = {};
    for (const [name, type] of Object.entries(source.inputs)) {
      const fed = feeds[name];
      if (fed) {
        check(source, name, type, fed, bindings);
        inputs[name] = toOrt(this.#ort, fed);
        continue;
      }
      const ref = bind[name];
      if (ref === undefined) {
        const message = `run ${source.name}: expected input ${name} in feeds or bind, got neither`;
        throw new InvalidInput('run.input', message, { program: source.name, name });
      }
      check(source, name, type, this.#buffers.spec(ref), bindings);
      inputs[name] = await this.#buffers.input(ref);
    }
    for (const name of [...Object.keys(feeds), ...Object.keys(bind)]) {
      if (!source.inputs[name]) throw unknownPort(source, 'input', name, Object.keys(source.inputs));
    }
    const outputs: Record<string, OrtTensor | null> = {};
    for (const [name, ref] of Object.entries(into)) {
      const port = this.#output(source, name);
      check(source, name, port, this.#buffers.spec(ref), bindings);
      outputs[port.onnxName] = this.#buffers.target(ref);
    }
    const results: Record<string, HostTensor> = {};
    for (const name of fetch) {
      const port = this.#output(source, name);
      if (outputs[port.onnxName]) continue;
      if (this.#settings.device === 'cpu') results[name] = resultOf(port, bindings, reuse[name]);
      outputs[port.onnxName] = results[name] ? toOrt(this.#ort, results[name]) : null;
    }
    if (Object.keys(outputs).length === 0) {
      throw new InvalidInput('run.output', `run ${source.name}: expected outputs in into or fetch, got none`);
    }
    if (this.#settings.device === 'cpu') outputs[unconvertible] = null;
    // On WebGPU a run gives every output of its program or none ("Output count mismatch").
    const unread: string[] = [];
    if (this.#settings.device === 'webgpu') {
      for (const { onnxName } of Object.values(source.outputs)) if (!(onnxName in outputs)) unread.push(onnxName);
      for (const name of unread) outputs[name] = null;
    }
    const made = (await this.#execute(source, session, inputs, outputs)) ?? (outputs as Record<string, OrtTensor>);
    const fetched: Record<string, HostTensor> = {};
    for (const name of fetch) {
      fetched[name] = results[name] ?? (await this.#buffers.take(made[this.#output(source, name).onnxName]));
    }
    for (const [name, ref] of Object.entries(into)) {
      await this.#buffers.store(ref, made[source.outputs[name].onnxName]);
    }
    for (const name of unread) made[name]?.dispose();
    this.#buffers.afterRun();
    if (swap) this.swap(swap);
    return fetched;
  }

  /** What the run returned; undefined where all outputs had memory of their own and were left there. */
  async #execute(
    source: ProgramSource,
    session: Ort.InferenceSession,
    inputs: Record<string, OrtTensor>,
    outputs: Record<string, OrtTensor | null>,
  ): Promise<Record<string, OrtTensor> | undefined> {
    try {
      const made = await session.run(inputs, outputs as Ort.InferenceSession.OnnxValueMapType);
      return this.#settings.device === 'cpu' ? undefined : (made as Record<string, OrtTensor>);
    } catch (error) {
      if (isUnconvertible(error)) return undefined;
      throw new InternalError('engine.run', `run ${source.name}: ${messageOf(error)}`, { program: source.name }, error);
    }
  }

  #has(name: string): boolean {
    try {
      this.#buffers.spec(name);
      return true;
    } catch {
      return false;
    }
  }

  #program(id: ProgramId): Program {
    const program = this.#programs.get(id);
    if (!program)
      throw new InvalidInput('run.program', `program ${id}: expected a loaded program, got none of that number`);
    return program;
  }

  #output(source: ProgramSource, name: string): ProgramSource['outputs'][string] {
    const port = source.outputs[name];
    if (!port) throw unknownPort(source, 'output', name, Object.keys(source.outputs));
    return port;
  }
}

function check(source: ProgramSource, name: string, type: ValueType, got: TensorSpec, bindings: DimBindings): void {
  if (got.dtype !== type.dtype) {
    const message = `run ${source.name}: expected ${type.dtype} as ${name}, got ${got.dtype}`;
    throw new InvalidInput('run.dtype', message, { program: source.name, name });
  }
  bindShape(name, type.shape, got.shape, bindings);
}

function unknownPort(source: ProgramSource, kind: string, name: string, known: readonly string[]): InvalidInput {
  return new InvalidInput(
    `run.${kind}`,
    `run ${source.name}: expected an ${kind} of ${known.slice(0, 8).join(', ')}${known.length > 8 ? ', …' : ''}, got ${name}`,
    { program: source.name, name },
  );
}
