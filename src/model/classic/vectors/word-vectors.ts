import { InvalidInput, invariant } from '../../../base/core/index.js';

/** Static vectors of words: one row each. */
export class WordVectors {
  /** Most frequent first where the vectors come from training or a file in that order. */
  readonly words: readonly string[];
  readonly dim: number;
  /** [words, dim]. */
  readonly data: Float32Array;
  #places: Map<string, number> | undefined;

  /** Throws `InvalidInput` where `data` is not [words, dim]. */
  constructor(words: readonly string[], dim: number, data: Float32Array) {
    if (!Number.isInteger(dim) || dim < 1 || data.length !== words.length * dim) {
      throw new InvalidInput(
        'vectors.shape',
        `vectors: expected ${words.length} rows of ${dim} floats, got ${data.length} floats`,
        { words: words.length, dim, got: data.length },
      );
    }
    this.words = words;
    this.dim = dim;
    this.data = data;
  }

  /** Row of a word, or -1. Of a word that stands twice in a file the first row counts. */
  indexOf(word: string): number {
    if (!this.#places) {
      this.#places = new Map();
      for (let i = this.words.length - 1; i >= 0; i--) this.#places.set(this.words[i]!, i);
    }
    return this.#places.get(word) ?? -1;
  }

  has(word: string): boolean {
    return this.indexOf(word) >= 0;
  }

  /** A view of the word's row, or undefined. */
  vector(word: string): Float32Array | undefined {
    const index = this.indexOf(word);
    return index < 0 ? undefined : this.row(index);
  }

  /** A view of one row. */
  row(index: number): Float32Array {
    invariant(index >= 0 && index < this.words.length, 'a row of the vectors', { index });
    return this.data.subarray(index * this.dim, (index + 1) * this.dim);
  }
}
