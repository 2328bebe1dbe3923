import { InvalidInput, Random } from '../../../base/core/index.js';
import type { OnProgress } from '../../../base/contract/index.js';
import { trainingKernels, trainingLayout, trainingMemory, viewRows } from '../simd/index.js';
import type { TrainingKernels, TrainingLayout } from '../simd/index.js';
import { WordCounter, float64Array, int32Array } from '../vectors/corpus.js';
import { planPieces, runHere } from '../vectors/job.js';
import type { Pieces, SliceWorker } from '../vectors/job.js';
import { checkRanges, fillUniform, longestSentence } from '../vectors/word2vec.js';
import { Dictionary } from './dictionary.js';
import { FastTextModel } from './model.js';
import { endOfLine, tokensOf } from './settings.js';
import type { FastTextSettings } from './settings.js';
import type { TrainedFastText } from './train-vectors.js';

/** A text and what it is, or a line in fastText's form: `__label__pos a fine film`. */
export type Example = string | { readonly text: string; readonly labels: readonly string[] };

/** The defaults are fastText's. */
export interface ClassifierOptions {
  /** Floats per row. Default 100. */
  readonly dim?: number;
  /** Longest run of words that is a feature; 1 (default) for words alone. */
  readonly wordNgrams?: number;
  /** Rows that runs of words and n-grams of characters share by their hash. Default 2 million, 0 where there are neither. */
  readonly buckets?: number;
  /** Characters of the shortest and longest n-gram of a word. Defaults 0: none. */
  readonly minn?: number;
  readonly maxn?: number;
  readonly minCount?: number;
  /** Learning rate at the start; it falls to 0. Default 0.1. */
  readonly rate?: number;
  readonly epochs?: number;
  readonly seed?: number;
  /** What labels begin with. Labels given apart from the text get it where they lack it. Default `__label__`. */
  readonly labelPrefix?: string;
  readonly maxWords?: number;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Examples as rows of the input matrix and places of labels; plain data and shared arrays. */
export interface ClassifierPlan {
  readonly layout: TrainingLayout;
  readonly memory: WebAssembly.Memory;
  readonly rows: Int32Array;
  readonly starts: Float64Array;
  readonly labels: Int32Array;
  readonly labelStarts: Float64Array;
}

/** Training of a softmax over the labels on one thread's kernels. An example with several labels learns one, at random. */
export function classifierWorker(plan: ClassifierPlan, kernels: TrainingKernels): SliceWorker {
  const { rows, starts, labels, labelStarts } = plan;
  const { inputs, scores, gather, score, learn, spread } = kernels;
  const count = plan.layout.outputRows;
  return (from, to, rate, seed, tally) => {
    const random = new Random(seed);
    for (let s = from; s < to; s++) {
      const [first, last] = [starts[s]!, starts[s + 1]!];
      const choices = labelStarts[s + 1]! - labelStarts[s]!;
      if (first === last || choices === 0) continue;
      const n = last - first;
      const target = labels[labelStarts[s]! + (choices > 1 ? random.int(choices) : 0)]!;
      for (let i = 0; i < n; i++) inputs[i] = rows[first + i]!;
      gather(n, 1 / n);
      score(count);
      let most = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < count; i++) most = Math.max(most, scores[i]!);
      let sum = 0;
      const right = scores[target]!;
      for (let i = 0; i < count; i++) sum += scores[i] = Math.exp(scores[i]! - most);
      for (let i = 0; i < count; i++) scores[i] = rate * ((i === target ? 1 : 0) - scores[i]! / sum);
      learn(count);
      spread(n, 1 / n);
      tally.loss += Math.log(sum) - (right - most);
      tally.examples++;
    }
  };
}

/** Parts of an example: its words (labels left out), and its labels with their prefix. */
function partsOf(example: Example, prefix: string): { words: string[]; labels: string[] } {
  const labels = typeof example === 'string' ? [] : example.labels.map((l) => (l.startsWith(prefix) ? l : prefix + l));
  const bad = labels.find((label) => tokensOf(label).length !== 1 || label !== tokensOf(label)[0]);
  if (bad !== undefined) {
    throw new InvalidInput(
      'fasttext.label',
      `classifier: expected labels without white space, got ${JSON.stringify(bad)}`,
      { label: bad },
    );
  }
  const words: string[] = [];
  for (const token of tokensOf(typeof example === 'string' ? example : example.text)) {
    if (!token.startsWith(prefix)) words.push(token);
    // In a text with labels of its own, what looks like one is left out.
    else if (typeof example === 'string') labels.push(token);
  }
  return { words, labels };
}

export interface PlannedClassifier {
  readonly plan: ClassifierPlan;
  readonly pieces: Pieces;
  readonly settings: FastTextSettings;
  readonly dictionary: Dictionary;
}

