import { createReadStream } from 'node:fs';
import { Unavailable, messageOf } from '../../../base/core/index.js';
import { type FastTextModel, readFastText } from '../../../model/classic/index.js';
import { languageCode } from './codes.js';
import type { Evidence, Judge } from './judge.js';
import { packageFile } from './packages.js';

/** Wikipedia's codes that mean something else in ISO 639-3. */
const wikipedia: Readonly<Record<string, string>> = { als: 'gsw', diq: 'zza', eml: 'egl', nah: 'nhn', bh: 'bho' };

/** The lowest log-probability that is told apart: below it a classifier's numbers are noise. */
const floor = -12;

/** fastText's classifier over words and their n-grams of 2 to 4 characters. */
export class SubwordJudge implements Judge {
  readonly name = 'fastText';
  readonly languages: readonly string[];
  readonly #model: FastTextModel;
  readonly #places: ReadonlyMap<string, number>;

  constructor(model: FastTextModel) {
    this.#model = model;
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
