import { PairTable, grown } from './pair-table.js';
import type { PairQueue } from './merge.js';

/** Order among pairs of equal count: true where pair (a, b) goes before pair (c, d). */
export type TieBreak = (a: number, b: number, c: number, d: number) => boolean;

/** Pairs in order of their counts: a queue that gives the most frequent one. */
export class PairCounts extends PairTable implements PairQueue {
  readonly #before: TieBreak;
  /** Pairs whose count rose since the last `settle`. */
  #risen: number[] = [];
  #isRisen: boolean[] = [];
  /** Binary heap of pairs with the count each had when it entered. */
  #heapPair = new Int32Array(1 << 12);
  #heapCount = new Float64Array(1 << 12);
  #heapSize = 0;

  constructor(before: TieBreak) {
    super();
    this.#before = before;
  }

  /** Counts `times` more of the pair, seen in `word`. */
  add(left: number, right: number, times: number, word: number): void {
    let pair = this.find(left, right);
    if (pair < 0) {
      pair = this.create(left, right, ~pair);
      this.#isRisen.push(false);
    }
    this.counts[pair] += times;
    if (!this.#isRisen[pair]) {
      this.#isRisen[pair] = true;
      this.#risen.push(pair);
    }
    this.see(pair, word);
  }

  /** Counts `times` fewer. */
  subtract(left: number, right: number, times: number): void {
    const pair = this.find(left, right);
    if (pair >= 0) this.counts[pair] -= times;
  }

  /** Puts the pairs that rose into the queue. Call it after each round of changes. */
  settle(): void {
    for (const pair of this.#risen) {
      this.#isRisen[pair] = false;
      if (this.counts[pair] > 0) this.#push(pair);
    }
    this.#risen.length = 0;
  }

  /** Takes the most frequent pair out, -1 where none is left. */
  pop(): number {
    while (this.#heapSize > 0) {
      const pair = this.#heapPair[0];
      const count = this.#heapCount[0];
      this.#removeTop();
      if (this.counts[pair] === count) return pair;
      // The count fell since the pair entered: it takes its place anew. (Where it rose there is another entry.)
      if (this.counts[pair] > 0 && this.counts[pair] < count) this.#push(pair);
    }
    return -1;
  }

  /** The pair is merged everywhere, or not wanted: it never comes out again. */
  retire(pair: number): void {
    this.counts[pair] = Number.NEGATIVE_INFINITY;
  }

  #goesBefore(pair: number, count: number, other: number, otherCount: number): boolean {
    if (count !== otherCount) return count > otherCount;
    return pair !== other && this.#before(this.lefts[pair], this.rights[pair], this.lefts[other], this.rights[other]);
  }

  #push(pair: number): void {
    if (this.#heapSize === this.#heapPair.length) {
      this.#heapPair = grown(this.#heapPair);
      this.#heapCount = grown(this.#heapCount);
    }
    const count = this.counts[pair];
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