/** Counts words and labels, and turns the examples into features; they are read once and kept as texts until then. */
export async function planClassifier(
  examples: Iterable<Example> | AsyncIterable<Example>,
  options: ClassifierOptions,
  threads = 1,
): Promise<PlannedClassifier> {
  const { dim = 100, wordNgrams = 1, minn = 0, maxn = 0, minCount = 1, rate = 0.1, epochs = 5, seed = 1 } = options;
  const { labelPrefix = '__label__', maxWords = 10_000_000, signal } = options;
  const buckets = wordNgrams > 1 || maxn > 0 ? (options.buckets ?? 2_000_000) : 0;
  checkRanges('classifier', {
    dim: [dim, 1, 65536],
    wordNgrams: [wordNgrams, 1, 100],
    maxn: [maxn, 0, 100],
    minn: [minn, maxn > 0 ? 1 : 0, maxn > 0 ? maxn : 100],
    buckets: [buckets, buckets > 0 ? 1 : 0, 1e9],
    minCount: [minCount, 1, 1e9],
    rate: [rate, 0, 100, 'real'],
    epochs: [epochs, 1, 100_000],
    seed: [seed, 0, Number.MAX_SAFE_INTEGER],
  });
  const shared = threads > 1;
  const wordCounter = new WordCounter(maxWords);
  const labelCounter = new WordCounter(maxWords);
  const kept: string[] = [];
  for await (const example of examples) {
    signal?.throwIfAborted();
    const { words, labels } = partsOf(example, labelPrefix);
    for (const word of words) wordCounter.add(word);
    wordCounter.add(endOfLine);
    for (const label of labels) labelCounter.add(label);
    kept.push([...labels, ...words].join(' '));
  }
  const words = wordCounter.rank(minCount);
  const labels = labelCounter.rank(1);
  if (labels.words.length === 0 || words.words.length === 0) {
    throw new InvalidInput(
      'fasttext.examples',
      `classifier: expected examples with labels (${labelPrefix}NAME) and words, got ${kept.length} examples with ${labels.words.length} labels and ${words.words.length} words`,
      { examples: kept.length },
    );
  }
  const settings: FastTextSettings = {
    model: 'supervised',
    loss: 'softmax',
    dim,
    window: 5,
    epochs,
    minCount,
    negative: 5,
    wordNgrams,
    buckets,
    minn,
    maxn,
    rateEvery: 100,
    sample: 1e-4,
  };
  const entries = { words: words.words, wordCounts: words.counts, labels: labels.words, labelCounts: labels.counts };
  const tokens = [...words.counts, ...labels.counts].reduce((sum, count) => sum + count, 0);
  const dictionary = new Dictionary({ ...entries, tokens }, settings, labelPrefix);

  // Features are numbered once for all epochs: 4 bytes each.
  const starts = float64Array(kept.length + 1, shared);
  const labelStarts = float64Array(kept.length + 1, shared);
  const [rowLists, labelLists]: [Int32Array[], Int32Array[]] = [[], []];
  for (let i = 0; i < kept.length; i++) {
    const line = dictionary.line(kept[i]!);
    kept[i] = '';
    rowLists.push(Int32Array.from(line.rows));
    labelLists.push(Int32Array.from(line.labels));
    starts[i + 1] = starts[i]! + line.rows.length;
    labelStarts[i + 1] = labelStarts[i]! + line.labels.length;
  }
  const join = (lists: Int32Array[], length: number): Int32Array => {
    const joined = int32Array(length, shared);
    let at = 0;
    for (const list of lists) {
      joined.set(list, at);
      at += list.length;
    }
    return joined;
  };
  const layout = trainingLayout(
    {
      dim,
      inputRows: words.words.length + buckets,
      outputRows: labels.words.length,
      maxInputs: Math.max(1, longestSentence(starts)),
      maxTargets: labels.words.length,
    },
    threads,
  );
  const memory = trainingMemory(layout, shared);
  const input = new Float32Array(memory.buffer, layout.input, layout.inputRows * layout.stride);
  fillUniform(input, dim, layout.stride, 1 / dim, new Random(seed));
  const rows = join(rowLists, starts.at(-1)!);
  const plan = { layout, memory, rows, starts, labels: join(labelLists, labelStarts.at(-1)!), labelStarts };
  return { plan, pieces: planPieces(starts, { epochs, rate, minRate: 0, seed }, shared), settings, dictionary };
}

/** The model of a finished training. */
export function classifierModel({ plan: { memory, layout }, settings, dictionary }: PlannedClassifier): FastTextModel {
  return new FastTextModel(
    settings,
    dictionary,
    viewRows(memory, layout, 'input', layout.inputRows),
    viewRows(memory, layout, 'output', layout.outputRows),
  );
}

/**
 * Trains a linear classifier of texts (Joulin et al., "Bag of tricks for efficient text classification", 2017) with a
 * softmax over the labels, on this thread: the same examples, options and seed give the same model.
 *
 * @throws InvalidInput for options out of range, examples without labels or words, or matrices of more than 4 GiB.
 */
export async function trainClassifier(
  examples: Iterable<Example> | AsyncIterable<Example>,
  options: ClassifierOptions = {},
): Promise<TrainedFastText> {
  const planned = await planClassifier(examples, options);
  const { plan, pieces } = planned;
  const worker = classifierWorker(plan, trainingKernels(plan.memory, plan.layout));
  const figures = await runHere('classifier', pieces, worker, options);
  return { model: classifierModel(planned), figures };
}
