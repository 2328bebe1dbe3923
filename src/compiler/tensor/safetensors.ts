import { InvalidInput } from '../../base/core/index.js';
import { allocate, numElements, sizeOf } from './dtype.js';
import type { DType, HostTensor } from './dtype.js';
import { duplicateKey } from './strict-json.js';

/** Largest header accepted, as in the reference implementation. */
export const maxHeaderBytes = 100_000_000;

const maxTensors = 1_000_000;
const maxRank = 32;

// In the order in which the reference implementation lays tensors out: widest alignment first.
const names = {
  I64: 'i64',
  F64: 'f64',
  F32: 'f32',
  I32: 'i32',
  BF16: 'bf16',
  F16: 'f16',
  I8: 'i8',
  U8: 'u8',
  BOOL: 'bool',
} as const satisfies Record<string, DType>;

const order = Object.values(names) as readonly DType[];
const nameOf = Object.fromEntries(Object.entries(names).map(([name, dtype]) => [dtype, name])) as Record<DType, string>;

/** Where a tensor lies, in bytes from the end of the header. */
export interface TensorEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface SafetensorsFile {
  readonly tensors: Record<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

function bad(expected: string, got: string): InvalidInput {
  return new InvalidInput('safetensors', `safetensors: expected ${expected}, got ${got}`, { expected, got });
}

/** Length of the header from the first 8 bytes of a file of `fileBytes` bytes. */
export function headerLength(first: Uint8Array, fileBytes: number): number {
  if (first.length < 8 || fileBytes < 8) throw bad('at least 8 bytes', `${Math.min(first.length, fileBytes)}`);
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) throw bad(`a header of at most ${maxHeaderBytes} bytes`, `${length}`);
  if (Number(length) > fileBytes - 8)
    throw bad(`a header inside the file of ${fileBytes} bytes`, `${length} bytes of header`);
  return Number(length);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseEntry(name: string, value: unknown): TensorEntry {
  const where = `tensor '${name.slice(0, 100)}'`;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(`${where} to be an object`, typeof value);
  const { dtype, shape, data_offsets: offsets, ...rest } = value as Record<string, unknown>;
  const extra = Object.keys(rest)[0];
  if (extra !== undefined) throw bad(`${where} with dtype, shape and data_offsets`, `also '${extra.slice(0, 100)}'`);
  if (typeof dtype !== 'string' || !Object.hasOwn(names, dtype)) {
    throw bad(`${where} of one of ${Object.keys(names).join(' ')}`, JSON.stringify(dtype)?.slice(0, 100) ?? 'nothing');
  }
  if (!Array.isArray(shape) || shape.length > maxRank || !shape.every(isWhole)) {
    throw bad(`${where} with a shape of whole numbers`, JSON.stringify(shape)?.slice(0, 100) ?? 'nothing');
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isWhole) || offsets[0] > offsets[1]) {
    throw bad(`${where} with data_offsets [start, end]`, JSON.stringify(offsets)?.slice(0, 100) ?? 'nothing');
  }
  const type = names[dtype as keyof typeof names];
  // Exact: a product past 2^53 is checked before it could round.
  const bytes = (shape as number[]).reduce((product, size) => product * BigInt(size), BigInt(sizeOf(type)));
  if (bytes !== BigInt(offsets[1] - offsets[0])) {
    throw bad(`${where} ${dtype}[${shape}] of ${bytes} bytes`, `offsets ${offsets[0]} to ${offsets[1]}`);
  }
  return { dtype: type, shape: shape as number[], start: offsets[0], end: offsets[1] };
}

function parseMetadata(value: unknown): Record<string, string> {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap || !Object.values(value).every((text) => typeof text === 'string')) {
    throw bad('__metadata__ from text to text', JSON.stringify(value).slice(0, 100));
  }
  return { ...(value as Record<string, string>) };
}

