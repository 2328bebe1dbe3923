/** A copy of double length. */
export function grown<T extends Int32Array | Float64Array>(old: T): T {
  const next = new (old.constructor as new (length: number) => T)(old.length * 2);
  next.set(old);
  return next;
}

/** Adjacent pairs of symbols: how often each was seen, and in which words. */
export class PairTable {
  /** Open addressing: index of a pair, or -1. */
  #slots = new Int32Array(1 << 16).fill(-1);
  #size = 0;
  protected lefts = new Int32Array(1 << 12);
  protected rights = new Int32Array(1 << 12);
  protected counts = new Float64Array(1 << 12);
  /** Newest entry of each pair's list of words; the entries are linked backwards. */
  #head = new Int32Array(1 << 12);
  #word = new Int32Array(1 << 14);
  #next = new Int32Array(1 << 14);
  #entries = 0;

  get size(): number {
    return this.#size;
  }

  left(pair: number): number {
    return this.lefts[pair];
  }

  right(pair: number): number {
    return this.rights[pair];
  }

  count(pair: number): number {
    return this.counts[pair];
  }

  /** Index of a pair; the complement of a free slot where it is new. */
  protected find(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    for (;;) {
      const pair = this.#slots[slot];
      if (pair < 0) return ~slot;
      if (this.lefts[pair] === left && this.rights[pair] === right) return pair;
      slot = (slot + 1) & mask;
    }
  }

  /** Remembers that the pair is seen in a word. */
  protected see(pair: number, word: number): void {
    const head = this.#head[pair];
    if (head >= 0 && this.#word[head] === word) return;
    if (this.#entries === this.#word.length) {
      this.#word = grown(this.#word);
      this.#next = grown(this.#next);
    }
    const entry = this.#entries++;
    this.#word[entry] = word;
    this.#next[entry] = head;
    this.#head[pair] = entry;
  }

  /** Puts a new pair into the slot that `find` gave. */
  protected create(left: number, right: number, slot: number): number {
    if (this.#size === this.lefts.length) {
      this.lefts = grown(this.lefts);
      this.rights = grown(this.rights);
      this.counts = grown(this.counts);
      this.#head = grown(this.#head);
    }
    const pair = this.#size++;
    this.lefts[pair] = left;
    this.rights[pair] = right;
    this.counts[pair] = 0;
    this.#head[pair] = -1;
    this.#slots[slot] = pair;
    if (this.#size * 2 > this.#slots.length) {
      this.#slots = new Int32Array(this.#slots.length * 4).fill(-1);
      for (let i = 0; i < this.#size; i++) this.#slots[~this.find(this.lefts[i], this.rights[i])] = i;
    }
    return pair;
  }

  /** Words in which the pair was seen, each once or more; some no longer hold it. The list is given up. */
  words(pair: number): Int32Array {
    const words: number[] = [];
    for (let entry = this.#head[pair]; entry >= 0; entry = this.#next[entry]) words.push(this.#word[entry]);
    this.#head[pair] = -1;
    return Int32Array.from(words);
  }
}
