import { createReadStream } from 'node:fs';
import { Unavailable, messageOf } from '../../../base/core/index.js';
import { Dictionary, FastTextModel, readFastText } from '../../../model/classic/index.js';
import { languageCode } from './codes.js';
import type { Evidence, Judge } from './judge.js';
import { packageFile } from './packages.js';

/** Wikipedia's codes that mean something else in ISO 639-3. */
const wikipedia: Readonly<Record<string, string>> = { als: 'gsw', diq: 'zza', eml: 'egl', nah: 'nhn', bh: 'bho' };

/** The lowest log-probability that is told apart: below it a classifier's numbers are noise. */
const floor = -12;

/** Words whose features are remembered: texts repeat theirs. */
const mostWords = 50_000;

/** A dictionary of a classifier without runs of words that remembers the features of every word, known or not. */
class RememberingDictionary extends Dictionary {
  readonly #seen = new Map<string, readonly number[]>();

  override line(text: string): { rows: number[]; labels: number[]; tokens: number } {
    const words = text.split(/[ \t\n\v\f\r\0]+/).filter((word) => word !== '');
    words.push('</s>');
    const rows: number[] = [];
    for (const word of words) {
      let own = this.#seen.get(word);
      if (!own) {
        own = this.rowsOf(word);
        if (this.#seen.size >= mostWords) this.#seen.clear();
        if (word.length <= 40) this.#seen.set(word, own);
      }
      for (const row of own) rows.push(row);
    }
    return { rows, labels: [], tokens: words.length };
  }
}

/** fastText's classifier over words and their n-grams of 2 to 4 characters. */
export class SubwordJudge implements Judge {
  readonly name = 'fastText';
  readonly languages: readonly string[];
  readonly #model: FastTextModel;
  readonly #places: ReadonlyMap<string, number>;

  constructor(model: FastTextModel) {
    const { settings, dictionary, input, output } = model;
    // Runs of words, where a model has them, are the plain dictionary's work.
    this.#model =
      settings.wordNgrams > 1
        ? model
        : new FastTextModel(settings, new RememberingDictionary(dictionary.entries, settings), input, output);
    const labels = model.labels.map((label) => label.replace('__label__', ''));
    this.languages = labels.map((label) => wikipedia[label] ?? languageCode(label));
    this.#places = new Map(model.labels.map((label, place) => [label, place]));
  }

  weigh(text: string): Evidence {
    const scores = new Float64Array(this.languages.length).fill(floor);
    const found = this.#model.predict(text.replace(/\s+/g, ' '), { top: this.languages.length });
    for (const { label, probability } of found) {
      scores[this.#places.get(label)!] = Math.max(floor, Math.log(probability));
    }
    return { scores, features: found.length === 0 ? 0 : 1 };
  }
}

/** The model lid.176.ftz that the package `fasttext.wasm.js` brings (CC BY-SA 3.0); 176 languages. */
export async function loadSubwords(): Promise<SubwordJudge> {
  const path = packageFile('fasttext.wasm.js', 'dist', 'models', 'language-identification', 'assets', 'lid.176.ftz');
  try {
    return new SubwordJudge(await readFastText(createReadStream(path), { name: 'lid.176.ftz' }));
  } catch (error) {
    throw new Unavailable('language.data', `load lid.176: expected ${path}, ${messageOf(error)}`, {}, error);
  }
}
