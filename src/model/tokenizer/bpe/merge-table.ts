import { Symbols, twice } from '../model.js';

/** Rank and result of each merge by its pair of ids: open addressing over one flat array, four integers a slot. */
export class MergeTable {
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** Merges in order of rank, flat triples (left, right, merged). */
  constructor(merges: Int32Array) {
    const count = merges.length / 3;
    let capacity = 16;
    while (capacity < count * 2) capacity *= 2;
    this.#slots = new Int32Array(capacity * 4).fill(-1);
    this.#mask = capacity - 1;
    for (let rank = 0; rank < count; rank++) {
      const left = merges[3 * rank];
      const right = merges[3 * rank + 1];
      // The last of equal pairs wins, as in a map filled in order.
      const slot = this.#slotOf(left, right);
      this.#slots[slot] = left;
      this.#slots[slot + 1] = right;
      this.#slots[slot + 2] = rank;
      this.#slots[slot + 3] = merges[3 * rank + 2];
    }
  }

  #slotOf(left: number, right: number): number {
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash ^= hash >>> 15;
    let index = hash & this.#mask;
    for (;;) {
      const slot = index * 4;
      const key = this.#slots[slot];
      if (key === -1 || (key === left && this.#slots[slot + 1] === right)) return slot;
      index = (index + 1) & this.#mask;
    }
  }

  /** Rank of the pair, -1 where it does not merge. */
  rank(left: number, right: number): number {
    return this.#slots[this.#slotOf(left, right) + 2];
  }

  /** Id that the pair merges to. */
  merged(left: number, right: number): number {
    return this.#slots[this.#slotOf(left, right) + 3];
  }
}

const LONG = 48;
/** Symbols that are sampled together. */
const WINDOW = 512;
const POSITION = 2147483648;

/** Symbols of one piece while they merge. */
export class MergingSymbols extends Symbols {
  #ranks = new Int32Array(256);

  protected override grow(): void {
    super.grow();
    this.#ranks = twice(this.#ranks);
  }

  /** Applies merges, lowest rank first and leftmost among equals, until none applies. */
  merge(table: MergeTable): void {
    if (this.length < 2) return;
    if (this.length > LONG) this.#mergeLong(table);
    else this.#mergeShort(table);
  }

  // Few symbols: look through all ranks for each merge; no queue is as fast as a short array.
  #mergeShort(table: MergeTable): void {
    const { ids, starts, ends } = this;
    const ranks = this.#ranks;
    let count = this.length;
    for (let i = 0; i + 1 < count; i++) ranks[i] = table.rank(ids[i], ids[i + 1]);
    for (;;) {
      let best = -1;
      let lowest = 0x7fffffff;
      for (let i = 0; i + 1 < count; i++) {
        const rank = ranks[i];
        if (rank >= 0 && rank < lowest) {
          lowest = rank;
          best = i;
        }
      }
      if (best < 0) break;
      ids[best] = table.merged(ids[best], ids[best + 1]);
      ends[best] = ends[best + 1];
      count--;
      for (let i = best + 1; i < count; i++) {
        ids[i] = ids[i + 1];
        starts[i] = starts[i + 1];
        ends[i] = ends[i + 1];
        ranks[i] = ranks[i + 1];
      }
      if (best + 1 < count) ranks[best] = table.rank(ids[best], ids[best + 1]);
      if (best > 0) ranks[best - 1] = table.rank(ids[best - 1], ids[best]);
    }
    this.length = count;
  }

  // Many symbols: a heap of rank and position over a linked list, n log n. An entry is stale when the rank at its position changed.
  #mergeLong(table: MergeTable): void {
    this.#mergeQueued(table, 0, this.length);
    this.#close();
  }

  /**
   * Like `merge`, but a merge that comes up is passed over with chance `dropout` until another one has been made. Symbols far
   * apart never merge: passing over is quadratic in the worst case, so a long piece is taken window by window.
   */
  mergeSome(table: MergeTable, random: () => number, dropout: number): void {
    for (let from = 0; from < this.length; from += WINDOW) {
      this.#mergeQueued(table, from, Math.min(from + WINDOW, this.length), () => random() < dropout);
    }
    this.#close();
  }

  /** Merges symbols [from, to) in place; an id of -1 marks those that went into the one before. */
  #mergeQueued(table: MergeTable, from: number, to: number, passesOver?: () => boolean): void {
    const { ids, ends } = this;
    const ranks = this.#ranks;
    const count = to - from;
    const next = new Int32Array(count);
    const previous = new Int32Array(count);
    const heap = new MinHeap(count);
    const passed: number[] = [];
    for (let i = 0; i < count; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      ranks[i] = i + 1 < count ? table.rank(ids[from + i], ids[from + i + 1]) : -1;
      if (ranks[i] >= 0) heap.push(ranks[i] * POSITION + i);
    }
    while (heap.length > 0) {
      const entry = heap.pop();
      const rank = Math.floor(entry / POSITION);
      const at = entry - rank * POSITION;
      if (ranks[at] !== rank) continue;
      if (passesOver) {
        if (passesOver()) {
          passed.push(entry);
          continue;
        }
        for (const again of passed) heap.push(again);
        passed.length = 0;
      }
      const right = next[at];
      ids[from + at] = table.merged(ids[from + at], ids[from + right]);
      ends[from + at] = ends[from + right];
      ranks[right] = -1;
      ids[from + right] = -1;
      const after = next[right];
      next[at] = after;
      ranks[at] = -1;
      if (after < count) {
        previous[after] = at;
        ranks[at] = table.rank(ids[from + at], ids[from + after]);
        if (ranks[at] >= 0) heap.push(ranks[at] * POSITION + at);
      }
      const before = previous[at];
      if (before >= 0) {
        ranks[before] = table.rank(ids[from + before], ids[from + at]);
        if (ranks[before] >= 0) heap.push(ranks[before] * POSITION + before);
      }
    }
  }

  #close(): void {
    const { ids, starts, ends } = this;
    let kept = 0;
    for (let i = 0; i < this.length; i++) {
      if (ids[i] < 0) continue;
      ids[kept] = ids[i];
      starts[kept] = starts[i];
      ends[kept++] = ends[i];
    }
    this.length = kept;
  }
}

/** Binary heap of numbers, least first. */
export class MinHeap {
  #items: Float64Array;
  length = 0;

  constructor(capacity: number) {
    this.#items = new Float64Array(Math.max(16, capacity));
  }

  push(value: number): void {
    if (this.length === this.#items.length) {
      const next = new Float64Array(this.length * 2);
      next.set(this.#items);
      this.#items = next;
    }
    const items = this.#items;
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent] <= value) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = value;
  }

  pop(): number {
    const items = this.#items;
    const top = items[0];
    const last = items[--this.length];
    const count = this.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && items[child + 1] < items[child]) child++;
      if (items[child] >= last) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return top;
  }
}
