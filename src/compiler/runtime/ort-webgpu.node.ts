import type * as Ort from 'onnxruntime-node';
import { Unavailable, messageOf } from '../../base/core/index.js';
import { encodeModel } from '../onnx/index.js';
import type { OnnxModel, OnnxNode, OnnxValue } from '../onnx/index.js';
import { hostTensor, numElements } from '../tensor/index.js';
import type { DType, HostTensor } from '../tensor/index.js';
import type { BufferRef, TensorSpec } from './executor.js';
import { checkSameDtype, checkSpan, find, specOf } from './ort-buffers.node.js';
import type { Buffers } from './ort-buffers.node.js';
import type { Span } from './ort-protocol.node.js';
import { fromOrt, toOrt } from './ort-tensor.node.js';
import type { OrtModule, OrtTensor } from './ort-tensor.node.js';

interface GpuBuffer {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly tensor: OrtTensor;
}

type Utility = 'upload' | 'download' | 'part' | 'patch';

/**
 * Buffers in the GPU's memory. A tensor there can only be made, read or cut by a program (reading its data directly
 * aborts the process), so small utility programs do it. Outputs get new memory; storing one replaces the buffer's.
 */
export class WebGpuBuffers implements Buffers {
  readonly #ort: OrtModule;
  readonly #buffers = new Map<string, GpuBuffer>();
  readonly #sessions = new Map<string, Ort.InferenceSession>();
  #temporary: OrtTensor[] = [];

  private constructor(ort: OrtModule) {
    this.#ort = ort;
  }

  /** Throws `device.webgpu` where no adapter is found. */
  static async open(ort: OrtModule): Promise<WebGpuBuffers> {
    const buffers = new WebGpuBuffers(ort);
    try {
      await buffers.write('', hostTensor('f32', [1]));
      buffers.free('');
    } catch (error) {
      const reason = messageOf(error).split('\n')[0];
      throw new Unavailable(
        'device.webgpu',
        `webgpu: expected a graphics adapter, got "${reason}". Use the device cpu, or install a Vulkan, Metal or Direct3D 12 driver`,
        {},
        error,
      );
    }
    return buffers;
  }

