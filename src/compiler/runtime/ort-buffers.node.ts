import { InvalidInput } from '../../base/core/index.js';
import { formatShape } from '../ir/index.js';
import { allocate, numElements } from '../tensor/index.js';
import type { DType, HostTensor } from '../tensor/index.js';
import type { BufferRef, TensorSpec } from './executor.js';
import type { Span } from './ort-protocol.node.js';
import { fromOrt, toOrt } from './ort-tensor.node.js';
import type { OrtModule, OrtTensor } from './ort-tensor.node.js';

/** Named buffers on one device. Views share the memory of their buffer. */
export interface Buffers {
  write(name: string, tensor: HostTensor): Promise<void>;
  read(name: string): Promise<HostTensor>;
  swap(a: string, b: string): void;
  copy(from: Span, to: Span, length: number): Promise<void>;
  free(name: string): void;
  /** Type and shape behind a reference; throws where it does not fit its buffer. */
  spec(ref: BufferRef): TensorSpec;
  /** The tensor to feed for a reference. */
  input(ref: BufferRef): Promise<OrtTensor>;
  /** The tensor that an output is to be written into, or null where the device gives outputs new memory. */
  target(ref: BufferRef): OrtTensor | null;
  /** Puts an output that was given new memory where the reference says. */
  store(ref: BufferRef, output: OrtTensor): Promise<void>;
  /** Host copy of an output that has no buffer. */
  take(output: OrtTensor): Promise<HostTensor>;
  /** Tensors made for one run only are released here. */
  afterRun(): void;
}

export function zeros({ dtype, shape }: TensorSpec): HostTensor {
  return { dtype, shape, data: allocate(dtype, numElements(shape)) };
}

/** Looks a buffer up by name. */
export function find<T>(buffers: ReadonlyMap<string, T>, name: string): T {
  const buffer = buffers.get(name);
  if (buffer === undefined) {
    throw new InvalidInput('run.buffer', `buffer ${name}: expected to exist, got none of that name`, { name });
  }
  return buffer;
}

/** Type and shape of a reference into a buffer, checked against its size. */
export function specOf(
  ref: BufferRef,
  buffer: { readonly dtype: DType; readonly shape: readonly number[] },
): TensorSpec {
  if (typeof ref === 'string') return { dtype: buffer.dtype, shape: buffer.shape };
  checkSpan(ref.buffer, ref.offset, numElements(ref.shape), numElements(buffer.shape));
  return { dtype: buffer.dtype, shape: ref.shape };
}

export function checkSpan(name: string, offset: number, length: number, size: number): void {
  if (!Number.isInteger(offset) || offset < 0 || !Number.isInteger(length) || length < 0 || offset + length > size) {
    throw new InvalidInput(
      'run.view',
      `buffer ${name}: expected a part of its ${size} elements, got ${length} elements at ${offset}`,
      { name, offset, length, size },
    );
  }
}

export function checkSameDtype(from: Span, a: DType, to: Span, b: DType): void {
  if (a !== b) {
    throw new InvalidInput(
      'run.dtype',
      `copy: expected equal types, got ${a} in ${from.buffer} and ${b} in ${to.buffer}`,
    );
  }
}

interface CpuBuffer {
  readonly tensor: HostTensor;
  readonly ort: OrtTensor;
  readonly views: Map<string, OrtTensor>;
}

/** Buffers in the worker's memory: programs read and write them where they are. */
export class CpuBuffers implements Buffers {
  readonly #ort: OrtModule;
  readonly #buffers = new Map<string, CpuBuffer>();

  constructor(ort: OrtModule) {
    this.#ort = ort;
  }

  async write(name: string, tensor: HostTensor): Promise<void> {
    const old = this.#buffers.get(name)?.tensor;
    if (old && old.dtype === tensor.dtype && formatShape(old.shape) === formatShape(tensor.shape)) {
      (old.data as Uint8Array).set(tensor.data as Uint8Array);
      return;
    }
    this.#buffers.set(name, { tensor, ort: toOrt(this.#ort, tensor), views: new Map() });
  }

  async read(name: string): Promise<HostTensor> {
    const { dtype, shape, data } = find(this.#buffers, name).tensor;
    return { dtype, shape, data: data.slice() };
  }

  swap(a: string, b: string): void {
    const first = find(this.#buffers, a);
    this.#buffers.set(a, find(this.#buffers, b));
    this.#buffers.set(b, first);
  }

  async copy(from: Span, to: Span, length: number): Promise<void> {
    const source = find(this.#buffers, from.buffer).tensor;
    const target = find(this.#buffers, to.buffer).tensor;
    checkSameDtype(from, source.dtype, to, target.dtype);
    checkSpan(from.buffer, from.offset, length, source.data.length);
    checkSpan(to.buffer, to.offset, length, target.data.length);
    // `set` on a part of the same array moves as memmove does, so overlapping spans are safe.
    const part = source.data.subarray(from.offset, from.offset + length);
    (target.data as Uint8Array).set(part as Uint8Array, to.offset);
  }

  free(name: string): void {
    find(this.#buffers, name);
    this.#buffers.delete(name);
  }

  spec(ref: BufferRef): TensorSpec {
    return specOf(ref, find(this.#buffers, typeof ref === 'string' ? ref : ref.buffer).tensor);
  }

  async input(ref: BufferRef): Promise<OrtTensor> {
    return this.target(ref);
  }

  target(ref: BufferRef): OrtTensor {
    if (typeof ref === 'string') return find(this.#buffers, ref).ort;
    const { tensor, views } = find(this.#buffers, ref.buffer);
    const key = `${ref.offset}:${ref.shape}`;
    let view = views.get(key);
    if (!view) {
      const { dtype, shape } = specOf(ref, tensor);
      const data = tensor.data.subarray(ref.offset, ref.offset + numElements(shape));
      view = toOrt(this.#ort, { dtype, shape, data });
      // A cache of slots has few views; a caller that makes ever new ones must not keep them all alive.
      if (views.size >= 4096) views.clear();
      views.set(key, view);
    }
    return view;
  }

  async store(): Promise<void> {}

  async take(output: OrtTensor): Promise<HostTensor> {
    const { dtype, shape, data } = fromOrt(output);
    return { dtype, shape, data: data.slice() };
  }

  afterRun(): void {}
}
