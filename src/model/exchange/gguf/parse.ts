import { InvalidInput } from '../../../base/core/index.js';
import { hostTensor, numElements, toFloats, unpackBlocks } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { numberArrays, valueTypes } from './metadata.js';
import type { GgufMetadata, GgufNumbers, GgufValue, GgufValueType } from './metadata.js';
import { describeType, ggufTypes, storageOf, typeOfId } from './tensor-types.js';
import type { GgufTypeName } from './tensor-types.js';

/** Where a tensor lies, in bytes from the start of the file. The shape is row-major: the last axis is contiguous. */
export interface GgufTensorInfo {
  readonly type: GgufTypeName;
  readonly shape: readonly number[];
  readonly start: number;
  readonly bytes: number;
}

/** What stands before the tensors' data. */
export interface GgufHeader {
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensorInfo>;
}

// Larger numbers are hostile: they would take memory or time that no model needs.
const mostKeys = 65_536;
const mostTensors = 65_536;
const longestKey = 65_535;
const longestName = 64;
const deepestArray = 4;
const mostArrays = 65_536;
/** Largest header, in bytes: a vocabulary of a million tokens with its merges takes some 60 MB. */
export const mostHeaderBytes = 256 * 1024 * 1024;
const largestAlignment = 2 ** 20;
/** Ranks that the format has. */
const mostAxes = 4;

function refuse(message: string, fields: Record<string, unknown> = {}): never {
  throw new InvalidInput('gguf.file', `gguf: ${message}`, fields);
}

/** Thrown where more of the file is needed than was given; never leaves this file. */
class Short extends Error {}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads numbers and texts one after another; lengths are checked against the file before anything is allocated. */
class Cursor {
  at = 0;
  #arrays = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fileBytes: number;

  constructor(bytes: Uint8Array, fileBytes: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fileBytes = fileBytes;
  }

