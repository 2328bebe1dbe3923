/** Order among pairs of equal count: true where pair (a, b) goes before pair (c, d). */
export type TieBreak = (a: number, b: number, c: number, d: number) => boolean;

function grown<T extends Int32Array | Float64Array>(old: T): T {
  const next = new (old.constructor as new (length: number) => T)(old.length * 2);
  next.set(old);
  return next;
}

/** Counts of adjacent pairs, the words each occurs in, and a queue that gives the most frequent pair. */
export class PairCounts {
  readonly #before: TieBreak;
  /** Open addressing: index of a pair, or -1. */
  #slots = new Int32Array(1 << 16).fill(-1);
  #size = 0;
  #left = new Int32Array(1 << 12);
  #right = new Int32Array(1 << 12);
  #count = new Float64Array(1 << 12);
  /** Newest entry of each pair's list of words; the entries are linked backwards. */
  #head = new Int32Array(1 << 12);
  #word = new Int32Array(1 << 14);
  #next = new Int32Array(1 << 14);
  #entries = 0;
  /** Pairs whose count rose since the last `settle`. */
  #risen: number[] = [];
  #isRisen: boolean[] = [];
  /** Binary heap of pairs with the count each had when it entered. */
  #heapPair = new Int32Array(1 << 12);
  #heapCount = new Float64Array(1 << 12);
  #heapSize = 0;

  constructor(before: TieBreak) {
    this.#before = before;
  }

  left(pair: number): number {
    return this.#left[pair];
  }

  right(pair: number): number {
    return this.#right[pair];
  }

  count(pair: number): number {
    return this.#count[pair];
  }

  #find(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    for (;;) {
      const pair = this.#slots[slot];
      if (pair < 0) return ~slot;
      if (this.#left[pair] === left && this.#right[pair] === right) return pair;
      slot = (slot + 1) & mask;
    }
  }

  /** Counts `times` more of the pair, seen in `word`. */
  add(left: number, right: number, times: number, word: number): void {
    let pair = this.#find(left, right);
    if (pair < 0) pair = this.#create(left, right, ~pair);
    this.#count[pair] += times;
    if (!this.#isRisen[pair]) {
      this.#isRisen[pair] = true;
      this.#risen.push(pair);
    }
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

  /** Counts `times` fewer. */
  subtract(left: number, right: number, times: number): void {
    const pair = this.#find(left, right);
    if (pair >= 0) this.#count[pair] -= times;
  }

  #create(left: number, right: number, slot: number): number {
    if (this.#size === this.#left.length) {
      this.#left = grown(this.#left);
      this.#right = grown(this.#right);
      this.#count = grown(this.#count);
      this.#head = grown(this.#head);
    }
    const pair = this.#size++;
    this.#left[pair] = left;
    this.#right[pair] = right;
    this.#count[pair] = 0;
    this.#head[pair] = -1;
    this.#isRisen.push(false);
    this.#slots[slot] = pair;
    if (this.#size * 2 > this.#slots.length) {
      this.#slots = new Int32Array(this.#slots.length * 4).fill(-1);
      for (let i = 0; i < this.#size; i++) this.#slots[~this.#find(this.#left[i], this.#right[i])] = i;
    }
    return pair;
  }

  /** Words in which the pair was seen, each once or more; some no longer hold it. */
  words(pair: number): Int32Array {
    const words: number[] = [];
    for (let entry = this.#head[pair]; entry >= 0; entry = this.#next[entry]) words.push(this.#word[entry]);
    this.#head[pair] = -1;
    return Int32Array.from(words);
  }

  /** Puts the pairs that rose into the queue. Call it after each round of changes. */
  settle(): void {
    for (const pair of this.#risen) {
      this.#isRisen[pair] = false;
      if (this.#count[pair] > 0) this.#push(pair);
    }
    this.#risen.length = 0;
  }

  /** Takes the most frequent pair out, -1 where none is left. */
  pop(): number {
    while (this.#heapSize > 0) {
      const pair = this.#heapPair[0];
      const count = this.#heapCount[0];
      this.#removeTop();
      if (this.#count[pair] === count) return pair;
      // The count fell since the pair entered: it takes its place anew. (Where it rose there is another entry.)
      if (this.#count[pair] > 0 && this.#count[pair] < count) this.#push(pair);
    }
    return -1;
  }

  /** The pair is merged everywhere, or not wanted: it never comes out again. */
  retire(pair: number): void {
    this.#count[pair] = Number.NEGATIVE_INFINITY;
  }

  #goesBefore(pair: number, count: number, other: number, otherCount: number): boolean {
    if (count !== otherCount) return count > otherCount;
    return pair !== other && this.#before(this.#left[pair], this.#right[pair], this.#left[other], this.#right[other]);
  }

  #push(pair: number): void {
    if (this.#heapSize === this.#heapPair.length) {
      this.#heapPair = grown(this.#heapPair);
      this.#heapCount = grown(this.#heapCount);
    }
    const count = this.#count[pair];
    let at = this.#heapSize++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#goesBefore(pair, count, this.#heapPair[parent], this.#heapCount[parent])) break;
      this.#heapPair[at] = this.#heapPair[parent];
      this.#heapCount[at] = this.#heapCount[parent];
      at = parent;
    }
    this.#heapPair[at] = pair;
    this.#heapCount[at] = count;
  }

  #removeTop(): void {
    const size = --this.#heapSize;
    const pair = this.#heapPair[size];
    const count = this.#heapCount[size];
    const pairs = this.#heapPair;
    const counts = this.#heapCount;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#goesBefore(pairs[child + 1], counts[child + 1], pairs[child], counts[child]))
        child++;
      if (!this.#goesBefore(pairs[child], counts[child], pair, count)) break;
      pairs[at] = pairs[child];
      counts[at] = counts[child];
      at = child;
    }
    pairs[at] = pair;
    counts[at] = count;
  }
}
