import { InvalidInput } from '../../../base/core/index.js';
import { fromFloats, numElements, packBlocks } from '../../../compiler/tensor/index.js';
import { numberArrays, valueTypes } from './metadata.js';
import type { GgufMetadata, GgufValue } from './metadata.js';
import { ggufTypes, storageOf } from './tensor-types.js';
import type { GgufTypeName } from './tensor-types.js';

/** A tensor to write: its values are asked for when its turn comes, so that not all are in memory at once. */
export interface GgufTensorSource {
  readonly name: string;
  readonly type: GgufTypeName;
  /** Row-major: the last axis is contiguous. */
  readonly shape: readonly number[];
  readonly values: () => Float32Array;
}

const alignment = 32;
const utf8 = new TextEncoder();

const align = (offset: number) => Math.ceil(offset / alignment) * alignment;

/** Bytes that grow. */
class Sink {
  #bytes = new Uint8Array(65_536);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  #room(count: number): number {
    const start = this.#at;
    this.#at += count;
    if (this.#at > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return start;
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
  }

  u64(value: number): void {
    const at = this.#room(8);
    this.#view.setBigUint64(at, BigInt(value), true);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  text(value: string): void {
    const bytes = utf8.encode(value);
    this.u64(bytes.length);
    this.raw(bytes);
  }

  /** A value without its type. */
  value(value: GgufValue): void {
    if (value.type === 'string') return this.text(value.value);
    if (value.type === 'array') return this.#array(value);
    const single =
      value.type === 'bool' ? Uint8Array.of(value.value ? 1 : 0) : new numberArrays[value.type]([value.value] as never);
    return this.raw(new Uint8Array(single.buffer));
  }

  #array(value: GgufValue & { type: 'array' }): void {
    this.u32(valueTypes.indexOf(value.of));
    this.u64(value.value.length);
    if (value.of === 'string') for (const text of value.value) this.text(text);
    else if (value.of === 'array') for (const inner of value.value) this.value(inner);
    else this.raw(new Uint8Array(value.value.buffer, value.value.byteOffset, value.value.byteLength));
  }

  pad(): void {
    this.#room(align(this.#at) - this.#at);
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }
}

/** Bytes of values in a type that is written. */
export function encodeGgufValues(type: GgufTypeName, values: Float32Array): Uint8Array {
  const { storage, written } = ggufTypes[type];
  if (!written) {
    const names = Object.entries(ggufTypes).flatMap(([name, row]) => (row.written ? [name] : []));
    throw new InvalidInput('gguf.write', `gguf: expected a type of ${names.join(', ')}, got ${type}`, { type });
  }
  if (storage === 'f32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (storage === 'f16' || storage === 'bf16') return new Uint8Array(fromFloats(storage, values).buffer);
  return packBlocks(storage, values);
}

/**
 * A GGUF file (version 3, little-endian, aligned to 32 bytes) piece by piece. `metadata` is written in its order;
 * tensors lie in theirs.
 *
 * @throws InvalidInput for names that the format has no room for, rows that fill no blocks, values that are not finite
 * in a block type.
 */
export function* encodeGguf(metadata: GgufMetadata, tensors: readonly GgufTensorSource[]): Generator<Uint8Array> {
  const sink = new Sink();
  sink.raw(utf8.encode('GGUF'));
  sink.u32(3);
  sink.u64(tensors.length);
  sink.u64(metadata.size);
  for (const [key, value] of metadata) {
    sink.text(key);
    sink.u32(valueTypes.indexOf(value.type));
    sink.value(value);
  }
  let offset = 0;
  for (const { name, type, shape } of tensors) {
    const { elements, bytes } = storageOf(type);
    if (utf8.encode(name).length >= 64) {
      throw new InvalidInput('gguf.write', `gguf: expected names of less than 64 bytes, got ${name}`, { name });
    }
    if ((shape.at(-1) as number) % elements !== 0) {
      throw new InvalidInput('gguf.write', `gguf: expected rows of ${name} in whole blocks of ${elements}`, { name });
    }
    sink.text(name);
    sink.u32(shape.length);
    for (const size of shape.toReversed()) sink.u64(size);
    sink.u32(ggufTypes[type].id);
    sink.u64(offset);
    offset = align(offset + (numElements(shape) / elements) * bytes);
  }
  sink.pad();
  yield sink.bytes;
  for (const { name, type, shape, values } of tensors) {
    const data = values();
    if (data.length !== numElements(shape)) {
      throw new InvalidInput(
        'gguf.write',
        `gguf: expected ${numElements(shape)} values of ${name}, got ${data.length}`,
      );
    }
    const bytes = encodeGgufValues(type, data);
    yield bytes;
    const padding = align(bytes.length) - bytes.length;
    if (padding > 0) yield new Uint8Array(padding);
  }
}
