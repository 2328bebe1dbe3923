import { InvalidInput } from '../../../base/core/index.js';
import { codeTree } from '../vectors/sampling.js';
import { WordVectors } from '../vectors/word-vectors.js';
import type { Dictionary } from './dictionary.js';
import type { FastTextSettings } from './settings.js';

export interface Prediction {
  readonly label: string;
  /** Of the label among all (softmax, hierarchical softmax), or of the label by itself (one-vs-all, negative). */
  readonly probability: number;
}

export interface PredictOptions {
  /** Labels to give, most likely first. Default 1. */
  readonly top?: number;
  /** Least probability. Default 0. */
  readonly threshold?: number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** A fastText model: vectors of any word, and labels of texts where it was trained for that. */
export class FastTextModel {
  readonly settings: FastTextSettings;
  readonly dictionary: Dictionary;
  /** [words + buckets, dim]. */
  readonly input: Float32Array;
  /** [words or labels, dim]. */
  readonly output: Float32Array;
  #tree: { left: Int32Array; right: Int32Array } | undefined;

  constructor(settings: FastTextSettings, dictionary: Dictionary, input: Float32Array, output: Float32Array) {
    this.settings = settings;
    this.dictionary = dictionary;
    this.input = input;
    this.output = output;
  }

  get dim(): number {
    return this.settings.dim;
  }

  /** Labels in the order of the model, most frequent first, with their prefix. */
  get labels(): readonly string[] {
    return this.dictionary.entries.labels;
  }

  has(word: string): boolean {
    return this.dictionary.indexOf(word) >= 0;
  }

  /** Vector of a word, composed of its own row and those of its n-grams; undefined for an unknown word without n-grams. */
  vector(word: string): Float32Array | undefined {
    const rows = this.dictionary.rowsOf(word);
    return rows.length === 0 ? undefined : this.#mean(rows);
  }

  #mean(rows: readonly number[]): Float32Array {
    const { dim } = this.settings;
    const sum = new Float32Array(dim);
    for (const row of rows) {
      const at = row * dim;
      for (let i = 0; i < dim; i++) sum[i]! += this.input[at + i]!;
    }
    for (let i = 0; i < dim; i++) sum[i]! /= rows.length;
    return sum;
  }

  /** Vectors of all known words, composed. */
  wordVectors(): WordVectors {
    const { dim } = this.settings;
    const { words } = this.dictionary.entries;
    const data = new Float32Array(words.length * dim);
    for (let i = 0; i < words.length; i++) data.set(this.#mean(this.dictionary.rows(i)), i * dim);
    return new WordVectors(words, dim, data);
  }

  /**
   * Labels of a text with their probabilities, most likely first; none for a text without a known feature. The
   * probabilities are exact; fastText's own program prints them 0.00001 higher.
   *
   * @throws InvalidInput `fasttext.predict` where the model is no classifier, or `top` is no whole number above 0.
   */
  predict(text: string, { top = 1, threshold = 0 }: PredictOptions = {}): Prediction[] {
    if (this.settings.model !== 'supervised') {
      throw new InvalidInput(
        'fasttext.predict',
        `predict: expected a classifier, got a model of words (${this.settings.model})`,
      );
    }
    if (!Number.isInteger(top) || top < 1) {
      throw new InvalidInput(
        'fasttext.predict',
        `predict: expected top to be a whole number of at least 1, got ${top}`,
      );
    }
    const { rows } = this.dictionary.line(text);
    if (rows.length === 0 || this.labels.length === 0) return [];
    const probabilities = this.#probabilities(this.#mean(rows));
    return Array.from(probabilities, (probability, i) => ({ label: this.labels[i]!, probability }))
      .filter(({ probability }) => probability >= threshold)
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top);
  }

  #score(row: number, hidden: Float32Array): number {
    const at = row * hidden.length;
    let sum = 0;
    for (let i = 0; i < hidden.length; i++) sum += this.output[at + i]! * hidden[i]!;
    return sum;
  }

  #probabilities(hidden: Float32Array): Float64Array {
    const { loss } = this.settings;
    const n = this.labels.length;
    const result = new Float64Array(n);
    switch (loss) {
      case 'softmax': {
        let most = Number.NEGATIVE_INFINITY;
        for (let i = 0; i < n; i++) {
          result[i] = this.#score(i, hidden);
          most = Math.max(most, result[i]!);
        }
        let sum = 0;
        for (let i = 0; i < n; i++) sum += result[i] = Math.exp(result[i]! - most);
        for (let i = 0; i < n; i++) result[i]! /= sum;
        return result;
      }
      case 'one-vs-all':
      case 'negative':
        for (let i = 0; i < n; i++) result[i] = sigmoid(this.#score(i, hidden));
        return result;
      case 'hierarchical': {
        // Downward: the share of an inner node splits among its two children. Inner nodes are numbered from the leaves up.
        const { left, right } = (this.#tree ??= this.#children());
        const share = new Float64Array(2 * n - 1);
        share[2 * n - 2] = 1;
        for (let node = 2 * n - 2; node >= n; node--) {
          const turn = sigmoid(this.#score(node - n, hidden));
          share[left[node - n]!] = share[node]! * (1 - turn);
          share[right[node - n]!] = share[node]! * turn;
        }
        return share.subarray(0, n);
      }
      default:
        throw loss satisfies never;
    }
  }

  #children(): { left: Int32Array; right: Int32Array } {
    const n = this.labels.length;
    const { starts, nodes, turns } = codeTree(this.dictionary.entries.labelCounts);
    const children = [new Int32Array(n - 1), new Int32Array(n - 1)] as const;
    for (let leaf = 0; leaf < n; leaf++) {
      let below = leaf;
      for (let i = starts[leaf]!; i < starts[leaf + 1]!; i++) {
        children[turns[i]! as 0 | 1][nodes[i]!] = below;
        below = nodes[i]! + n;
      }
    }
    return { left: children[0], right: children[1] };
  }
}
