import { InvalidInput } from '../../../base/core/index.js';

/**
 * The n-grams of one order, numbered in order of arrival. An n-gram is the pair (number of its first n - 1 tokens in the
 * table below, last token), so keys are exact: a 64-bit hash of the tokens would let two n-grams share a count.
 */
export class NgramTable {
  /** Number of the first n - 1 tokens of each n-gram. */
  prefix: Int32Array;
  /** Last token of each n-gram. */
  token: Int32Array;
  /** Adjusted count of each n-gram. */
  count: Uint32Array;
  size = 0;
  #slots: Int32Array;
  #mask: number;
  readonly #limit: number;

  /** `limit` is the most n-grams the table may hold. */
  constructor(limit: number) {
    const capacity = 1024;
    this.#limit = limit;
    this.prefix = new Int32Array(capacity);
    this.token = new Int32Array(capacity);
    this.count = new Uint32Array(capacity);
    this.#slots = new Int32Array(2 * capacity).fill(-1);
    this.#mask = 2 * capacity - 1;
  }

  #slot(prefix: number, token: number): number {
    let hash = Math.imul(prefix, 0x9e3779b1) ^ Math.imul(token + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & this.#mask;
    for (;;) {
      const id = this.#slots[slot]!;
      if (id < 0 || (this.prefix[id] === prefix && this.token[id] === token)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Number of the n-gram, or -1 where it never occurred (or its prefix is -1). */
  find(prefix: number, token: number): number {
    return prefix < 0 ? -1 : this.#slots[this.#slot(prefix, token)]!;
  }

  /** Number of the n-gram; a new one, with count 0, where it has not occurred yet. */
  add(prefix: number, token: number): number {
    const slot = this.#slot(prefix, token);
    const found = this.#slots[slot]!;
    if (found >= 0) return found;
    if (this.size >= this.#limit) {
      throw new InvalidInput(
        'ngram.limit',
        `n-gram model: expected at most ${this.#limit} n-grams of one order, got more; use less text or raise maxNgrams`,
        { limit: this.#limit },
      );
    }
    if (this.size === this.prefix.length) this.#grow();
    const id = this.size++;
    this.prefix[id] = prefix;
    this.token[id] = token;
    this.#slots[this.#slot(prefix, token)] = id;
    return id;
  }

  #grow(): void {
    const capacity = this.prefix.length * 2;
    const enlarge = <T extends Int32Array | Uint32Array>(old: T, fresh: T): T => {
      fresh.set(old);
      return fresh;
    };
    this.prefix = enlarge(this.prefix, new Int32Array(capacity));
    this.token = enlarge(this.token, new Int32Array(capacity));
    this.count = enlarge(this.count, new Uint32Array(capacity));
    this.#slots = new Int32Array(2 * capacity).fill(-1);
    this.#mask = 2 * capacity - 1;
    for (let id = 0; id < this.size; id++) this.#slots[this.#slot(this.prefix[id]!, this.token[id]!)] = id;
  }
}
