import type { PairQueue } from './merge.js';
import { PairTable } from './pair-table.js';

/**
 * Pairs in order of freq(ab) / (freq(a) · freq(b)), WordPiece's likelihood score (Schuster and Nakajima 2012): the queue is a
 * heap in which each pair knows its place, since a score changes with the counts of both symbols, up and down.
 */
export class PairScores extends PairTable implements PairQueue {
  readonly #least: number;
  #scores: number[] = [];
  /** Place of each pair in the heap, -1 where it is not in it. */
  #places: number[] = [];
  #heap: number[] = [];
  /** Pairs that each symbol is part of. */
  #pairsOf: number[][] = [];
  #symbolCounts: number[] = [];
  #changedPairs = new Set<number>();
  #changedSymbols = new Set<number>();

  /** Pairs seen fewer than `least` times do not merge: the score alone would prefer those seen once. */
  constructor(least: number) {
    super();
    this.#least = Math.max(least, 1);
  }

  addSymbol(symbol: number, times: number): void {
    while (this.#symbolCounts.length <= symbol) this.#symbolCounts.push(0);
    this.#symbolCounts[symbol] += times;
    this.#changedSymbols.add(symbol);
  }

  add(left: number, right: number, times: number, word: number): void {
    let pair = this.find(left, right);
    if (pair < 0) {
      pair = this.create(left, right, ~pair);
      this.#scores.push(0);
      this.#places.push(-1);
      this.#list(pair, left, right);
    } else if (this.counts[pair] === 0) this.#list(pair, left, right);
    this.counts[pair] += times;
    this.#changedPairs.add(pair);
    this.see(pair, word);
  }

  // A pair that was gone may be listed twice when it comes back; that costs a little time only.
  #list(pair: number, left: number, right: number): void {
    (this.#pairsOf[left] ??= []).push(pair);
    if (left !== right) (this.#pairsOf[right] ??= []).push(pair);
  }

  subtract(left: number, right: number, times: number): void {
    const pair = this.find(left, right);
    if (pair < 0) return;
    this.counts[pair] -= times;
    this.#changedPairs.add(pair);
  }

  settle(): void {
    for (const symbol of this.#changedSymbols) {
      const pairs = this.#pairsOf[symbol];
      if (!pairs) continue;
      let kept = 0;
      for (const pair of pairs) {
        if (this.counts[pair] <= 0) {
          this.#remove(pair);
          continue;
        }
        pairs[kept++] = pair;
        this.#changedPairs.delete(pair);
        this.#update(pair);
      }
      pairs.length = kept;
    }
    for (const pair of this.#changedPairs) this.#update(pair);
    this.#changedPairs.clear();
    this.#changedSymbols.clear();
  }

  pop(): number {
    const pair = this.#heap[0];
    if (pair === undefined) return -1;
    this.#remove(pair);
    return pair;
  }

  retire(pair: number): void {
    this.counts[pair] = Number.NEGATIVE_INFINITY;
    this.#remove(pair);
  }

  #update(pair: number): void {
    const count = this.counts[pair];
    if (count < this.#least) {
      this.#remove(pair);
      return;
    }
    this.#scores[pair] = count / (this.#symbolCounts[this.lefts[pair]] * this.#symbolCounts[this.rights[pair]]);
    if (this.#places[pair] < 0) {
      this.#places[pair] = this.#heap.length;
      this.#heap.push(pair);
    }
    this.#place(pair);
  }

  /** Order among pairs of equal score: lower ids first. */
  #goesBefore(pair: number, other: number): boolean {
    const difference = this.#scores[pair] - this.#scores[other];
    if (difference !== 0) return difference > 0;
    if (this.lefts[pair] !== this.lefts[other]) return this.lefts[pair] < this.lefts[other];
    return this.rights[pair] < this.rights[other];
  }

  /** Moves a pair up or down to where it belongs. */
  #place(pair: number): void {
    const heap = this.#heap;
    const places = this.#places;
    let at = places[pair];
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#goesBefore(pair, heap[parent])) break;
      heap[at] = heap[parent];
      places[heap[at]] = at;
      at = parent;
    }
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#goesBefore(heap[child + 1], heap[child])) child++;
      if (!this.#goesBefore(heap[child], pair)) break;
      heap[at] = heap[child];
      places[heap[at]] = at;
      at = child;
    }
    heap[at] = pair;
    places[pair] = at;
  }

  #remove(pair: number): void {
    const at = this.#places[pair];
    if (at < 0) return;
    this.#places[pair] = -1;
    const last = this.#heap.pop() as number;
    if (last === pair) return;
    this.#places[last] = at;
    this.#heap[at] = last;
    this.#place(last);
  }
}
