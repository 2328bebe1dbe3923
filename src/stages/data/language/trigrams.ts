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

interface Posting {
  readonly language: number[];
  readonly gain: number[];
}

/**
 * Lists of the 300 most frequent trigrams of a language, as a unigram model of trigrams: sums of log-ratios over a text.
 * One instance holds the languages of one script.
 */
export class TrigramJudge implements Judge {
  readonly name = 'trigrams';
  readonly languages: readonly string[];
  readonly #postings = new Map<string, Posting>();

  constructor(lists: Readonly<Record<string, string>>) {
    this.languages = Object.keys(lists).map(languageCode);
    Object.values(lists).forEach((list, language) => {
      list.split('|').forEach((trigram, rank) => {
        if (rank >= ranks) return;
        let posting = this.#postings.get(trigram);
        if (!posting) this.#postings.set(trigram, (posting = { language: [], gain: [] }));
        posting.language.push(language);
        posting.gain.push(gains[rank]!);
      });
    });
  }

  weigh(text: string): Evidence {
    const scores = new Float64Array(this.languages.length);
    const hits = new Uint32Array(this.languages.length);
    const cleaned = clean(text);
    let features = 0;
    for (let i = 0; i + 3 <= cleaned.length; i++) {
      features++;
      const posting = this.#postings.get(cleaned.substring(i, i + 3));
      if (!posting) continue;
      const { language, gain } = posting;
      for (let j = 0; j < language.length; j++) {
        scores[language[j]!]! += gain[j]!;
        hits[language[j]!]!++;
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