/**
 * Reads the header (JSON without its 8 length bytes) of a file whose tensors take `dataBytes` bytes. Refuses whatever
 * the format does not allow: unknown types, repeated names, offsets that overlap, leave gaps or leave the file.
 */
export function parseSafetensorsHeader(header: Uint8Array, dataBytes: number): SafetensorsHeader {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidInput(
      'safetensors',
      'safetensors: expected a header of JSON in UTF-8, got something else',
      {},
      error,
    );
  }
  if (!text.startsWith('{') || typeof json !== 'object' || json === null)
    throw bad('a header that starts with {', text.slice(0, 20));
  const twice = duplicateKey(text);
  if (twice !== undefined) throw bad('each name once', `'${twice.slice(0, 100)}' twice`);
  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') metadata = parseMetadata(value);
    else tensors.set(name, parseEntry(name, value));
  }
  if (tensors.size > maxTensors) throw bad(`at most ${maxTensors} tensors`, `${tensors.size}`);
  let end = 0;
  for (const [name, entry] of [...tensors].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    if (entry.start !== end) {
      throw bad(
        `tensor '${name.slice(0, 100)}' to start at byte ${end}, without gap or overlap`,
        `byte ${entry.start}`,
      );
    }
    end = entry.end;
  }
  if (end !== dataBytes) throw bad(`${end} bytes of tensors`, `${dataBytes}`);
  return { tensors, metadata };
}

/** A tensor over the bytes of its entry (copied, because typed arrays need alignment). */
export function decodeTensor(name: string, { dtype, shape }: TensorEntry, bytes: Uint8Array): HostTensor {
  const data = allocate(dtype, numElements(shape));
  new Uint8Array(data.buffer).set(bytes);
  if (dtype === 'bool' && bytes.some((byte) => byte > 1))
    throw bad(`tensor '${name}' of bool as 0 and 1`, 'other bytes');
  return { dtype, shape, data };
}

/** Reads a whole safetensors file from memory. */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const length = headerLength(bytes.subarray(0, 8), bytes.length);
  const body = bytes.subarray(8 + length);
  const { tensors, metadata } = parseSafetensorsHeader(bytes.subarray(8, 8 + length), body.length);
  const read = [...tensors].map(
    ([name, entry]) => [name, decodeTensor(name, entry, body.subarray(entry.start, entry.end))] as const,
  );
  return { tensors: Object.fromEntries(read), metadata };
}

const bytesOf = ({ data }: HostTensor) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/**
 * The file in pieces: header first, then the tensors, widest element type first and by name, as the reference
 * implementation writes them. Nothing is copied.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const encoder = new TextEncoder();
  const sorted = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, tensor, key: encoder.encode(name) }))
    .sort((a, b) => order.indexOf(a.tensor.dtype) - order.indexOf(b.tensor.dtype) || compareBytes(a.key, b.key));
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let offset = 0;
  for (const { name, tensor } of sorted) {
    if (name === '__metadata__') throw bad('tensor names other than __metadata__', name);
    if (numElements(tensor.shape) !== tensor.data.length) {
      throw bad(`${numElements(tensor.shape)} elements in tensor '${name}'`, `${tensor.data.length}`);
    }
    const end = offset + tensor.data.byteLength;
    header.push([name, { dtype: nameOf[tensor.dtype], shape: tensor.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  // Written entry by entry: an object would sort names that look like numbers to the front.
  const text = encoder.encode(
    `{${header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
  );
  const padded = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  if (padded.length - 8 > maxHeaderBytes)
    throw bad(`a header of at most ${maxHeaderBytes} bytes`, `${padded.length - 8}`);
  new DataView(padded.buffer).setBigUint64(0, BigInt(padded.length - 8), true);
  padded.set(text, 8);
  return [padded, ...sorted.map(({ tensor }) => bytesOf(tensor))];
}

/** UTF-8 order, which differs from the order of JavaScript strings beyond the basic plane. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
