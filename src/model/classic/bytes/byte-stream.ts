import { InvalidInput } from '../../../base/core/index.js';

export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Reads foreign bytes from start to end; what is missing is an `InvalidInput` that says where. */
export class ByteStream {
  /** Bytes read so far. */
  position = 0;
  /** Name of what is read, at the head of every message. */
  readonly name: string;
  readonly code: string;
  /** Bytes in all, where they are known. */
  readonly size: number | undefined;
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #chunk = new Uint8Array(0);
  #at = 0;

  constructor(chunks: Chunks, { name, code, size }: { name: string; code: string; size?: number }) {
    this.#chunks = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
    this.name = name;
    this.code = code;
    this.size = size;
  }

  /** Throws an `InvalidInput` with the name and the place. */
  refuse(message: string, fields: Readonly<Record<string, unknown>> = {}): never {
    throw new InvalidInput(this.code, `${this.name} at byte ${this.position}: ${message}`, {
      ...fields,
      position: this.position,
    });
  }

  /** The next n bytes without reading them, fewer at the end. */
  async peek(n: number): Promise<Uint8Array> {
    while (this.#chunk.length - this.#at < n && (await this.#more()));
    return this.#chunk.subarray(this.#at, this.#at + n);
  }

  async atEnd(): Promise<boolean> {
    return (await this.peek(1)).length === 0;
  }

  /** The next n bytes, good until the next call. */
  async take(n: number, what: string): Promise<Uint8Array> {
    const bytes = await this.peek(n);
    if (bytes.length < n) this.refuse(`expected ${n} bytes (${what}), got ${bytes.length} and then the end`);
    this.#advance(n);
    return bytes;
  }

  /** Bytes before the next `end`, which is read too; at most `most`. Undefined where the end comes first. */
  async until(end: number, most: number, what: string): Promise<Uint8Array | undefined> {
    let searched = 0;
    for (;;) {
      const found = this.#chunk.indexOf(end, this.#at + searched);
      const length = (found < 0 ? this.#chunk.length : found) - this.#at;
      if (length > most) this.refuse(`expected ${what} of at most ${most} bytes`, { most });
      if (found >= 0) {
        const bytes = this.#chunk.subarray(this.#at, found);
        this.#advance(length + 1);
        return bytes;
      }
      searched = length;
      if (!(await this.#more())) return undefined;
    }
  }

  /** What is left, at most `most` bytes. */
  async rest(most: number, what: string): Promise<Uint8Array> {
    const bytes = await this.peek(most + 1);
    if (bytes.length > most) this.refuse(`expected ${what} of at most ${most} bytes`, { most });
    this.#advance(bytes.length);
    return bytes;
  }

  /** Fills an array with the next bytes, of any number. */
  async readInto(into: Uint8Array, what: string): Promise<void> {
    let filled = 0;
    while (filled < into.length) {
      if (this.#at === this.#chunk.length && !(await this.#more())) {
        this.refuse(`expected ${into.length} bytes (${what}), got ${filled} and then the end`);
      }
      const part = this.#chunk.subarray(this.#at, this.#at + into.length - filled);
      into.set(part, filled);
      filled += part.length;
      this.#advance(part.length);
    }
  }

  /** Refuses a matrix or list that cannot be in what is left, before memory is taken for it. */
  expect(bytes: number, what: string): void {
    if (this.size !== undefined && bytes > this.size - this.position) {
      this.refuse(`expected ${bytes} bytes for ${what}, got ${this.size - this.position} up to the end`);
    }
  }

  #advance(n: number): void {
    this.#at += n;
    this.position += n;
  }

  /** Appends a chunk to what has not been read; false at the end. */
  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done) return false;
    const left = this.#chunk.subarray(this.#at);
    if (left.length === 0) this.#chunk = next.value as Uint8Array<ArrayBuffer>;
    else {
      this.#chunk = new Uint8Array(left.length + next.value.length);
      this.#chunk.set(left);
      this.#chunk.set(next.value, left.length);
    }
    this.#at = 0;
    return true;
  }
}

/** Numbers at the head of a file, one after the other, little-endian. */
export class Fields {
  readonly #stream: ByteStream;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** A whole number of 1, 4 or 8 bytes in a range; one of 8 bytes beyond 2^53 is out of every range. */
  async whole(bytes: 1 | 4 | 8, least: number, most: number, what: string): Promise<number> {
    const raw = await this.#stream.take(bytes, what);
    const view = new DataView(raw.buffer, raw.byteOffset, bytes);
    const value =
      bytes === 1 ? view.getUint8(0) : bytes === 4 ? view.getInt32(0, true) : Number(view.getBigInt64(0, true));
    if (value < least || value > most || !Number.isSafeInteger(value)) {
      this.#stream.refuse(`expected ${what} from ${least} to ${most}, got ${value}`, { field: what, got: value });
    }
    return value;
  }

  async real(what: string): Promise<number> {
    const raw = await this.#stream.take(8, what);
    return new DataView(raw.buffer, raw.byteOffset, 8).getFloat64(0, true);
  }
}

/** Index of the first value that is not finite, or -1. */
export function firstNotFinite(data: Float32Array): number {
  for (let i = 0; i < data.length; i++) if (data[i]! - data[i]! !== 0) return i;
  return -1;
}
