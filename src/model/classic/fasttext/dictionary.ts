import { hashBytes, hashWord, overSubwords, overWordNgrams } from './hash.js';
import { endOfLine, tokensOf } from './settings.js';
import type { FastTextSettings } from './settings.js';

export interface DictionaryEntries {
  /** Most frequent first. */
  readonly words: readonly string[];
  readonly wordCounts: ArrayLike<number>;
  /** With their prefix, `__label__pos`. */
  readonly labels: readonly string[];
  readonly labelCounts: ArrayLike<number>;
  /** Words of the training text. */
  readonly tokens: number;
  /** Bytes of words and labels that are not UTF-8, by their place (labels after words); files have such. */
  readonly raw?: ReadonlyMap<number, Uint8Array>;
  /** In a pruned model: the row (after the words) of each bucket that is left. */
  readonly kept?: ReadonlyMap<number, number>;
}

const encoder = new TextEncoder();

/** Words, labels and n-grams of a model as rows of its input matrix. */
export class Dictionary {
  readonly entries: DictionaryEntries;
  readonly #settings: Pick<FastTextSettings, 'minn' | 'maxn' | 'buckets' | 'wordNgrams'>;
  readonly #words = new Map<string, number>();
  readonly #labels = new Map<string, number>();
  /** Rows and hash of a word, kept once they were asked for. */
  readonly #rows: (readonly number[] | undefined)[] = [];
  readonly #hashes: (number | undefined)[] = [];
  readonly #prefix: string;

  constructor(
    entries: DictionaryEntries,
    settings: Pick<FastTextSettings, 'minn' | 'maxn' | 'buckets' | 'wordNgrams'>,
    labelPrefix = '__label__',
  ) {
    this.entries = entries;
    this.#settings = settings;
    this.#prefix = labelPrefix;
    // Of entries that read the same (broken UTF-8), the first keeps the name.
    for (let i = entries.words.length - 1; i >= 0; i--) this.#words.set(entries.words[i]!, i);
    for (let i = entries.labels.length - 1; i >= 0; i--) this.#labels.set(entries.labels[i]!, i);
  }

  /** Place of a word, or -1. */
  indexOf(word: string): number {
    return this.#words.get(word) ?? -1;
  }

  /** Place of a label, or -1. */
  labelOf(label: string): number {
    return this.#labels.get(label) ?? -1;
  }

  /** Bytes of the n-th word, or of the label behind the words. */
  bytes(index: number): Uint8Array {
    const { words, labels, raw } = this.entries;
    return raw?.get(index) ?? encoder.encode(words[index] ?? labels[index - words.length]!);
  }

  /** Rows of the input matrix that make up a known word: its own, then its n-grams'. */
  rows(index: number): readonly number[] {
    let rows = this.#rows[index];
    if (!rows) {
      const list = [index];
      // The end of a line has no n-grams.
      if (this.entries.words[index] !== endOfLine) this.#addSubwords(this.bytes(index), list);
      rows = list;
      this.#rows[index] = rows;
    }
    return rows;
  }

  /** Rows of any word; none where it is unknown and has no n-grams. */
  rowsOf(word: string): readonly number[] {
    const index = this.indexOf(word);
    if (index >= 0) return this.rows(index);
    const list: number[] = [];
    if (word !== endOfLine) this.#addSubwords(encoder.encode(word), list);
    return list;
  }

  #addSubwords(word: Uint8Array, list: number[]): void {
    overSubwords(word, this.#settings, (bucket) => this.#addBucket(bucket, list));
  }

  #addBucket(bucket: number, list: number[]): void {
    const { words, kept } = this.entries;
    if (!kept) list.push(words.length + bucket);
    else {
      const row = kept.get(bucket);
      if (row !== undefined) list.push(words.length + row);
    }
  }

  /**
   * Features of a line for a classifier (rows of the input matrix: words, their n-grams, runs of words) and the places of
   * its known labels. A line break is white space here; the end of the line is a word.
   */
  line(text: string): { rows: number[]; labels: number[]; tokens: number } {
    const { maxn, wordNgrams, buckets } = this.#settings;
    const rows: number[] = [];
    const labels: number[] = [];
    const hashes: number[] = [];
    const tokens = tokensOf(text);
    tokens.push(endOfLine);
    for (const token of tokens) {
      const index = this.indexOf(token);
      if (index < 0 && token.startsWith(this.#prefix)) {
        const label = this.labelOf(token);
        if (label >= 0) labels.push(label);
        continue;
      }
      if (index < 0) {
        for (const row of this.rowsOf(token)) rows.push(row);
        if (wordNgrams > 1) hashes.push(hashWord(token));
        continue;
      }
      if (maxn <= 0) rows.push(index);
      else for (const row of this.rows(index)) rows.push(row);
      if (wordNgrams > 1) hashes.push((this.#hashes[index] ??= hashBytes(this.bytes(index))));
    }
    if (wordNgrams > 1) overWordNgrams(hashes, wordNgrams, buckets, (bucket) => this.#addBucket(bucket, rows));
    return { rows, labels, tokens: tokens.length };
  }
}
