import type { SeedPieces, SymbolText } from './seed-pieces.js';

/** Bits of an entry that hold a piece's length. */
const lengthBits = 6;
const lengthMask = (1 << lengthBits) - 1;
/** Longest piece, most pieces that an entry can name. */
export const longestEntry = lengthMask;
export const mostEntries = 1 << (31 - lengthBits);

/** Sums of a range outside of these are not trusted. */
const tiny = 1e-280;
const huge = 1e280;

/**
 * For every place of a text the pieces that begin there, found once: what is left when pieces go needs no new search.
 * Memory is four bytes for each piece at each place, about 30 for a character of English.
 */
export class PieceLattice {
  readonly #text: SymbolText;
  /** Entries of the piece at place p: #entries[#offsets[p] … #offsets[p + 1]), id and length in one number. */
  readonly #offsets: Int32Array;
  readonly #entries: Int32Array;
  readonly #forward: Float64Array;
  readonly #backward: Float64Array;
  readonly #path: Int32Array;
  /** Pieces that are left: where they stand, and their lengths. The first ones are the single symbols. */
  positions: Int32Array;
  lengths: Uint8Array;

  constructor(text: SymbolText, seeds: SeedPieces) {
    this.#text = text;
    this.positions = seeds.positions;
    this.lengths = seeds.lengths;
    const { symbols, alphabet } = text;
    const offsets = new Int32Array(symbols.length + 2);
    for (let at = 0; at < symbols.length; at++) offsets[at + 2] = symbols[at] > 0 ? 1 : 0;
    for (let piece = alphabet.length; piece < seeds.size; piece++) {
      for (let i = seeds.firsts[piece]; i <= seeds.lasts[piece]; i++) offsets[seeds.order[i] + 2]++;
    }
    for (let at = 2; at < offsets.length; at++) offsets[at] += offsets[at - 1];
    // offsets[p + 1] is now where the entries of p begin, and moves to their end as they are written.
    const entries = new Int32Array(offsets[symbols.length + 1]);
    for (let at = 0; at < symbols.length; at++) {
      if (symbols[at] > 0) entries[offsets[at + 1]++] = ((symbols[at] - 1) << lengthBits) | 1;
    }
    for (let piece = alphabet.length; piece < seeds.size; piece++) {
      const entry = (piece << lengthBits) | seeds.lengths[piece];
      for (let i = seeds.firsts[piece]; i <= seeds.lasts[piece]; i++) entries[offsets[seeds.order[i] + 1]++] = entry;
    }
    this.#offsets = offsets.subarray(0, symbols.length + 1);
    this.#entries = entries;
    let longest = 0;
    for (let word = 0; word < text.counts.length; word++) {
      longest = Math.max(longest, text.starts[word + 1] - text.starts[word]);
    }
    this.#forward = new Float64Array(longest + 1);
    this.#backward = new Float64Array(longest + 1);
    this.#path = new Int32Array(longest + 1);
  }

  get size(): number {
    return this.lengths.length;
  }

  /** Expected occurrences of each piece when pieces have these probabilities, over all segmentations (forward and backward sums). */
  expected(probabilities: Float64Array): Float64Array {
    const { counts, starts } = this.#text;
    // Every symbol's probability grows by the same factor, which changes no expectation and keeps products near one.
    let mass = 0;
    let symbols = 0;
    for (let piece = 0; piece < this.size; piece++) {
      mass -= probabilities[piece] * Math.log(probabilities[piece]);
      symbols += probabilities[piece] * this.lengths[piece];
    }
    const perSymbol = mass / symbols;
    const scaled = new Float64Array(this.size);
    for (let piece = 0; piece < this.size; piece++) {
      scaled[piece] = probabilities[piece] * Math.exp(perSymbol * this.lengths[piece]);
    }
    const sums = new Float64Array(this.size);
    for (let word = 0; word < counts.length; word++) {
      this.#expect(starts[word], starts[word + 1] - 1, counts[word], scaled, sums);
    }
    return sums;
  }

