import { InvalidInput, Random } from '../../../base/core/index.js';
import type { OnProgress } from '../../../base/contract/index.js';
import { readRows, trainingKernels, trainingLayout, trainingMemory } from '../simd/index.js';
import { buildCorpus } from './corpus.js';
import type { Corpus, Sentences } from './corpus.js';
import { planPieces, runHere } from './job.js';
import type { Pieces, TrainingFigures } from './job.js';
import { aliasTable, codeTree, keepChances, longestPath } from './sampling.js';
import { word2vecWorker } from './word2vec-loop.js';
import type { Word2vecPlan } from './word2vec-loop.js';
import { WordVectors } from './word-vectors.js';

/** The defaults are gensim's. */
export interface Word2vecOptions {
  /** `cbow` predicts a word from those around it, `skipgram` from each of them alone. Default `cbow`. */
  readonly algorithm?: 'cbow' | 'skipgram';
  /** Floats per vector. Default 100. */
  readonly dim?: number;
  /** Words on either side that may be context; each time a random number of them is. Default 5. */
  readonly window?: number;
  /** `negative`: against noise words; `hierarchical`: along a Huffman tree. Default `negative`. */
  readonly loss?: 'negative' | 'hierarchical';
  /** Noise words for each example. Default 5. */
  readonly negative?: number;
  /** Noise words are drawn in proportion to count to this power. Default 0.75. */
  readonly noiseExponent?: number;
  /** Words seen fewer times are left out. Default 5. */
  readonly minCount?: number;
  /** Frequency above which occurrences are left out at random; 0 keeps all. Default 0.001. */
  readonly sample?: number;
  /** Learning rate at the start and at the end. Defaults 0.025 and 0.0001. */
  readonly rate?: number;
  readonly minRate?: number;
  readonly epochs?: number;
  /** CBOW: take the mean of the context (default), or its sum. */
  readonly mean?: boolean;
  readonly seed?: number;
  /** Most different words held while counting. */
  readonly maxWords?: number;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface TrainedVectors {
  readonly vectors: WordVectors;
  readonly counts: Float64Array;
  readonly figures: TrainingFigures;
}

/** Throws `InvalidInput` unless each value is a whole number (or, for `real`, a number) in its range. */
export function checkRanges(
  operation: string,
  ranges: Readonly<Record<string, readonly [value: number, least: number, most: number, real?: 'real']>>,
): void {
  for (const [name, [value, least, most, real]] of Object.entries(ranges)) {
    if (value >= least && value <= most && (real || Number.isInteger(value))) continue;
    const kind = real ? 'a number' : 'a whole number';
    throw new InvalidInput(
      'vectors.option',
      `${operation}: expected ${name} to be ${kind} from ${least} to ${most}, got ${value}`,
      { name, got: value },
    );
  }
}

/** Fills rows of a matrix with uniform numbers from -range to range; the padding stays 0. */
export function fillUniform(data: Float32Array, dim: number, stride: number, range: number, random: Random): void {
  for (let row = 0; row < data.length; row += stride) {
    for (let i = row; i < row + dim; i++) data[i] = (random.bits() / 4294967296 - 0.5) * 2 * range;
  }
}

/** Words of the longest sentence. */
export function longestSentence(starts: Float64Array): number {
  let longest = 0;
  for (let i = 0; i + 1 < starts.length; i++) longest = Math.max(longest, starts[i + 1]! - starts[i]!);
  return longest;
}

/** Lays out memory and tables for training on a corpus; `threads` above 1 shares them. */
export function planWord2vec(
  corpus: Corpus,
  options: Word2vecOptions,
  threads = 1,
): { plan: Word2vecPlan; pieces: Pieces } {
  const { algorithm = 'cbow', dim = 100, window = 5, loss = 'negative', negative = 5, sample = 1e-3 } = options;
  const { noiseExponent = 0.75, rate = 0.025, minRate = 1e-4, epochs = 5, mean = true, seed = 1 } = options;
  checkRanges('word2vec', {
    dim: [dim, 1, 65536],
    window: [window, 1, 1000],
    negative: [negative, 1, 1000],
    noiseExponent: [noiseExponent, -10, 10, 'real'],
    sample: [sample, 0, 1, 'real'],
    rate: [rate, 0, 10, 'real'],
    minRate: [minRate, 0, rate, 'real'],
    epochs: [epochs, 1, 100_000],
    seed: [seed, 0, Number.MAX_SAFE_INTEGER],
  });
  const shared = threads > 1;
  const words = corpus.words.length;
  const tree = loss === 'hierarchical' ? codeTree(corpus.counts, shared) : undefined;
  const layout = trainingLayout(
    {
      dim,
      inputRows: words,
      outputRows: tree ? Math.max(1, words - 1) : words,
      maxInputs: 2 * window,
      maxTargets: tree ? Math.max(1, longestPath(tree)) : negative + 1,
    },
    threads,
  );
  const memory = trainingMemory(layout, shared);
  const input = new Float32Array(memory.buffer, layout.input, words * layout.stride);
  // As gensim: word2vec's own program takes half the range, which needs more text for the same accuracy.
  fillUniform(input, dim, layout.stride, 1 / dim, new Random(seed));
  const weights = corpus.counts.map((count) => count ** noiseExponent);
  const plan: Word2vecPlan = {
    layout,
    memory,
    ids: corpus.ids,
    starts: corpus.starts,
    keep: keepChances(corpus.counts, sample, shared),
    longest: longestSentence(corpus.starts),
    skipgram: algorithm === 'skipgram',
    mean,
    window,
    negative,
    ...(tree ? { tree } : { noise: aliasTable(weights, shared) }),
  };
  return { plan, pieces: planPieces(corpus.starts, { epochs, rate, minRate, seed }, shared) };
}

/** Vectors of a finished training. */
export function word2vecVectors(corpus: Corpus, { memory, layout }: Word2vecPlan): WordVectors {
  return new WordVectors(corpus.words, layout.dim, readRows(memory, layout, 'input', corpus.words.length));
}

/**
 * Trains word vectors (Mikolov et al., "Efficient estimation of word representations in vector space" and "Distributed
 * representations of words and phrases", 2013) on this thread: the same sentences, options and seed give the same
 * vectors. Sentences are read once and kept as numbers, 4 bytes a word.
 *
 * @throws InvalidInput for options out of range, a text without frequent words, or matrices of more than 4 GiB.
 */
export async function trainWord2vec(sentences: Sentences, options: Word2vecOptions = {}): Promise<TrainedVectors> {
  const { minCount, maxWords, onProgress, signal } = options;
  const corpus = await buildCorpus(sentences, { minCount, maxWords, signal });
  const { plan, pieces } = planWord2vec(corpus, options);
  const worker = word2vecWorker(plan, trainingKernels(plan.memory, plan.layout));
  const figures = await runHere('word2vec', pieces, worker, { onProgress, signal });
  return { vectors: word2vecVectors(corpus, plan), counts: corpus.counts, figures };
}
