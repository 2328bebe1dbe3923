import { Random } from '../../../base/core/index.js';
import type { OnProgress } from '../../../base/contract/index.js';
import { trainingKernels, trainingLayout, trainingMemory, viewRows } from '../simd/index.js';
import { buildCorpus, int32Array } from '../vectors/corpus.js';
import type { Corpus, CorpusOptions, Sentences } from '../vectors/corpus.js';
import { planPieces, runHere } from '../vectors/job.js';
import type { Pieces, TrainingFigures } from '../vectors/job.js';
import { aliasTable, codeTree, keepChances, longestPath } from '../vectors/sampling.js';
import { word2vecWorker } from '../vectors/word2vec-loop.js';
import type { Word2vecPlan } from '../vectors/word2vec-loop.js';
import { checkRanges, fillUniform, longestSentence } from '../vectors/word2vec.js';
import { Dictionary } from './dictionary.js';
import { FastTextModel } from './model.js';
import { endOfLine, tokensOf } from './settings.js';
import type { FastTextSettings } from './settings.js';

/** The defaults are fastText's. */
export interface FastTextOptions {
  /** Default `skipgram`. */
  readonly algorithm?: 'cbow' | 'skipgram';
  readonly loss?: 'negative' | 'hierarchical';
  /** Floats per vector. Default 100. */
  readonly dim?: number;
  readonly window?: number;
  readonly negative?: number;
  /** Noise words are drawn in proportion to count to this power. Default 0.5, as in fastText's program. */
  readonly noiseExponent?: number;
  readonly minCount?: number;
  /** Frequency above which occurrences are left out at random. Default 0.0001. */
  readonly sample?: number;
  /** Characters of the shortest and longest n-gram. Defaults 3 and 6. */
  readonly minn?: number;
  readonly maxn?: number;
  /** Rows that n-grams share by their hash. Default 2 million. */
  readonly buckets?: number;
  /** Learning rate at the start; it falls to 0. Default 0.05. */
  readonly rate?: number;
  readonly epochs?: number;
  readonly seed?: number;
  readonly maxWords?: number;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface TrainedFastText {
  readonly model: FastTextModel;
  readonly figures: TrainingFigures;
}

/** Lines become sentences as in fastText: cut at its white space, 1,024 words at most, with a word for the end of a line. */
export const fastTextCorpus = (options: FastTextOptions, shared: boolean): CorpusOptions => ({
  minCount: options.minCount,
  maxWords: options.maxWords,
  maxSentence: 1024,
  split: tokensOf,
  endOfLine,
  shared,
  signal: options.signal,
});

export interface FastTextPlan {
  readonly plan: Word2vecPlan;
  readonly pieces: Pieces;
  readonly settings: FastTextSettings;
  readonly dictionary: Dictionary;
}

/** Lays out memory and tables for training on a corpus; `threads` above 1 shares them. */
export function planFastText(corpus: Corpus, options: FastTextOptions, threads = 1): FastTextPlan {
  const {
    algorithm = 'skipgram',
    loss = 'negative',
    dim = 100,
    window = 5,
    negative = 5,
    noiseExponent = 0.5,
  } = options;
  const { minCount = 5, sample = 1e-4, minn = 3, maxn = 6, rate = 0.05, epochs = 5, seed = 1 } = options;
  const buckets = maxn > 0 ? (options.buckets ?? 2_000_000) : 0;
  checkRanges('fastText', {
    dim: [dim, 1, 65536],
    window: [window, 1, 1000],
    negative: [negative, 1, 1000],
    noiseExponent: [noiseExponent, -10, 10, 'real'],
    sample: [sample, 0, 1, 'real'],
    maxn: [maxn, 0, 100],
    minn: [minn, maxn > 0 ? 1 : 0, maxn > 0 ? maxn : 100],
    buckets: [buckets, maxn > 0 ? 1 : 0, 1e9],
    rate: [rate, 0, 10, 'real'],
    epochs: [epochs, 1, 100_000],
    seed: [seed, 0, Number.MAX_SAFE_INTEGER],
  });
  const shared = threads > 1;
  const { words, counts } = corpus;
  const settings: FastTextSettings = {
    model: algorithm,
    loss,
    dim,
    window,
    epochs,
    minCount,
    negative,
    wordNgrams: 1,
    buckets,
    minn,
    maxn,
    rateEvery: 100,
    sample,
  };
  let tokens = 0;
  for (const count of counts) tokens += count;
  const dictionary = new Dictionary({ words, wordCounts: counts, labels: [], labelCounts: [], tokens }, settings);
  const starts = int32Array(words.length + 1, shared);
  let most = 0;
  for (let i = 0; i < words.length; i++) {
    const { length } = dictionary.rows(i);
    starts[i + 1] = starts[i]! + length;
    most = Math.max(most, length);
  }
  const rows = int32Array(starts[words.length]!, shared);
  for (let i = 0; i < words.length; i++) rows.set(dictionary.rows(i), starts[i]!);
  const tree = loss === 'hierarchical' ? codeTree(counts, shared) : undefined;
  const layout = trainingLayout(
    {
      dim,
      inputRows: words.length + buckets,
      // A model file has one row a word, with a tree too.
      outputRows: words.length,
      maxInputs: algorithm === 'skipgram' ? most : most * 2 * window,
      maxTargets: tree ? Math.max(1, longestPath(tree)) : negative + 1,
    },
    threads,
  );
  const memory = trainingMemory(layout, shared);
  const input = new Float32Array(memory.buffer, layout.input, layout.inputRows * layout.stride);
  fillUniform(input, dim, layout.stride, 1 / dim, new Random(seed));
  const plan: Word2vecPlan = {
    layout,
    memory,
    ids: corpus.ids,
    starts: corpus.starts,
    keep: keepChances(counts, sample, shared),
    longest: longestSentence(corpus.starts),
    skipgram: algorithm === 'skipgram',
    mean: true,
    window,
    negative,
    subwords: { starts, rows },
    ...(tree
      ? { tree }
      : {
          noise: aliasTable(
            counts.map((count) => count ** noiseExponent),
            shared,
          ),
        }),
  };
  return { plan, pieces: planPieces(corpus.starts, { epochs, rate, minRate: 0, seed }, shared), settings, dictionary };
}

/** The model of a finished training. */
export function fastTextModel({ plan: { memory, layout }, settings, dictionary }: FastTextPlan): FastTextModel {
  return new FastTextModel(
    settings,
    dictionary,
    viewRows(memory, layout, 'input', layout.inputRows),
    viewRows(memory, layout, 'output', layout.outputRows),
  );
}

/**
 * Trains vectors of words and of their n-grams of characters (Bojanowski et al., "Enriching word vectors with subword
 * information", 2017) on this thread: the same sentences, options and seed give the same model.
 *
 * @throws InvalidInput for options out of range, a text without frequent words, or matrices of more than 4 GiB.
 */
export async function trainFastText(sentences: Sentences, options: FastTextOptions = {}): Promise<TrainedFastText> {
  const corpus = await buildCorpus(sentences, fastTextCorpus(options, false));
  const planned = planFastText(corpus, options);
  const { plan, pieces } = planned;
  const worker = word2vecWorker(plan, trainingKernels(plan.memory, plan.layout));
  const figures = await runHere('fasttext', pieces, worker, options);
  return { model: fastTextModel(planned), figures };
}
