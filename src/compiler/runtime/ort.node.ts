import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { WorkerClient, workerEntry } from '../../base/worker/index.node.js';
import type { Graph, ValueType } from '../ir/index.js';
import { encodeInParts, lowerToModel, portNames } from '../onnx/index.js';
import { allocate } from '../tensor/index.js';
import type { DType, HostTensor } from '../tensor/index.js';
import type { Executor, LoadOptions, OperatorProfile, ProgramId, RunCall, TensorSpec } from './executor.js';
import type { OrtDevice, OrtMethods } from './ort-protocol.node.js';
import { withUnconvertible } from './ort-uncopied.node.js';

export interface OrtOptions {
  /** Default `cpu`. */
  readonly device?: OrtDevice;
  /** Threads of one operator; default: the cores of this machine. */
  readonly threads?: number;
  /** Records the time of each operator, at some cost; read it with `profile`. */
  readonly profile?: boolean;
}

/** An `Executor` on ONNX Runtime, which can also say where its time went. */
export interface OrtExecutor extends Executor {
  readonly threads: number;
  /** Time per operator of a program since it was loaded; ends its profile. Needs `{ profile: true }`. */
  profile(program: ProgramId): Promise<OperatorProfile>;
}

/** Copies tensors into memory of their own, so that they can move to the worker without taking the caller's along. */
function packed(tensors: Readonly<Record<string, HostTensor>>): {
  tensors: Record<string, HostTensor>;
  transfer: ArrayBuffer[];
} {
  const entries = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    // Not `slice`: that of a Node `Buffer` is a view, and moving it would take a shared pool along.
    const copy = allocate(dtype, data.length);
    (copy as Uint8Array).set(data as Uint8Array);
    return [name, { dtype, shape, data: copy } satisfies HostTensor] as const;
  });
  return { tensors: Object.fromEntries(entries), transfer: entries.map(([, { data }]) => data.buffer as ArrayBuffer) };
}

function bytesOf({ data }: HostTensor, own: boolean): Uint8Array {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return own ? bytes : new Uint8Array(bytes);
}

