import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

export interface RecordSorterOptions {
  /** 32-bit words of a record. */
  readonly words: number;
  /** Leading words that order the records; records equal in these keep their order. Default: all. */
  readonly keyWords?: number;
  /** Empty or shared folder for sorted runs. */
  readonly folder: string;
  /** Start of the runs' file names, one for each sorter of a folder. */
  readonly name: string;
  /** Bytes kept in memory before a run is written. Default 64 MB; sorting takes twice that. */
  readonly memoryBytes?: number;
}

/** Sorts any number of records of 32-bit words by their leading words (unsigned): in memory, then in runs on disk that are merged. */
export class RecordSorter {
  readonly #words: number;
  readonly #keyWords: number;
  readonly #options: RecordSorterOptions;
  readonly #capacity: number;
  #records: Uint32Array;
  #spare: Uint32Array | undefined;
  #count = 0;
  readonly #runs: { readonly path: string; readonly records: number }[] = [];

  constructor(options: RecordSorterOptions) {
    this.#options = options;
    this.#words = options.words;
    this.#keyWords = options.keyWords ?? options.words;
    this.#capacity = Math.max(64, Math.floor((options.memoryBytes ?? 64e6) / (4 * options.words)));
    this.#records = new Uint32Array(Math.min(this.#capacity, 4096) * options.words);
  }

  /** Runs on disk so far. */
  get runs(): number {
    return this.#runs.length;
  }

  /** True where the next `add` must wait for `spill`. */
  get full(): boolean {
    return this.#count >= this.#capacity;
  }

  /** Adds a record of two to five words. Call `spill` first where `full`. */
  add(w0: number, w1: number, w2 = 0, w3 = 0, w4 = 0): void {
    const words = this.#words;
    const at = this.#count * words;
    if (at + words > this.#records.length) this.#grow();
    const records = this.#records;
    records[at] = w0;
    records[at + 1] = w1;
    if (words > 2) records[at + 2] = w2;
    if (words > 3) records[at + 3] = w3;
    if (words > 4) records[at + 4] = w4;
    this.#count++;
  }

  #grow(): void {
    const wider = new Uint32Array(Math.min(this.#capacity, this.#count * 2) * this.#words);
    wider.set(this.#records.subarray(0, this.#count * this.#words));
    this.#records = wider;
  }

  /** Writes a sorted run where memory is full. */
  async spill(): Promise<void> {
    const path = join(this.#options.folder, `${this.#options.name}-${this.#runs.length}.run`);
    const sorted = this.#sort();
    const handle = await open(path, 'w');
    try {
      await handle.writeFile(new Uint8Array(sorted.buffer, sorted.byteOffset, sorted.byteLength));
    } finally {
      await handle.close();
    }
    this.#runs.push({ path, records: this.#count });
    this.#count = 0;
  }

  /** Radix sort, least significant digit first, of 16 bits each: stable. */
  #sort(): Uint32Array {
    const words = this.#words;
    const count = this.#count;
    const buckets = new Uint32Array(65536);
    let from = this.#records;
    if (!this.#spare || this.#spare.length < count * words) this.#spare = new Uint32Array(from.length);
    let to = this.#spare;
    for (let word = this.#keyWords - 1; word >= 0; word--) {
      for (const shift of [0, 16]) {
        buckets.fill(0);
        for (let i = 0, at = word; i < count; i++, at += words) buckets[(from[at] >>> shift) & 0xffff]++;
        if (count > 0 && buckets[(from[word] >>> shift) & 0xffff] === count) continue;
        for (let i = 0, sum = 0; i < 65536; i++) {
          const here = buckets[i];
          buckets[i] = sum;
          sum += here;
        }
        for (let i = 0, at = 0; i < count; i++, at += words) {
          let place = buckets[(from[at + word] >>> shift) & 0xffff]++ * words;
          for (let w = 0; w < words; w++) to[place++] = from[at + w];
        }
        [from, to] = [to, from];
      }
    }
    this.#records = from;
    this.#spare = to;
    return from.subarray(0, count * words);
  }

  /** All records in order, in blocks of whole records; a block is good until the next one is asked for. Ends the sorter. */
  async *sorted(): AsyncGenerator<Uint32Array> {
    if (this.#runs.length === 0) {
      yield this.#sort();
      return;
    }
    if (this.#count > 0) await this.spill();
    this.#records = new Uint32Array(0);
    this.#spare = undefined;
    yield* this.#merge();
  }

  async *#merge(): AsyncGenerator<Uint32Array> {
    const words = this.#words;
    const share = Math.floor((this.#options.memoryBytes ?? 64e6) / (4 * words) / (this.#runs.length + 1));
    const block = Math.max(256, Math.min(65536, share));
    const readers = this.#runs.map((run) => new RunReader(run.path, run.records, words, block));
    try {
      for (const reader of readers) await reader.fill();
      const before = (a: number, b: number): boolean => {
        const first = readers[a];
        const second = readers[b];
        for (let w = 0; w < this.#keyWords; w++) {
          const difference = first.block[first.at + w] - second.block[second.at + w];
          if (difference !== 0) return difference < 0;
        }
        return a < b; // Runs were written in the order of the records.
      };
      const heap = readers.map((_, i) => i).filter((i) => readers[i].left);
      const sink = (from: number): void => {
        let at = from;
        for (;;) {
          let child = at * 2 + 1;
          if (child >= heap.length) return;
          if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
          if (!before(heap[child], heap[at])) return;
          [heap[at], heap[child]] = [heap[child], heap[at]];
          at = child;
        }
      };
      for (let i = heap.length >> 1; i >= 0; i--) sink(i);
      const out = new Uint32Array(block * words);
      let filled = 0;
      while (heap.length > 0) {
        const reader = readers[heap[0]];
        for (let w = 0; w < words; w++) out[filled++] = reader.block[reader.at + w];
        reader.at += words;
        if (reader.at >= reader.end) await reader.fill();
        if (!reader.left) {
          const last = heap.pop() as number;
          if (heap.length > 0) heap[0] = last;
        }
        sink(0);
        if (filled === out.length) {
          yield out;
          filled = 0;
        }
      }
      if (filled > 0) yield out.subarray(0, filled);
    } finally {
      for (const reader of readers) await reader.close();
    }
  }
}

/** Reads one run block by block. */
class RunReader {
  readonly block: Uint32Array;
  at = 0;
  end = 0;
  #handle: FileHandle | undefined;
  #unread: number;
  readonly #path: string;

  constructor(path: string, records: number, words: number, blockRecords: number) {
    this.#path = path;
    this.#unread = records * words * 4;
    this.block = new Uint32Array(blockRecords * words);
  }

  get left(): boolean {
    return this.at < this.end;
  }

  async fill(): Promise<void> {
    this.#handle ??= await open(this.#path, 'r');
    const wanted = Math.min(this.#unread, this.block.byteLength);
    const bytes = new Uint8Array(this.block.buffer, 0, wanted);
    let done = 0;
    while (done < wanted) {
      const { bytesRead } = await this.#handle.read(bytes, done, wanted - done, null);
      if (bytesRead === 0) throw new Error(`${this.#path} is shorter than it was written`);
      done += bytesRead;
    }
    this.#unread -= wanted;
    this.at = 0;
    this.end = wanted / 4;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }
}
