import { pathToFileURL } from 'node:url';
import { Unavailable, messageOf } from '../../../base/core/index.js';
import { languageCode } from './codes.js';
import type { Evidence, Judge } from './judge.js';
import type { Script } from './scripts.js';
import { packageFile } from './packages.js';

/** Rank to probability: a Zipf-Mandelbrot curve (Mandelbrot 1953) that fits the top 300 trigrams of most languages. */
const shift = 20;
const exponent = 0.85;
const topMass = 0.5;
const ranks = 300;
/** A trigram that is not in a list is taken to be this much rarer than the last one in it. */
const missing = 0.12;

const gains = (() => {
  const weights = Float64Array.from({ length: ranks }, (_, rank) => (rank + 1 + shift) ** -exponent);
  const sum = weights.reduce((a, b) => a + b, 0);
  const floor = (weights[ranks - 1]! / sum) * topMass * missing;
  return weights.map((weight) => Math.log(((weight / sum) * topMass) / floor));
})();

/** Text as the lists were made: lower case, signs and digits of ASCII are spaces, one space between words and at the ends. */
const clean = (text: string): string =>
  ` ${text
    .toLowerCase()
    .replace(/[!-@\s]+/g, ' ')
    .trim()} `;

/** Two hashes of three UTF-16 units: where to look, and the mark that is looked for. */
const place = (a: number, b: number, c: number): number => {
  const hash = Math.imul(Math.imul(Math.imul(a, 0x01000193) ^ b, 0x01000193) ^ c, 0x9e3779b1);
  return (hash ^ (hash >>> 15)) >>> 0;
};
const mark = (a: number, b: number, c: number): number =>
  ((Math.imul(a, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35)) + c * 31) >>> 0 || 1;

/**
 * Lists of the 300 most frequent trigrams of a language, as a unigram model of trigrams: sums of log-ratios over a text.
 * One instance holds the languages of one script.
 */
export class TrigramJudge implements Judge {
  readonly name = 'trigrams';
  readonly languages: readonly string[];
  /** Per slot: mark of a trigram (0 for none) and its number; per number, where its languages and gains start. */
  readonly #marks: Uint32Array;
  readonly #numbers: Uint32Array;
  readonly #mask: number;
  readonly #starts: Uint32Array;
  readonly #ids: Uint16Array;
  readonly #gains: Float32Array;
  /** Times that each trigram stands in the text at hand, and which ones do. */
  readonly #times: Uint32Array;
  readonly #touched: Uint32Array;

  constructor(lists: Readonly<Record<string, string>>) {
    this.languages = Object.keys(lists).map(languageCode);
    const postings = new Map<string, [language: number, gain: number][]>();
    Object.values(lists).forEach((list, language) => {
      list.split('|').forEach((trigram, rank) => {
        if (rank >= ranks || trigram.length !== 3) return;
        const posting = postings.get(trigram) ?? [];
        posting.push([language, gains[rank]!]);
        postings.set(trigram, posting);
      });
    });
    const slots = 2 ** Math.ceil(Math.log2(Math.max(2, postings.size * 2)));
    this.#mask = slots - 1;
    this.#marks = new Uint32Array(slots);
    this.#numbers = new Uint32Array(slots);
    this.#starts = new Uint32Array(postings.size + 1);
    this.#times = new Uint32Array(postings.size);
    this.#touched = new Uint32Array(postings.size);
    const all = [...postings.values()].flat();
    this.#ids = Uint16Array.from(all, ([language]) => language);
    this.#gains = Float32Array.from(all, ([, gain]) => gain);
    let number = 0;
    for (const [trigram, posting] of postings) {
      const [a, b, c] = [trigram.charCodeAt(0), trigram.charCodeAt(1), trigram.charCodeAt(2)];
      let slot = place(a, b, c) & this.#mask;
      while (this.#marks[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#marks[slot] = mark(a, b, c);
      this.#numbers[slot] = number;
      this.#starts[number + 1] = this.#starts[number]! + posting.length;
      number++;
    }
  }

  weigh(text: string): Evidence {
    const scores = new Float64Array(this.languages.length);
    const hits = new Uint32Array(this.languages.length);
    const cleaned = clean(text);
    const features = Math.max(0, cleaned.length - 2);
    let touched = 0;
    let a = cleaned.charCodeAt(0);
    let b = cleaned.charCodeAt(1);
    for (let i = 2; i < cleaned.length; i++) {
      const c = cleaned.charCodeAt(i);
      const wanted = mark(a, b, c);
      let slot = place(a, b, c) & this.#mask;
      let found = this.#marks[slot]!;
      while (found !== 0 && found !== wanted) {
        slot = (slot + 1) & this.#mask;
        found = this.#marks[slot]!;
      }
      if (found !== 0) {
        const number = this.#numbers[slot]!;
        if (this.#times[number]!++ === 0) this.#touched[touched++] = number;
      }
      a = b;
      b = c;
    }
    for (let t = 0; t < touched; t++) {
      const number = this.#touched[t]!;
      const times = this.#times[number]!;
      this.#times[number] = 0;
      const end = this.#starts[number + 1]!;
      for (let j = this.#starts[number]!; j < end; j++) {
        const language = this.#ids[j]!;
        scores[language]! += times * this.#gains[j]!;
        hits[language]! += times;
      }
    }
    return { scores, features, hits };
  }
}

/** The lists that the package `franc-all` brings: by script, 400 languages, made from the Declaration of Human Rights. */
export async function loadTrigrams(): Promise<ReadonlyMap<Script, TrigramJudge>> {
  const path = packageFile('franc-all', 'data.js');
  let data: Readonly<Record<string, Readonly<Record<string, string>>>>;
  try {
    ({ data } = (await import(pathToFileURL(path).href)) as { data: typeof data });
  } catch (error) {
    throw new Unavailable(
      'language.data',
      `load trigrams: expected ${path} of franc-all 7, ${messageOf(error)}`,
      {},
      error,
    );
  }
  return new Map(Object.entries(data).map(([script, lists]) => [script as Script, new TrigramJudge(lists)]));
}
