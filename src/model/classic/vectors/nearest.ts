import { InvalidInput } from '../../../base/core/index.js';
import { Products } from '../simd/index.js';
import type { WordVectors } from './word-vectors.js';

export interface Neighbour {
  readonly word: string;
  readonly index: number;
  /** Cosine of the angle between the two vectors. */
  readonly similarity: number;
}

export interface SearchOptions {
  /** Neighbours of each query, best first. Default 10. */
  readonly top?: number;
  /** Rows that are never a neighbour of query n. */
  readonly exclude?: (query: number) => readonly number[];
}

/** Divides a vector by its length; one of length 0 stays. Returns the length. */
export function normalize(vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!;
  const length = Math.sqrt(sum);
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i]! /= length;
  return length;
}

/** Exact search by cosine: all vectors at length 1, in memory of its own (as much again as the vectors take). */
export class NearestIndex {
  readonly #vectors: WordVectors;
  readonly #products: Products;

  /** Of the first `restrict` words, or of all. */
  constructor(vectors: WordVectors, restrict = vectors.words.length) {
    this.#vectors = vectors;
    const rows = Math.min(restrict, vectors.words.length);
    this.#products = new Products(rows, vectors.dim);
    for (let i = 0; i < rows; i++) {
      const row = this.#products.row(i);
      row.set(vectors.row(i));
      normalize(row);
    }
  }

  /** The row of a word at length 1. */
  unit(index: number): Float32Array {
    return this.#products.row(index);
  }

  /** Neighbours of vectors of any length; words of equal similarity in the order of the vectors. */
  search(queries: readonly Float32Array[], { top = 10, exclude }: SearchOptions = {}): Neighbour[][] {
    const { dim, rows } = this.#products;
    if (!Number.isInteger(top) || top < 1) {
      throw new InvalidInput('vectors.top', `neighbours: expected top to be a whole number of at least 1, got ${top}`);
    }
    const units = queries.map((query) => {
      if (query.length !== dim) {
        throw new InvalidInput('vectors.query', `neighbours: expected a query of ${dim} floats, got ${query.length}`);
      }
      const unit = Float32Array.from(query);
      normalize(unit);
      return unit;
    });
    const left = queries.map((_, query) => new Set(exclude?.(query) ?? []));
    const found = queries.map(() => new Best(Math.min(top, rows)));
    this.#products.scan(units, (query, firstRow, count, scores, offset) => {
      const best = found[query]!;
      for (let i = 0; i < count; i++) {
        const score = scores[offset + 4 * i]!;
        if (score > best.least && !left[query]!.has(firstRow + i)) best.add(firstRow + i, score);
      }
    });
    return found.map((best) =>
      best.entries().map(({ index, score }) => ({
        word: this.#vectors.words[index]!,
        index,
        similarity: score,
      })),
    );
  }
}

/** The highest scores so far, sorted. */
class Best {
  readonly #indices: Int32Array;
  readonly #scores: Float64Array;
  #size = 0;
  /** A score must be above this to be taken. */
  least = Number.NEGATIVE_INFINITY;

  constructor(size: number) {
    this.#indices = new Int32Array(size);
    this.#scores = new Float64Array(size);
  }

  add(index: number, score: number): void {
    const size = this.#scores.length;
    let at = this.#size < size ? this.#size++ : size - 1;
    for (; at > 0 && this.#scores[at - 1]! < score; at--) {
      this.#scores[at] = this.#scores[at - 1]!;
      this.#indices[at] = this.#indices[at - 1]!;
    }
    this.#scores[at] = score;
    this.#indices[at] = index;
    if (this.#size === size) this.least = this.#scores[size - 1]!;
  }

  entries(): { index: number; score: number }[] {
    return Array.from({ length: this.#size }, (_, i) => ({ index: this.#indices[i]!, score: this.#scores[i]! }));
  }
}