class WorkerExecutor implements OrtExecutor {
  readonly name = 'onnxruntime';
  readonly device: OrtDevice;
  readonly threads: number;
  readonly #client: WorkerClient<OrtMethods>;
  #profileFolder: string | undefined;
  /** Channels of one block of the engine's convolutions. */
  #block = 0;
  /** Numbers of the bindings that the worker knows. */
  readonly #bindings = new WeakMap<object, number>();
  readonly #forgotten = new FinalizationRegistry<number>((id) => {
    this.#client.call('forget', id).catch(() => undefined);
  });
  #nextBinding = 0;

  constructor(device: OrtDevice, threads: number) {
    this.device = device;
    this.threads = threads;
    const entry = workerEntry(import.meta.url, './ort-worker.node.js');
    this.#client = new WorkerClient<OrtMethods>(entry, { name: `onnxruntime (${device})` });
  }

  async open(profile: boolean): Promise<this> {
    if (profile) this.#profileFolder = await mkdtemp(join(tmpdir(), 'abovo-profile-'));
    try {
      const { device, threads } = this;
      const { block } = await this.#client.call('open', { device, threads, profileFolder: this.#profileFolder });
      this.#block = block;
    } catch (error) {
      await this.close();
      throw error;
    }
    return this;
  }

  async load(graph: Graph, { constants = {} }: LoadOptions = {}): Promise<ProgramId> {
    checkConstants(graph, constants);
    const lowered = lowerToModel(graph, { constants, device: this.device, block: this.#block });
    const parts = encodeInParts(this.device === 'cpu' ? withUnconvertible(lowered) : lowered);
    const inputs: Record<string, ValueType> = {};
    for (const { name, value } of graph.inputs) if (!constants[name]) inputs[name] = graph.values[value];
    const outputs: Record<string, ValueType & { onnxName: string }> = {};
    const names = portNames(graph);
    for (const { name, value } of graph.outputs) {
      outputs[name] = { ...graph.values[value], onnxName: names.get(name) as string };
    }
    if (this.device === 'webgpu') checkGpuTypes(graph.name, { ...inputs, ...outputs });
    // What was made for this model moves to the worker; the caller's tensors and the graph's constants are copied.
    const weights = parts.weights.map(({ location, tensor, own }) => ({ path: location, data: bytesOf(tensor, own) }));
    const source = { name: graph.name, model: parts.model, weights, inputs, outputs };
    const transfer = [parts.model, ...weights.map(({ data }) => data)].map(({ buffer }) => buffer as ArrayBuffer);
    return this.#client.call('load', source, { transfer });
  }

  unload(program: ProgramId): Promise<void> {
    return this.#client.call('unload', program);
  }

  allocate(buffers: Readonly<Record<string, TensorSpec>>): Promise<void> {
    return this.#client.call('allocate', buffers);
  }

  write(buffers: Readonly<Record<string, HostTensor>>): Promise<void> {
    const { tensors, transfer } = packed(buffers);
    return this.#client.call('write', tensors, { transfer });
  }

  read(names: readonly string[]): Promise<Record<string, HostTensor>> {
    return this.#client.call('read', names);
  }

  swap(pairs: ReadonlyArray<readonly [string, string]>): Promise<void> {
    return this.#client.call('swap', pairs);
  }

  copy(
    from: { buffer: string; offset: number },
    to: { buffer: string; offset: number },
    length: number,
  ): Promise<void> {
    return this.#client.call('copy', { from, to, length });
  }

  free(names: readonly string[]): Promise<void> {
    return this.#client.call('free', names);
  }

  run(call: RunCall): Promise<Record<string, HostTensor>> {
    const { tensors, transfer } = packed(call.feeds ?? {});
    const [bind, bindId] = this.#sent(call.bind);
    const [into, intoId] = this.#sent(call.into);
    // Taken along whole: what comes back may be a part of it.
    for (const { data } of Object.values(call.reuse ?? {})) transfer.push(data.buffer as ArrayBuffer);
    return this.#client.call('run', { ...call, feeds: tensors, bind, bindId, into, intoId }, { transfer });
  }

  /** What to send of a binding: of a frozen one its number, and its value the first time only. */
  #sent(binding: RunCall['bind']): [value?: RunCall['bind'], id?: number] {
    if (!binding || !Object.isFrozen(binding)) return [binding];
    const known = this.#bindings.get(binding);
    if (known !== undefined) return [undefined, known];
    const id = this.#nextBinding++;
    this.#bindings.set(binding, id);
    this.#forgotten.register(binding, id);
    return [binding, id];
  }

  profile(program: ProgramId): Promise<OperatorProfile> {
    return this.#client.call('profile', program);
  }

  async close(): Promise<void> {
    await this.#client.close();
    if (this.#profileFolder) await rm(this.#profileFolder, { recursive: true, force: true });
  }
}

/** Other types have no GPU buffers in ONNX Runtime; reading one ends the process. */
const gpuTypes: readonly DType[] = ['f32', 'f16', 'i32', 'bool'];

function checkGpuTypes(program: string, ports: Readonly<Record<string, ValueType>>): void {
  for (const [name, { dtype }] of Object.entries(ports)) {
    if (gpuTypes.includes(dtype)) continue;
    const message = `load ${program}: expected ${gpuTypes.join(', ')} on WebGPU, got ${dtype} for ${name}`;
    throw new InvalidInput('device.dtype', message, { program, name });
  }
}

function checkConstants(graph: Graph, constants: Readonly<Record<string, HostTensor>>): void {
  for (const [name, tensor] of Object.entries(constants)) {
    const port = graph.inputs.find((input) => input.name === name);
    const type = port && graph.values[port.value];
    if (!type || type.dtype !== tensor.dtype || type.shape.join() !== tensor.shape.join()) {
      const expected = type ? `${type.dtype}[${type.shape}]` : `an input of ${graph.name}`;
      const message = `load ${graph.name}: expected ${expected} as constant ${name}, got ${tensor.dtype}[${tensor.shape}]`;
      throw new InvalidInput('load.constant', message, { program: graph.name, name });
    }
  }
}

/**
 * Opens ONNX Runtime in a worker thread of its own, so that the calling thread stays free while programs run.
 *
 * Errors: `engine.missing` where its native library is not installed (the message has the command), `device.webgpu`
 * where no adapter is found. After a crash of the worker every call rejects: buffers are gone with it.
 */
export function createOrtExecutor(options: OrtOptions = {}): Promise<OrtExecutor> {
  const { device = 'cpu', threads = availableParallelism(), profile = false } = options;
  if (device !== 'cpu' && device !== 'webgpu') {
    throw new InvalidInput('device.name', `device: expected cpu or webgpu, got ${String(device)}`);
  }
  if (!Number.isInteger(threads) || threads < 1) {
    throw new InvalidInput('device.threads', `threads: expected a whole number from 1, got ${threads}`);
  }
  return new WorkerExecutor(device, threads).open(profile);
}
