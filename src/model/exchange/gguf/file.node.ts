import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { InvalidInput, Unavailable, messageOf } from '../../../base/core/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { decodeGgufTensor, mostHeaderBytes, parseGgufHeader } from './parse.js';
import type { GgufHeader } from './parse.js';

/** A GGUF file on disk: the header is read and checked, tensors are read when asked for. */
export class GgufFile {
  readonly path: string;
  readonly header: GgufHeader;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle, header: GgufHeader) {
    this.path = path;
    this.#handle = handle;
    this.header = header;
  }

  /** Opens a file; `InvalidInput` where it is not a sound GGUF file. */
  static async open(path: string): Promise<GgufFile> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (error) {
      throw new InvalidInput(
        'gguf.open',
        `read ${path}: expected a readable file, got ${messageOf(error)}`,
        { path },
        error,
      );
    }
    try {
      const { size } = await handle.stat();
      // The header has no length of its own: twice as much is read until it is whole.
      for (let length = Math.min(size, 2 ** 20); ; length = Math.min(size, 2 * length)) {
        const header = parseGgufHeader(await readExactly(handle, path, 0, length), size);
        if (header) return new GgufFile(path, handle, header);
        if (length >= Math.min(size, 2 * mostHeaderBytes)) {
          throw new InvalidInput('gguf.file', 'gguf: expected a header inside the file', { path });
        }
      }
    } catch (error) {
      await handle.close();
      if (error instanceof InvalidInput) {
        throw new InvalidInput(error.code, `${path}: ${error.message}`, { ...error.fields, path }, error);
      }
      throw error;
    }
  }

  /** A tensor in f32. */
  async read(name: string): Promise<HostTensor> {
    const info = this.header.tensors.get(name);
    if (!info) throw new InvalidInput('gguf.name', `${this.path}: expected a tensor named ${name}, got none`, { name });
    return decodeGgufTensor(info, await readExactly(this.#handle, this.path, info.start, info.bytes));
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Reads in pieces below 2 GB, the most that one call reads. */
async function readExactly(handle: FileHandle, path: string, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), position + done);
    if (bytesRead === 0) {
      throw new Unavailable('gguf.read', `read ${path}: expected ${length} bytes, got ${done}`, { path });
    }
    done += bytesRead;
  }
  return bytes;
}
