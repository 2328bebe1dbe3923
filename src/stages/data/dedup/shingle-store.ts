import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Sets of shingles on disk, read back in any order. Eight bytes of memory for each document. */
export class ShingleStore {
  readonly #file: number;
  readonly #offsets: Float64Array;
  readonly #lengths: Uint32Array;
  #buffer = Buffer.alloc(1 << 20);
  #buffered = 0;
  #written = 0;

  constructor(folder: string, documents: number) {
    this.#file = openSync(join(folder, 'shingles.bin'), 'w+');
    this.#offsets = new Float64Array(documents);
    this.#lengths = new Uint32Array(documents);
  }

  add(index: number, bytes: Uint8Array): void {
    this.#offsets[index] = this.#written + this.#buffered;
    this.#lengths[index] = bytes.length;
    if (this.#buffered + bytes.length > this.#buffer.length) this.#flush();
    if (bytes.length > this.#buffer.length) {
      writeAll(this.#file, bytes);
      this.#written += bytes.length;
    } else {
      this.#buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.length;
    }
  }

  #flush(): void {
    writeAll(this.#file, this.#buffer.subarray(0, this.#buffered));
    this.#written += this.#buffered;
    this.#buffered = 0;
  }

  read(index: number): Int32Array {
    if (this.#buffered > 0) this.#flush();
    const out = new Int32Array(this.#lengths[index] / 4);
    const bytes = new Uint8Array(out.buffer);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(this.#file, bytes, done, bytes.length - done, this.#offsets[index] + done);
      if (read === 0) throw new Error('shingles.bin is shorter than it was written');
      done += read;
    }
    return out;
  }

  close(): void {
    closeSync(this.#file);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