  async write(name: string, tensor: HostTensor): Promise<void> {
    const x = toOrt(this.#ort, tensor);
    const { y } = await this.#utility('upload', tensor.dtype, tensor.shape.length, { x });
    this.#replace(name, { dtype: tensor.dtype, shape: tensor.shape, tensor: y });
  }

  async read(name: string): Promise<HostTensor> {
    return this.#download(find(this.#buffers, name).tensor);
  }

  swap(a: string, b: string): void {
    const first = find(this.#buffers, a);
    this.#buffers.set(a, find(this.#buffers, b));
    this.#buffers.set(b, first);
  }

  async copy(from: Span, to: Span, length: number): Promise<void> {
    const source = find(this.#buffers, from.buffer);
    const target = find(this.#buffers, to.buffer);
    checkSameDtype(from, source.dtype, to, target.dtype);
    checkSpan(from.buffer, from.offset, length, numElements(source.shape));
    checkSpan(to.buffer, to.offset, length, numElements(target.shape));
    const part = await this.#part(source, from.offset, [length]);
    await this.#patch(to.buffer, target, to.offset, part);
    part.dispose();
  }

  free(name: string): void {
    find(this.#buffers, name).tensor.dispose();
    this.#buffers.delete(name);
  }

  spec(ref: BufferRef): TensorSpec {
    return specOf(ref, find(this.#buffers, typeof ref === 'string' ? ref : ref.buffer));
  }

  async input(ref: BufferRef): Promise<OrtTensor> {
    if (typeof ref === 'string') return find(this.#buffers, ref).tensor;
    const part = await this.#part(find(this.#buffers, ref.buffer), ref.offset, ref.shape);
    this.#temporary.push(part);
    return part;
  }

  target(ref: BufferRef): null {
    this.spec(ref);
    return null;
  }

  async store(ref: BufferRef, output: OrtTensor): Promise<void> {
    if (typeof ref === 'string') {
      const { dtype, shape } = find(this.#buffers, ref);
      this.#replace(ref, { dtype, shape, tensor: output });
      return;
    }
    await this.#patch(ref.buffer, find(this.#buffers, ref.buffer), ref.offset, output);
    this.#temporary.push(output);
  }

  async take(output: OrtTensor): Promise<HostTensor> {
    this.#temporary.push(output);
    return this.#download(output);
  }

  afterRun(): void {
    const kept = new Set([...this.#buffers.values()].map(({ tensor }) => tensor));
    for (const tensor of new Set(this.#temporary)) if (!kept.has(tensor)) tensor.dispose();
    this.#temporary = [];
  }

  async #download(tensor: OrtTensor): Promise<HostTensor> {
    if (tensor.location === 'cpu') {
      const { dtype, shape, data } = fromOrt(tensor);
      return { dtype, shape, data: data.slice() };
    }
    const { y } = await this.#utility('download', dtypeOf(tensor), tensor.dims.length, { x: tensor });
    const { dtype, shape, data } = fromOrt(y);
    return { dtype, shape, data: data.slice() };
  }

  async #part({ dtype, shape, tensor }: GpuBuffer, offset: number, part: readonly number[]): Promise<OrtTensor> {
    const inputs = {
      x: tensor,
      start: this.#ints([offset]),
      end: this.#ints([offset + numElements(part)]),
      shape: this.#ints(part),
    };
    const { y } = await this.#utility('part', dtype, shape.length, inputs, part.length);
    return y;
  }

  async #patch(name: string, buffer: GpuBuffer, offset: number, update: OrtTensor): Promise<void> {
    const { dtype, shape, tensor } = buffer;
    const inputs = {
      x: tensor,
      update,
      start: this.#ints([offset]),
      end: this.#ints([offset + numElements(update.dims)]),
      shape: this.#ints(shape),
    };
    const { y } = await this.#utility('patch', dtype, shape.length, inputs, update.dims.length);
    this.#replace(name, { dtype, shape, tensor: y });
  }

  #replace(name: string, buffer: GpuBuffer): void {
    const old = this.#buffers.get(name)?.tensor;
    this.#buffers.set(name, buffer);
    if (old && old !== buffer.tensor) old.dispose();
  }

  #ints(values: readonly number[]): OrtTensor {
    return toOrt(this.#ort, hostTensor('i64', [values.length], [...values]));
  }

  async #utility(
    kind: Utility,
    dtype: DType,
    rank: number,
    inputs: Record<string, OrtTensor>,
    /** Rank of the part that comes out, or of the update that goes in. */
    otherRank = 0,
  ): Promise<Record<string, OrtTensor>> {
    const key = `${kind}:${dtype}:${rank}:${otherRank}`;
    let session = this.#sessions.get(key);
    if (!session) {
      session = await this.#ort.InferenceSession.create(encodeModel(utilityModel(kind, dtype, rank, otherRank)), {
        executionProviders: ['webgpu', 'cpu'],
        preferredOutputLocation: kind === 'download' ? 'cpu' : 'gpu-buffer',
        logSeverityLevel: 4,
      });
      this.#sessions.set(key, session);
    }
    return (await session.run(inputs)) as Record<string, OrtTensor>;
  }
}

function dtypeOf(tensor: OrtTensor): DType {
  return ({ float32: 'f32', int32: 'i32', bool: 'bool', float16: 'f16', int64: 'i64' } as Record<string, DType>)[
    tensor.type
  ];
}

function utilityModel(kind: Utility, dtype: DType, rank: number, otherRank: number): OnnxModel {
  const dims = (prefix: string, length: number) => Array.from({ length }, (_, i) => `${prefix}${i}`);
  const value = (name: string, shape: readonly string[], type = dtype): OnnxValue => ({ name, dtype: type, shape });
  const node = (op: string, inputs: readonly string[], output: string, axis?: number): OnnxNode => ({
    op,
    domain: '',
    name: output,
    inputs,
    outputs: [output],
    attributes: axis === undefined ? {} : { axis: { kind: 'int', value: axis } },
  });
  const x = value('x', dims('x', rank));
  if (kind === 'upload' || kind === 'download') {
    const y = { ...x, name: 'y' };
    return { name: kind, nodes: [node('Identity', ['x'], 'y')], initializers: [], inputs: [x], outputs: [y] };
  }
  const bound = (name: string): OnnxValue => ({ name, dtype: 'i64', shape: [1] });
  const initializers: OnnxModel['initializers'] = [
    ['all', hostTensor('i64', [1], [-1])],
    ['zero', hostTensor('i64', [1], [0])],
    ['far', hostTensor('i64', [1], [2 ** 40])],
  ];
  const flat = node('Reshape', ['x', 'all'], 'flat');
  if (kind === 'part') {
    return {
      name: kind,
      initializers,
      nodes: [flat, node('Slice', ['flat', 'start', 'end'], 'cut'), node('Reshape', ['cut', 'shape'], 'y')],
      inputs: [x, bound('start'), bound('end'), value('shape', ['r'], 'i64')],
      outputs: [value('y', dims('y', otherRank))],
    };
  }
  return {
    name: kind,
    initializers,
    nodes: [
      flat,
      node('Reshape', ['update', 'all'], 'fresh'),
      node('Slice', ['flat', 'zero', 'start'], 'head'),
      node('Slice', ['flat', 'end', 'far'], 'tail'),
      node('Concat', ['head', 'fresh', 'tail'], 'joined', 0),
      node('Reshape', ['joined', 'shape'], 'y'),
    ],
    inputs: [x, value('update', dims('u', otherRank)), bound('start'), bound('end'), value('shape', ['r'], 'i64')],
    outputs: [value('y', dims('y', rank))],
  };
}
