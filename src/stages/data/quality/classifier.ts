import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { sha256, writeFileAtomic } from '../../../base/core/index.node.js';
import type { OnProgress } from '../../../base/contract/index.js';
import { type FastTextModel, trainClassifier } from '../../../model/classic/index.js';
import { loadVectors, saveFastText } from '../../../model/classic/index.node.js';
import { type ClassFigures, calibrationError, figuresOf } from './metrics.js';
import { wordsOf } from './words.js';

const prefix = '__label__';

export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

export interface TrainClassifierOptions {
  /** Share of examples that are kept out: half of them set the temperature, half are measured. Default 0.2. */
  readonly heldOut?: number;
  /** fastText's: floats per row (32), runs of words (2), n-grams of characters (3 to 5; 0 for none), epochs (15), rate (0.5), buckets (200,000). */
  readonly dim?: number;
  readonly wordNgrams?: number;
  readonly minn?: number;
  readonly maxn?: number;
  readonly epochs?: number;
  readonly rate?: number;
  readonly buckets?: number;
  readonly minCount?: number;
  readonly seed?: number;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface ClassifierReport {
  readonly trained: number;
  readonly calibrated: number;
  readonly measured: number;
  readonly accuracy: number;
  readonly macroF1: number;
  /** Expected calibration error before and after the temperature. */
  readonly calibrationError: { readonly before: number; readonly after: number };
  readonly classes: readonly ClassFigures[];
}

const sidecar = z.object({
  labels: z.array(z.string()),
  temperature: z.number().positive(),
  report: z.unknown(),
});

/** Words of a text as the classifier sees them: small letters, signs apart. Long texts are read from their beginning. */
const prepared = (text: string): string =>
  wordsOf(text.slice(0, 20_000)).join(' ').toLowerCase().replaceAll(prefix, ' ');

/** A linear classifier of texts over words and runs of words, with calibrated probabilities. */
export class TextClassifier {
  readonly labels: readonly string[];
  readonly temperature: number;
  readonly model: FastTextModel;

  constructor(model: FastTextModel, temperature = 1) {
    this.model = model;
    this.labels = model.labels.map((label) => label.slice(prefix.length));
    this.temperature = temperature;
  }

  /** Probability of each label, in the order of `labels`; the shares of the labels' examples where no word is known. */
  probabilities(text: string): Float64Array {
    const result = new Float64Array(this.labels.length);
    const found = this.model.predict(prepared(text), { top: this.labels.length });
    if (found.length === 0) return result.fill(1 / this.labels.length);
    let sum = 0;
    for (const { label, probability } of found) {
      const place = this.model.labels.indexOf(label);
      sum += result[place] = Math.max(probability, 1e-12) ** (1 / this.temperature);
    }
    for (let i = 0; i < result.length; i++) result[i]! /= sum;
    return result;
  }

  /** Probability of one label. Errors: `InvalidInput` where there is no such label. */
  probability(text: string, label: string): number {
    return this.probabilities(text)[this.placeOf(label)]!;
  }

