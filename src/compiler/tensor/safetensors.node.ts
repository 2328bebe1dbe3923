import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { InvalidInput, Unavailable, messageOf } from '../../base/core/index.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import type { HostTensor } from './dtype.js';
import { decodeTensor, encodeSafetensors, headerLength, parseSafetensorsHeader } from './safetensors.js';
import type { SafetensorsHeader, TensorEntry } from './safetensors.js';

/** An open safetensors file: the header is read and checked, tensors are read when asked for. */
export class SafetensorsReader {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #header: SafetensorsHeader;
  readonly #dataStart: number;

  private constructor(path: string, handle: FileHandle, header: SafetensorsHeader, dataStart: number) {
    this.path = path;
    this.#handle = handle;
    this.#header = header;
    this.#dataStart = dataStart;
  }

  /** Opens a file; `InvalidInput` where it is not a sound safetensors file. */
  static async open(path: string): Promise<SafetensorsReader> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (error) {
      throw new InvalidInput(
        'safetensors.open',
        `read ${path}: expected a readable file, got ${messageOf(error)}`,
        { path },
        error,
      );
    }
    try {
      const { size } = await handle.stat();
      const first = await readExactly(handle, path, 0, Math.min(8, size));
      const length = headerLength(first, size);
      const header = await readExactly(handle, path, 8, length);
      return new SafetensorsReader(path, handle, parseSafetensorsHeader(header, size - 8 - length), 8 + length);
    } catch (error) {
      await handle.close();
      if (error instanceof InvalidInput)
        throw new InvalidInput(error.code, `${path}: ${error.message}`, { ...error.fields, path }, error);
      throw error;
    }
  }

  get tensors(): ReadonlyMap<string, TensorEntry> {
    return this.#header.tensors;
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.#header.metadata;
  }

  async read(name: string): Promise<HostTensor> {
    const entry = this.tensors.get(name);
    if (!entry) {
      throw new InvalidInput('safetensors.name', `${this.path}: expected a tensor named '${name}', got none`, { name });
    }
    const bytes = await readExactly(this.#handle, this.path, this.#dataStart + entry.start, entry.end - entry.start);
    return decodeTensor(name, entry, bytes);
  }

  /** Every tensor, in the order of the file. */
  async readAll(): Promise<Record<string, HostTensor>> {
    const found: Record<string, HostTensor> = {};
    for (const name of this.tensors.keys()) found[name] = await this.read(name);
    return found;
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
    if (bytesRead === 0)
      throw new Unavailable('safetensors.read', `read ${path}: expected ${length} bytes, got ${done}`, { path });
    done += bytesRead;
  }
  return bytes;
}

/** Reads a whole file. */
export async function readSafetensorsFile(
  path: string,
): Promise<{ tensors: Record<string, HostTensor>; metadata: Readonly<Record<string, string>> }> {
  const reader = await SafetensorsReader.open(path);
  try {
    return { tensors: await reader.readAll(), metadata: reader.metadata };
  } finally {
    await reader.close();
  }
}

/** Writes a file atomically. */
export async function writeSafetensorsFile(
  path: string,
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}