  #expect(start: number, end: number, count: number, scaled: Float64Array, sums: Float64Array): void {
    const forward = this.#forward;
    const backward = this.#backward;
    const entries = this.#entries;
    const offsets = this.#offsets;
    const length = end - start;
    forward.fill(0, 1, length + 1);
    forward[0] = 1;
    for (let at = 0; at < length; at++) {
      const till = forward[at];
      const stop = offsets[start + at + 1];
      for (let i = offsets[start + at]; i < stop; i++) {
        const entry = entries[i];
        const to = at + (entry & lengthMask);
        if (to <= length) forward[to] += till * scaled[entry >> lengthBits];
      }
    }
    const whole = forward[length];
    if (!(whole > tiny && whole < huge) && length > 1) {
      // Rare symbols in a row leave the range of numbers; in halves they do not, and little is lost at the cut.
      const middle = start + (length >> 1);
      this.#expect(start, middle, count, scaled, sums);
      this.#expect(middle, end, count, scaled, sums);
      return;
    }
    backward[length] = count / whole;
    for (let at = length - 1; at >= 0; at--) {
      const till = forward[at];
      let sum = 0;
      const stop = offsets[start + at + 1];
      for (let i = offsets[start + at]; i < stop; i++) {
        const entry = entries[i];
        const to = at + (entry & lengthMask);
        if (to > length) continue;
        const piece = entry >> lengthBits;
        const after = scaled[piece] * backward[to];
        sum += after;
        sums[piece] += till * after;
      }
      backward[at] = sum;
    }
  }

  /** How often each piece stands in the best segmentations of the words. */
  used(scores: Float64Array): Float64Array {
    const { counts, starts } = this.#text;
    const sums = new Float64Array(this.size);
    for (let word = 0; word < counts.length; word++) {
      const start = starts[word];
      const end = starts[word + 1] - 1;
      this.#best(start, end, scores, -1);
      for (let at = end - start; at > 0; ) {
        const entry = this.#path[at];
        sums[entry >> lengthBits] += counts[word];
        at -= entry & lengthMask;
      }
    }
    return sums;
  }

  /** The best segmentation of a piece into others, from its end. */
  alternative(piece: number, scores: Float64Array): { readonly pieces: number[]; readonly score: number } {
    const length = this.lengths[piece];
    const score = this.#best(this.positions[piece], this.positions[piece] + length, scores, piece);
    const pieces: number[] = [];
    for (let at = length; at > 0; ) {
      const entry = this.#path[at];
      pieces.push(entry >> lengthBits);
      at -= entry & lengthMask;
    }
    return { pieces, score };
  }

  #best(start: number, end: number, scores: Float64Array, without: number): number {
    const best = this.#forward;
    const path = this.#path;
    const entries = this.#entries;
    const offsets = this.#offsets;
    const length = end - start;
    best.fill(-Infinity, 1, length + 1);
    best[0] = 0;
    for (let at = 0; at < length; at++) {
      const till = best[at];
      const stop = offsets[start + at + 1];
      for (let i = offsets[start + at]; i < stop; i++) {
        const entry = entries[i];
        const to = at + (entry & lengthMask);
        if (to > length) continue;
        const piece = entry >> lengthBits;
        const score = till + scores[piece];
        if (score > best[to] && piece !== without) {
          best[to] = score;
          path[to] = entry;
        }
      }
    }
    return best[length];
  }

  /** Keeps these pieces (rising ids, single symbols among them), which take the ids 0, 1, … in their order. */
  keep(pieces: readonly number[]): void {
    const next = new Int32Array(this.size).fill(-1);
    pieces.forEach((piece, id) => (next[piece] = id));
    this.positions = Int32Array.from(pieces, (piece) => this.positions[piece]);
    this.lengths = Uint8Array.from(pieces, (piece) => this.lengths[piece]);
    const offsets = this.#offsets;
    const entries = this.#entries;
    let kept = 0;
    let from = 0;
    for (let at = 0; at + 1 < offsets.length; at++) {
      const stop = offsets[at + 1];
      for (let i = from; i < stop; i++) {
        const entry = entries[i];
        const id = next[entry >> lengthBits];
        if (id >= 0) entries[kept++] = (id << lengthBits) | (entry & lengthMask);
      }
      from = stop;
      offsets[at + 1] = kept;
    }
  }
}
