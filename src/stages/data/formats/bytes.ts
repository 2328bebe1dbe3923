import { type FileHandle, open } from 'node:fs/promises';
import { Unreadable } from './limits.js';

/** Bytes behind a name: a local file, an object in a store, an entry of an archive. */
export interface Input {
  /** Name for people and rejects; formats are told by its ending. */
  readonly name: string;
  /** Bytes, where known before reading; a compressed file's are not. */
  readonly size?: number;
  /** Streams `[start, end)`; by default everything. */
  stream(start?: number, end?: number): AsyncIterable<Uint8Array>;
  /** Reads `[start, end)` alone; absent where the bytes can only be streamed. */
  range?(start: number, end: number): Promise<Uint8Array>;
}

const chunkBytes = 1 << 18;

async function* handleChunks(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    for (let at = start; at < end; ) {
      const { bytesRead, buffer } = await handle.read(
        Buffer.allocUnsafe(Math.min(chunkBytes, end - at)),
        0,
        Math.min(chunkBytes, end - at),
        at,
      );
      if (bytesRead === 0) return;
      yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function readFully(handle: FileHandle, start: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** A local file. */
export function localInput(path: string, size: number, name = path): Input {
  return {
    name,
    size,
    stream: (start = 0, end = Number.POSITIVE_INFINITY) => handleChunks(path, start, end),
    async range(start, end) {
      const handle = await open(path, 'r');
      try {
        return await readFully(handle, start, Math.max(0, Math.min(end, size) - start));
      } finally {
        await handle.close();
      }
    },
  };
}

/** Bytes in memory. */
export function memoryInput(name: string, bytes: Uint8Array): Input {
  return {
    name,
    size: bytes.length,
    async *stream(start = 0, end = bytes.length) {
      for (let at = start; at < end && at < bytes.length; at += chunkBytes) {
        yield bytes.subarray(at, Math.min(at + chunkBytes, end));
      }
    },
    range: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  };
}

/** All bytes of an input, or `Unreadable` where they are more than `most`. */
export async function wholeOf(input: Input, most: number): Promise<Uint8Array> {
  const tooMany = () => new Unreadable(`more than ${most} bytes: over the limit fileBytes`);
  if (input.size !== undefined && input.size > most) throw tooMany();
  if (input.range && input.size !== undefined) return input.range(0, input.size);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of input.stream()) {
    size += part.length;
    if (size > most) throw tooMany();
    parts.push(part);
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size);
}

/** The first bytes, fewer where the input is shorter or breaks off. */
export async function headOf(input: Input, length: number): Promise<Uint8Array> {
  if (input.range) return input.range(0, Math.min(length, input.size ?? length));
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of input.stream()) {
    parts.push(part);
    size += part.length;
    if (size >= length) break;
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** A window on a stream: `fill` reads on, `take` moves it. Holds what was filled and not yet taken. */
export class ByteWindow {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** Bytes before the window. */
  offset: number;
  ended = false;

  constructor(source: AsyncIterable<Uint8Array>, offset = 0) {
    this.#source = source[Symbol.asyncIterator]();
    this.offset = offset;
  }

  get view(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Reads until the window holds `length` bytes or the stream has ended. */
  async fill(length: number): Promise<Buffer> {
    while (this.#end - this.#start < length && !this.ended) {
      const next = await this.#source.next();
      if (next.done) {
        this.ended = true;
        break;
      }
      this.#append(next.value);
    }
    return this.view;
  }

  take(length: number): Uint8Array {
    const taken = this.#buffer.subarray(this.#start, this.#start + length);
    this.#start += length;
    this.offset += length;
    return taken;
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  #append(chunk: Uint8Array): void {
    const kept = this.#end - this.#start;
    if (kept === 0) {
      this.#buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (this.#end + chunk.length > this.#buffer.length) {
      // A new buffer always: views that were handed out, and the chunk itself, stay as they are.
      const grown = Buffer.allocUnsafe(Math.max(2 * kept, kept + chunk.length + chunkBytes));
      this.#buffer.copy(grown, 0, this.#start, this.#end);
      this.#buffer = grown;
      this.#start = 0;
      this.#end = kept;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }
}
