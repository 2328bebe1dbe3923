import { InvalidInput } from '../../../base/core/index.js';

/**
 * Counts pieces of text. Pieces live in one pool of code units, so memory is the distinct text and nothing per occurrence; when
 * the pool is full the rarest pieces are forgotten (lossy counting, Manku and Motwani 2002), so memory stays bounded.
 */
export class WordCounter {
  #slots = new Int32Array(1 << 16).fill(-1);
  #hashes = new Int32Array(1 << 12);
  #starts = new Int32Array(1 << 12);
  #counts = new Float64Array(1 << 12);
  #pool = new Uint16Array(1 << 16);
  #poolEnd = 0;
  #size = 0;
  readonly #most: number;

  #forgotten = 0;
  #error = 0;

  /** At most `most` code units of distinct text are kept. */
  constructor(most = 1 << 29) {
    this.#most = most;
  }

  /** Occurrences of pieces that were forgotten. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** A piece may have been seen this many times more than its count says, and no more. */
  get error(): number {
    return this.#error;
  }

  /** Number of distinct pieces. */
  get size(): number {
    return this.#size;
  }

  add(text: string, start: number, end: number): void {
    const length = end - start;
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995) ^ (hash >>> 15);
    hash ^= hash >>> 13;
    const slots = this.#slots;
    const pool = this.#pool;
    const mask = slots.length - 1;
    let slot = hash & mask;
    search: for (;;) {
      const word = slots[slot];
      if (word < 0) break;
      slot = (slot + 1) & mask;
      if (this.#hashes[word] !== hash) continue;
      const from = this.#starts[word];
      if (this.#starts[word + 1] - from !== length) continue;
      for (let i = 0; i < length; i++) if (pool[from + i] !== text.charCodeAt(start + i)) continue search;
      this.#counts[word]++;
      return;
    }
    this.#insert(text, start, end, hash, slot);
  }

  #insert(text: string, start: number, end: number, hash: number, slot: number): void {
    let needed = this.#poolEnd + end - start;
    if (needed > this.#most) {
      this.#forget();
      needed = this.#poolEnd + end - start;
      if (needed > this.#most) {
        throw new InvalidInput(
          'tokenizer.train',
          `train: expected pieces of at most ${this.#most >> 1} characters, got one of ${end - start}; give a pattern that cuts text into words`,
        );
      }
      slot = this.#freeSlot(hash);
    }
    if (needed > this.#pool.length) {
      const pool = new Uint16Array(Math.max(Math.min(this.#pool.length * 2, this.#most), needed));
      pool.set(this.#pool);
      this.#pool = pool;
    }
    if (this.#size + 2 > this.#starts.length) {
      const grow = <T extends Int32Array | Float64Array>(old: T, next: T): T => {
        next.set(old);
        return next;
      };
      const capacity = this.#starts.length * 2;
      this.#hashes = grow(this.#hashes, new Int32Array(capacity));
      this.#starts = grow(this.#starts, new Int32Array(capacity));
      this.#counts = grow(this.#counts, new Float64Array(capacity));
    }
    const word = this.#size++;
    for (let i = start; i < end; i++) this.#pool[this.#poolEnd++] = text.charCodeAt(i);
    this.#hashes[word] = hash;
    this.#counts[word] = 1;
    this.#starts[word + 1] = this.#poolEnd;
    this.#slots[slot] = word;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 4).fill(-1);
    for (let word = 0; word < this.#size; word++) this.#slots[this.#freeSlot(this.#hashes[word])] = word;
  }

  #freeSlot(hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] >= 0) slot = (slot + 1) & mask;
    return slot;
  }

  /** Drops the rarest pieces until half of the pool is free. */
  #forget(): void {
    const lengthOf = (word: number) => this.#starts[word + 1] - this.#starts[word];
    const units = new Map<number, number>();
    for (let word = 0; word < this.#size; word++) {
      units.set(this.#counts[word], (units.get(this.#counts[word]) ?? 0) + lengthOf(word));
    }
    let left = this.#poolEnd;
    let most = 0;
    for (const count of [...units.keys()].sort((a, b) => a - b)) {
      if (left <= this.#most / 2) break;
      left -= units.get(count) as number;
      most = count;
    }
    let kept = 0;
    let end = 0;
    for (let word = 0; word < this.#size; word++) {
      const from = this.#starts[word];
      const to = this.#starts[word + 1];
      if (this.#counts[word] <= most) {
        this.#forgotten += this.#counts[word];
        continue;
      }
      this.#pool.copyWithin(end, from, to);
      this.#starts[kept] = end;
      end += to - from;
      this.#hashes[kept] = this.#hashes[word];
      this.#counts[kept++] = this.#counts[word];
    }
    this.#starts[kept] = end;
    this.#size = kept;
    this.#poolEnd = end;
    this.#error += most;
    this.#slots.fill(-1);
    for (let word = 0; word < kept; word++) this.#slots[this.#freeSlot(this.#hashes[word])] = word;
  }

  count(word: number): number {
    return this.#counts[word];
  }

  text(word: number): string {
    let text = '';
    for (let at = this.#starts[word]; at < this.#starts[word + 1]; at += 4096) {
      text += String.fromCharCode(...this.#pool.subarray(at, Math.min(at + 4096, this.#starts[word + 1])));
    }
    return text;
  }
}
