import { z } from 'zod';
import { type Finding, type TextMeasure, above, duplicates, lengthOf } from './text-measure.js';

/** Limits of Rae et al. (2021), table A1: shares of lines, paragraphs and characters. */
export const gopherRepetitionOptions = z.strictObject({
  maxDuplicateLines: z.number().min(0).default(0.3),
  maxDuplicateParagraphs: z.number().min(0).default(0.3),
  maxDuplicateLineCharacters: z.number().min(0).default(0.2),
  maxDuplicateParagraphCharacters: z.number().min(0).default(0.2),
  /** Characters of the most frequent run of n words. */
  topNgrams: z.array(z.tuple([z.int().min(1).max(32), z.number().min(0)])).default([
    [2, 0.2],
    [3, 0.18],
    [4, 0.16],
  ]),
  /** Characters of runs of n words that stood there before. */
  duplicateNgrams: z.array(z.tuple([z.int().min(1).max(32), z.number().min(0)])).default([
    [5, 0.15],
    [6, 0.14],
    [7, 0.13],
    [8, 0.12],
    [9, 0.11],
    [10, 0.1],
  ]),
});
export type GopherRepetitionOptions = z.infer<typeof gopherRepetitionOptions>;

/** Runs of words of one text, by number: exact, for the words are compared where their hashes agree. */
class Runs {
  readonly count: number;
  readonly #ids: Int32Array;
  /** Code points of the words before each place. */
  readonly #ends: Float64Array;
  readonly #slots: Int32Array;
  readonly #used: Int32Array;
  readonly #times: Int32Array;
  #round = 0;

  constructor(words: readonly string[]) {
    this.count = words.length;
    this.#ids = new Int32Array(words.length);
    this.#ends = new Float64Array(words.length + 1);
    const numbers = new Map<string, number>();
    const lengths: number[] = [];
    words.forEach((word, i) => {
      let id = numbers.get(word);
      if (id === undefined) {
        id = numbers.size;
        numbers.set(word, id);
        lengths.push(lengthOf(word));
      }
      this.#ids[i] = id;
      this.#ends[i + 1] = this.#ends[i]! + lengths[id]!;
    });
    const slots = 2 ** Math.ceil(Math.log2(Math.max(2, words.length * 2)));
    this.#slots = new Int32Array(slots);
    this.#used = new Int32Array(slots);
    this.#times = new Int32Array(words.length);
  }

  /** Place where the run of `n` words at `at` stood first; `at` itself where it is new, and it is then remembered. */
  #first(at: number, n: number): number {
    let hash = 0;
    for (let i = at; i < at + n; i++) hash = Math.imul(hash ^ this.#ids[i]!, 0x9e3779b1) ^ (hash >>> 13);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 16)) & mask;
    for (; this.#used[slot] === this.#round; slot = (slot + 1) & mask) {
      const other = this.#slots[slot]!;
      let i = 0;
      while (i < n && this.#ids[other + i] === this.#ids[at + i]) i++;
      if (i === n) return other;
    }
    this.#used[slot] = this.#round;
    this.#slots[slot] = at;
    return at;
  }

  /** Characters of the most frequent run, spaces between its words included, times how often it stands there. */
  top(n: number): number {
    if (this.count < n) return 0;
    this.#round++;
    let [best, most] = [0, 0];
    for (let at = 0; at + n <= this.count; at++) {
      const first = this.#first(at, n);
      const times = first === at ? 1 : this.#times[first]! + 1;
      this.#times[first] = times;
      // Of equally frequent runs, the one that stood there first counts.
      if (times > most || (times === most && first < best)) [best, most] = [first, times];
    }
    return (this.#ends[best + n]! - this.#ends[best]! + n - 1) * most;
  }

  /** Characters of runs seen before; a run that counts is stepped over. */
  duplicated(n: number): number {
    this.#round++;
    let characters = 0;
    for (let at = 0; at + n <= this.count; ) {
      if (this.#first(at, n) === at) at++;
      else {
        characters += this.#ends[at + n]! - this.#ends[at]!;
        at += n;
      }
    }
    return characters;
  }
}

/** Rules of Gopher about repetition, in datatrove's order. */
export function* gopherRepetition(
  measure: TextMeasure,
  options: GopherRepetitionOptions,
): Generator<Finding | undefined> {
  const { text } = measure;
  if (text === '') {
    yield { rule: 'empty', detail: 'no text' };
    return;
  }
  const paragraphs = text.trim().split(/\n{2,}/);
  const again = duplicates(paragraphs);
  yield above('dup_para_frac', again.count / paragraphs.length, options.maxDuplicateParagraphs);
  yield above('dup_para_char_frac', again.characters / measure.length, options.maxDuplicateParagraphCharacters);
  const lines = text.split(/\n+/);
  const twice = duplicates(lines);
  yield above('dup_line_frac', twice.count / lines.length, options.maxDuplicateLines);
  yield above('dup_line_char_frac', twice.characters / measure.length, options.maxDuplicateLineCharacters);
  const runs = new Runs(measure.words);
  for (const [n, limit] of options.topNgrams) yield above(`top_${n}_gram`, runs.top(n) / measure.length, limit);
  for (const [n, limit] of options.duplicateNgrams) {
    yield above(`duplicated_${n}_n_grams`, runs.duplicated(n) / measure.length, limit);
  }
}