  /** Moves over `count` bytes that the file must have; where they start. */
  #take(count: number, what: string): number {
    const start = this.at;
    const end = start + count;
    if (end > this.#fileBytes)
      refuse(`expected ${what} inside the file of ${this.#fileBytes} bytes, it ends at ${end}`);
    if (end > mostHeaderBytes) refuse(`expected a header of at most ${mostHeaderBytes} bytes, got more`);
    if (end > this.#bytes.length) throw new Short();
    this.at = end;
    return start;
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#take(4, what), true);
  }

  /** An unsigned 64-bit number of at most `most`. */
  count(what: string, most: number): number {
    const value = this.#view.getBigUint64(this.#take(8, what), true);
    if (value > BigInt(most)) refuse(`expected ${what} of at most ${most}, got ${value}`);
    return Number(value);
  }

  text(what: string, longest: number): string {
    const length = this.count(`the length of ${what}`, longest);
    const start = this.#take(length, what);
    try {
      return utf8.decode(this.#bytes.subarray(start, start + length));
    } catch (cause) {
      throw new InvalidInput('gguf.file', `gguf: expected ${what} in UTF-8`, {}, cause);
    }
  }

  type(what: string): GgufValueType {
    const id = this.u32(what);
    return valueTypes[id] ?? refuse(`expected ${what} from 0 to ${valueTypes.length - 1}, got ${id}`);
  }

  value(type: GgufValueType, what: string, depth = 0): GgufValue {
    const view = this.#view;
    switch (type) {
      case 'u8':
        return { type, value: view.getUint8(this.#take(1, what)) };
      case 'i8':
        return { type, value: view.getInt8(this.#take(1, what)) };
      case 'u16':
        return { type, value: view.getUint16(this.#take(2, what), true) };
      case 'i16':
        return { type, value: view.getInt16(this.#take(2, what), true) };
      case 'u32':
        return { type, value: view.getUint32(this.#take(4, what), true) };
      case 'i32':
        return { type, value: view.getInt32(this.#take(4, what), true) };
      case 'f32':
        return { type, value: view.getFloat32(this.#take(4, what), true) };
      case 'f64':
        return { type, value: view.getFloat64(this.#take(8, what), true) };
      case 'u64':
        return { type, value: view.getBigUint64(this.#take(8, what), true) };
      case 'i64':
        return { type, value: view.getBigInt64(this.#take(8, what), true) };
      case 'bool': {
        const byte = view.getUint8(this.#take(1, what));
        if (byte > 1) refuse(`expected ${what} as 0 or 1, got ${byte}`);
        return { type, value: byte === 1 };
      }
      case 'string':
        return { type, value: this.text(what, mostHeaderBytes) };
      case 'array':
        return this.#array(what, depth);
      default:
        return type satisfies never;
    }
  }

  #array(what: string, depth: number): GgufValue {
    if (depth >= deepestArray) refuse(`expected arrays nested at most ${deepestArray} deep in ${what}`);
    if (++this.#arrays > mostArrays) refuse(`expected at most ${mostArrays} arrays, got more`);
    const of = this.type(`the element type of ${what}`);
    const length = this.count(`the length of ${what}`, mostHeaderBytes);
    if (of === 'string' || of === 'array') {
      // The shortest text takes its length, the shortest array its type and length.
      const start = this.at;
      this.#take(length * (of === 'string' ? 8 : 12), what);
      this.at = start;
      if (of === 'string') {
        const value: string[] = [];
        for (let i = 0; i < length; i++) value.push(this.text(`an element of ${what}`, mostHeaderBytes));
        return { type: 'array', of, value };
      }
      const value: GgufValue[] = [];
      for (let i = 0; i < length; i++) value.push(this.#array(what, depth + 1));
      return { type: 'array', of, value };
    }
    const Numbers = numberArrays[of];
    const start = this.#take(length * Numbers.BYTES_PER_ELEMENT, what);
    // Copied: elements need not be aligned in the file.
    const bytes = this.#bytes.slice(start, this.at);
    if (of === 'bool' && bytes.some((byte) => byte > 1)) refuse(`expected ${what} as 0 and 1`);
    return { type: 'array', of, value: new Numbers(bytes.buffer, 0, length) as GgufNumbers };
  }
}

function readVersion(cursor: Cursor): number {
  if (cursor.u32('the letters GGUF') !== 0x46554747) refuse('expected a file that starts with GGUF');
  const version = cursor.u32('the version');
  if (version === 2 || version === 3) return version;
  if (version % 65_536 === 0 && version > 0) {
    refuse('expected a little-endian file, got a big-endian one; convert it with `gguf-convert-endian FILE little`');
  }
  return refuse(`expected version 2 or 3, got ${version}${version === 1 ? '; convert the model again' : ''}`);
}

function readMetadata(cursor: Cursor, count: number): GgufMetadata {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = cursor.text('a key', longestKey);
    if (metadata.has(key)) refuse(`expected each key once, got ${JSON.stringify(key.slice(0, 100))} twice`);
    metadata.set(key, cursor.value(cursor.type(`the type of ${key.slice(0, 100)}`), key.slice(0, 100)));
  }
  return metadata;
}

function alignmentOf(metadata: GgufMetadata): number {
  const found = metadata.get('general.alignment');
  if (found === undefined) return 32;
  const value = found.type === 'u32' ? found.value : 0;
  if (value < 8 || value > largestAlignment || (value & (value - 1)) !== 0) {
    refuse(`expected general.alignment to be a power of two from 8 to ${largestAlignment}, got ${String(found.value)}`);
  }
  return value;
}

function readTensorInfo(cursor: Cursor, fileBytes: number): { name: string; info: GgufTensorInfo } {
  const name = cursor.text('the name of a tensor', longestName);
  const what = `tensor ${JSON.stringify(name)}`;
  const axes = cursor.u32(`the number of axes of ${what}`);
  if (axes < 1 || axes > mostAxes) refuse(`expected ${what} to have 1 to ${mostAxes} axes, got ${axes}`);
  const shape: number[] = [];
  for (let i = 0; i < axes; i++) {
    const size = cursor.count(`a size of ${what}`, 2 ** 40);
    if (size === 0) refuse(`expected sizes of ${what} above 0, got 0`);
    // The format names the contiguous axis first.
    shape.unshift(size);
  }
  const id = cursor.u32(`the type of ${what}`);
  const type = typeOfId(id);
  if (!type) {
    return refuse(`expected ${what} to be one of ${Object.keys(ggufTypes).join(', ')}, got ${describeType(id)}`, {
      name,
    });
  }
  const { elements, bytes } = storageOf(type);
  const width = shape[shape.length - 1];
  if (width % elements !== 0) refuse(`expected rows of ${what} in whole blocks of ${elements}, got ${width} elements`);
  const total = shape.reduce((product, size) => product * BigInt(size), BigInt(bytes)) / BigInt(elements);
  if (total > BigInt(fileBytes)) refuse(`expected ${what} inside the file of ${fileBytes} bytes, it takes ${total}`);
  const start = cursor.count(`the offset of ${what}`, fileBytes);
  return { name, info: { type, shape, start, bytes: Number(total) } };
}

/** Offsets from the start of the data become places in the file; tensors must be aligned, apart and inside. */
function place(tensors: Map<string, GgufTensorInfo>, dataStart: number, alignment: number, fileBytes: number): void {
  let end = 0;
  let before = '';
  for (const [name, info] of [...tensors].sort(([, a], [, b]) => a.start - b.start)) {
    const what = `tensor ${JSON.stringify(name)}`;
    if (info.start % alignment !== 0)
      refuse(`expected the offset of ${what} to be a multiple of ${alignment}, got ${info.start}`);
    if (info.start < end) refuse(`expected tensors apart, got ${what} over ${before}`);
    end = info.start + info.bytes;
    before = what;
    if (dataStart + end > fileBytes) {
      refuse(
        `expected ${what} inside the file of ${fileBytes} bytes, it ends at ${dataStart + end} (an incomplete download?)`,
      );
    }
    tensors.set(name, { ...info, start: dataStart + info.start });
  }
}

/**
 * Reads what stands before the data of a GGUF file (version 2 or 3, little-endian) of `fileBytes` bytes from its first
 * bytes; `undefined` where more of them are needed.
 *
 * @throws InvalidInput `gguf.file` for whatever the format does not allow or is not read: other versions, tensor types
 * and byte orders, lengths beyond the file, repeated names, tensors that overlap or leave the file.
 */
export function parseGgufHeader(bytes: Uint8Array, fileBytes: number): GgufHeader | undefined {
  const cursor = new Cursor(bytes, fileBytes);
  try {
    const version = readVersion(cursor);
    const tensorCount = cursor.count('the number of tensors', mostTensors);
    const keyCount = cursor.count('the number of keys', mostKeys);
    const metadata = readMetadata(cursor, keyCount);
    const alignment = alignmentOf(metadata);
    const tensors = new Map<string, GgufTensorInfo>();
    for (let i = 0; i < tensorCount; i++) {
      const { name, info } = readTensorInfo(cursor, fileBytes);
      if (tensors.has(name)) refuse(`expected each tensor once, got ${JSON.stringify(name)} twice`);
      tensors.set(name, info);
    }
    place(tensors, Math.ceil(cursor.at / alignment) * alignment, alignment, fileBytes);
    return { version, metadata, tensors };
  } catch (error) {
    if (error instanceof Short) return undefined;
    throw error;
  }
}

/** A tensor in f32 from its bytes. Throws `InvalidInput` for a length that is not its own. */
export function decodeGgufTensor({ type, shape, bytes: expected }: GgufTensorInfo, bytes: Uint8Array): HostTensor {
  if (bytes.length !== expected) refuse(`expected ${expected} bytes of tensor, got ${bytes.length}`);
  const { storage } = ggufTypes[type];
  if (storage === 'f32') return hostTensor('f32', shape, new Float32Array(bytes.slice().buffer));
  if (storage === 'f16' || storage === 'bf16') {
    return hostTensor('f32', shape, toFloats(storage, new Uint16Array(bytes.slice().buffer)));
  }
  return hostTensor('f32', shape, unpackBlocks(storage, bytes, numElements(shape)));
}