  placeOf(label: string): number {
    const place = this.labels.indexOf(label);
    if (place >= 0) return place;
    throw new InvalidInput(
      'data.classifier',
      `classifier: expected one of the labels ${this.labels.slice(0, 20).join(', ')}, got ${JSON.stringify(label)}`,
      { label },
    );
  }
}

/** Negative log-likelihood at a temperature. */
function loss(rows: readonly Float64Array[], truth: readonly number[], temperature: number): number {
  let sum = 0;
  rows.forEach((row, i) => {
    let total = 0;
    for (const p of row) total += Math.max(p, 1e-12) ** (1 / temperature);
    sum += Math.log(total) - Math.log(Math.max(row[truth[i]!]!, 1e-12)) / temperature;
  });
  return sum;
}

/** Temperature scaling (Guo et al., "On calibration of modern neural networks", 2017), by golden section over its logarithm. */
function fitTemperature(rows: readonly Float64Array[], truth: readonly number[]): number {
  if (rows.length < 10) return 1;
  let [low, high] = [Math.log(0.2), Math.log(20)];
  const ratio = (Math.sqrt(5) - 1) / 2;
  for (let i = 0; i < 40; i++) {
    const a = high - ratio * (high - low);
    const b = low + ratio * (high - low);
    if (loss(rows, truth, Math.exp(a)) < loss(rows, truth, Math.exp(b))) high = b;
    else low = a;
  }
  return Math.exp((low + high) / 2);
}

/**
 * Trains a classifier and measures it on examples that it has not seen. Which part an example falls into follows from a
 * hash of its text, so that copies of a text never lie on both sides.
 *
 * @throws InvalidInput for fewer than two labels or labels with white space.
 */
export async function trainTextClassifier(
  examples: Iterable<LabelledText> | AsyncIterable<LabelledText>,
  options: TrainClassifierOptions = {},
): Promise<{ readonly classifier: TextClassifier; readonly report: ClassifierReport }> {
  const {
    heldOut = 0.2,
    dim = 32,
    wordNgrams = 2,
    minn = 3,
    maxn = 5,
    epochs = 15,
    rate = 0.5,
    buckets = 200_000,
    minCount = 1,
    seed = 1,
  } = options;
  if (!(heldOut > 0 && heldOut < 1)) {
    throw new InvalidInput(
      'data.classifier',
      `train-classifier: expected a held-out share between 0 and 1, got ${heldOut}`,
    );
  }
  const train: { text: string; labels: string[] }[] = [];
  const calibration: LabelledText[] = [];
  const test: LabelledText[] = [];
  const counts = new Map<string, number>();
  for await (const { text, label } of examples) {
    options.signal?.throwIfAborted();
    if (label === '' || /\s/.test(label)) {
      throw new InvalidInput(
        'data.classifier',
        `train-classifier: expected labels without white space, got ${JSON.stringify(label)}`,
        { label },
      );
    }
    counts.set(label, (counts.get(label) ?? 0) + 1);
    const words = prepared(text);
    const place = Number.parseInt(sha256(`${seed}:${words}`).slice(0, 8), 16) / 2 ** 32;
    if (place >= heldOut) train.push({ text: words, labels: [prefix + label] });
    else (place < heldOut / 2 ? calibration : test).push({ text, label });
  }
  if (counts.size < 2 || train.length === 0) {
    throw new InvalidInput(
      'data.classifier',
      `train-classifier: expected examples of two labels or more, got ${counts.size} (${[...counts.keys()].slice(0, 5).join(', ')})`,
      { labels: counts.size },
    );
  }
  const { model } = await trainClassifier(train, {
    dim,
    wordNgrams,
    minn: maxn > 0 ? minn : 0,
    maxn,
    epochs,
    rate,
    buckets,
    minCount,
    seed,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const raw = new TextClassifier(model);
  // A label of which no example was trained on is answered with by nobody.
  const known = (items: readonly LabelledText[]): LabelledText[] =>
    items.filter(({ label }) => raw.labels.includes(label));
  const rowsOf = (items: readonly LabelledText[], classifier: TextClassifier) =>
    items.map(({ text }) => classifier.probabilities(text));
  const truthOf = (items: readonly LabelledText[]) => items.map(({ label }) => raw.labels.indexOf(label));
  const [held, measured] = [known(calibration), known(test)];
  const classifier = new TextClassifier(model, fitTemperature(rowsOf(held, raw), truthOf(held)));
  const truth = truthOf(measured);
  const error = (rows: readonly Float64Array[]): number => {
    const answers = rows.map((row) => row.indexOf(Math.max(...row)));
    return calibrationError(
      rows.map((row) => Math.max(...row)),
      answers.map((answer, i) => answer === truth[i]),
    );
  };
  const rows = rowsOf(measured, classifier);
  const classes = figuresOf(raw.labels, rows, truth);
  const right = rows.filter((row, i) => row.indexOf(Math.max(...row)) === truth[i]).length;
  return {
    classifier,
    report: {
      trained: train.length,
      calibrated: held.length,
      measured: measured.length,
      accuracy: right / Math.max(1, measured.length),
      macroF1: classes.reduce((sum, { f1 }) => sum + f1, 0) / classes.length,
      calibrationError: { before: error(rowsOf(measured, raw)), after: error(rows) },
      classes,
    },
  };
}

/** Writes the model as fastText's `.bin` and, beside it as `.json`, its temperature and figures. */
export async function saveTextClassifier(
  path: string,
  classifier: TextClassifier,
  report?: ClassifierReport,
): Promise<void> {
  await saveFastText(path, classifier.model);
  const { labels, temperature } = classifier;
  await writeFileAtomic(
    `${path}.json`,
    `${JSON.stringify({ labels, temperature, report: report ?? null }, null, 2)}\n`,
  );
}

/** Opens a classifier: ours, or any of fastText's (`.bin`, `.ftz`), whose probabilities are taken as they are. */
export async function loadTextClassifier(path: string): Promise<TextClassifier> {
  const loaded = await loadVectors(path, {});
  if (loaded.kind !== 'fasttext' || loaded.model.settings.model !== 'supervised') {
    throw new InvalidInput(
      'data.classifier',
      `classifier: expected a fastText classifier in ${path}, got vectors of words`,
      { path },
    );
  }
  let temperature = 1;
  if (existsSync(`${path}.json`)) {
    try {
      ({ temperature } = sidecar.parse(JSON.parse(await readFile(`${path}.json`, 'utf8'))));
    } catch (error) {
      throw new InvalidInput(
        'data.classifier',
        `classifier: expected labels and a temperature in ${path}.json, ${messageOf(error)}`,
        { path },
        error,
      );
    }
  }
  return new TextClassifier(loaded.model, temperature);
}
