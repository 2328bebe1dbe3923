import { InvalidInput } from '../../../base/core/index.js';

/** Types of a metadata value; the place in the list is the number in a file. */
export const valueTypes = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'f32',
  'bool',
  'string',
  'array',
  'u64',
  'i64',
  'f64',
] as const;
export type GgufValueType = (typeof valueTypes)[number];

export type GgufNumberType = Exclude<GgufValueType, 'bool' | 'string' | 'array'>;

export type GgufNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | BigUint64Array
  | BigInt64Array
  | Float64Array;

/** A metadata value with its type. 64-bit integers are `bigint`; arrays of truth values are bytes 0 and 1. */
export type GgufValue =
  | { readonly type: Exclude<GgufNumberType, 'u64' | 'i64'>; readonly value: number }
  | { readonly type: 'u64' | 'i64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly of: GgufNumberType | 'bool'; readonly value: GgufNumbers }
  | { readonly type: 'array'; readonly of: 'string'; readonly value: readonly string[] }
  | { readonly type: 'array'; readonly of: 'array'; readonly value: readonly GgufValue[] };

/** Storage of an array of numbers (or truth values). */
export const numberArrays = {
  u8: Uint8Array,
  i8: Int8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f32: Float32Array,
  u64: BigUint64Array,
  i64: BigInt64Array,
  f64: Float64Array,
  bool: Uint8Array,
} as const satisfies Record<GgufNumberType | 'bool', unknown>;

/** Values of a file by their keys. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Reads metadata with checks; every complaint names the key. */
export class MetadataReader {
  readonly #metadata: GgufMetadata;
  readonly #used = new Set<string>();

  constructor(metadata: GgufMetadata) {
    this.#metadata = metadata;
  }

  #refuse(key: string, expected: string): never {
    const found = this.#metadata.get(key);
    const got =
      found === undefined ? 'nothing' : found.type === 'array' ? `an array of ${found.of}` : String(found.value);
    throw new InvalidInput('gguf.metadata', `gguf: expected ${key} to be ${expected}, got ${got.slice(0, 100)}`, {
      key,
    });
  }

  #get(key: string): GgufValue | undefined {
    this.#used.add(key);
    return this.#metadata.get(key);
  }

  has(key: string): boolean {
    return this.#metadata.has(key);
  }

  /** Keys under `prefix` that nobody has asked for. */
  unread(prefix: string): string[] {
    return [...this.#metadata.keys()].filter((key) => key.startsWith(prefix) && !this.#used.has(key));
  }

  optionalNumber(key: string): number | undefined {
    const found = this.#get(key);
    if (found === undefined) return undefined;
    if (typeof found.value === 'number') return found.type === 'f32' ? shortest(found.value) : found.value;
    const value = typeof found.value === 'bigint' ? Number(found.value) : Number.NaN;
    return Number.isSafeInteger(value) ? value : this.#refuse(key, 'a number');
  }

  number(key: string, fallback?: number): number {
    return this.optionalNumber(key) ?? fallback ?? this.#refuse(key, 'a number');
  }

  optionalString(key: string): string | undefined {
    const found = this.#get(key);
    if (found === undefined || found.type === 'string') return found?.value;
    return this.#refuse(key, 'text');
  }

  string(key: string): string {
    return this.optionalString(key) ?? this.#refuse(key, 'text');
  }

  boolean(key: string, fallback: boolean): boolean {
    const found = this.#get(key);
    if (found === undefined) return fallback;
    return found.type === 'bool' ? found.value : this.#refuse(key, 'true or false');
  }

  optionalStrings(key: string): readonly string[] | undefined {
    const found = this.#get(key);
    if (found === undefined) return undefined;
    // An empty array may carry any type.
    if (found.type === 'array' && found.value.length === 0) return [];
    return found.type === 'array' && found.of === 'string' ? found.value : this.#refuse(key, 'an array of texts');
  }

  strings(key: string): readonly string[] {
    return this.optionalStrings(key) ?? this.#refuse(key, 'an array of texts');
  }

  /** Numbers of an array of `length`, one for each token for example. */
  /** An array of bytes, signed or not. */
  optionalBytes(key: string): Uint8Array | undefined {
    const found = this.#get(key);
    if (found === undefined) return undefined;
    if (found.type !== 'array' || (found.of !== 'u8' && found.of !== 'i8'))
      return this.#refuse(key, 'an array of bytes');
    return Uint8Array.from(found.value as Uint8Array);
  }

  optionalNumbers(key: string, length: number): Float64Array | undefined {
    const found = this.#get(key);
    if (found === undefined) return undefined;
    if (found.type !== 'array' || found.of === 'string' || found.of === 'array' || found.of === 'bool') {
      return this.#refuse(key, `an array of ${length} numbers`);
    }
    if (found.value.length !== length) this.#refuse(key, `an array of ${length} numbers (${found.value.length} found)`);
    return Float64Array.from(found.value as Float64Array, Number);
  }
}

/** The number with the fewest digits that is this f32: 1e-5, not 9.999999747378752e-6. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}
