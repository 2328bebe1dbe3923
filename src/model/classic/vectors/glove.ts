import type { OnProgress } from '../../../base/contract/index.js';
import { Random, formatCount, formatDuration } from '../../../base/core/index.js';
import { gloveKernels } from '../simd/index.js';
import { countCooccurrences } from './cooccurrence.js';
import type { SpillStore } from './cooccurrence.js';
import { buildCorpus } from './corpus.js';
import type { Sentences } from './corpus.js';
import { pause } from './job.js';
import { checkRanges, fillUniform } from './word2vec.js';
import type { TrainedVectors } from './word2vec.js';
import { WordVectors } from './word-vectors.js';

/** The defaults are those of GloVe's own program, and 100 floats. */
export interface GloveOptions {
  readonly dim?: number;
  /** Words on either side. Default 15. */
  readonly window?: number;
  /** Count from which a pair has full weight. Default 100. */
  readonly xMax?: number;
  /** Weight of a pair seen x times below that: (x / xMax) to this power. Default 0.75. */
  readonly exponent?: number;
  /** AdaGrad's learning rate. Default 0.05. */
  readonly rate?: number;
  /** Default 25. */
  readonly epochs?: number;
  readonly minCount?: number;
  readonly seed?: number;
  readonly maxWords?: number;
  /** Most different pairs of words in memory, some 40 bytes each. Default 16 million. */
  readonly maxPairs?: number;
  /** Where pairs go beyond that (`trainGloveFiles` of the Node index gives a folder); without it, memory grows. */
  readonly spill?: SpillStore;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

const largestGradient = 100;

/**
 * Trains GloVe vectors (Pennington, Socher and Manning 2014): weighted least squares on logarithms of co-occurrence
 * counts. A word's vector is the sum of its two roles. The same sentences, options and seed give the same vectors.
 *
 * @throws InvalidInput for options out of range, a text without frequent words, or more than 4 GiB of parameters.
 */
export async function trainGlove(sentences: Sentences, options: GloveOptions = {}): Promise<TrainedVectors> {
  const { dim = 100, window = 15, xMax = 100, exponent = 0.75, rate = 0.05, epochs = 25, seed = 1 } = options;
  const { maxPairs = 16_000_000, spill, onProgress, signal } = options;
  checkRanges('GloVe', {
    dim: [dim, 1, 65536],
    window: [window, 1, 1000],
    xMax: [xMax, 1e-6, 1e12, 'real'],
    exponent: [exponent, 0, 10, 'real'],
    rate: [rate, 0, 10, 'real'],
    epochs: [epochs, 1, 100_000],
    seed: [seed, 0, Number.MAX_SAFE_INTEGER],
    maxPairs: [maxPairs, 1000, 1e9],
  });
  const corpus = await buildCorpus(sentences, { minCount: options.minCount, maxWords: options.maxWords, signal });
  const words = corpus.words.length;
  const pairs = await countCooccurrences(corpus, {
    window,
    maxPairs,
    spill,
    async onWords(done) {
      onProgress?.({ stage: 'pairs', done, total: corpus.ids.length, unit: 'words' });
      await pause();
      signal?.throwIfAborted();
    },
  });
  onProgress?.({ stage: 'pairs', done: corpus.ids.length, total: corpus.ids.length, unit: 'words' });

  const kernels = gloveKernels(2 * words, dim, rate, largestGradient);
  const { stride, data, biases, first, second, logs, weights } = kernels;
  const random = new Random(seed);
  fillUniform(data, dim, stride, 0.5 / dim, random);
  fillUniform(biases, 1, 1, 0.5 / dim, random);
  const started = performance.now();
  const total = epochs * pairs.pairs;
  let [calls, loss, examples, before] = [0, 0, 0, 0];
  const tell = (): void => {
    const seconds = (performance.now() - started) / 1000;
    // Most pairs are two examples.
    const done = Math.min(total, before + Math.min(pairs.pairs, Math.round(examples / 2)));
    onProgress?.({
      stage: 'glove',
      done,
      total,
      unit: 'pairs',
      figures: {
        loss: (loss / Math.max(1, examples)).toFixed(5),
        'pairs/s': formatCount(Math.round(done / seconds)),
        ETA: formatDuration(((total - done) * seconds) / Math.max(1, done)),
      },
    });
  };
  const run = async (count: number): Promise<void> => {
    if (count === 0) return;
    loss += kernels.steps(count);
    examples += count;
    if (calls++ % 16 !== 0) return;
    tell();
    await pause();
    signal?.throwIfAborted();
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    before = epoch * pairs.pairs;
    [loss, examples] = [0, 0];
    for (const part of random.fork(`parts ${epoch}`).shuffle(Array.from({ length: pairs.parts }, (_, i) => i))) {
      const { first: one, second: other, count } = await pairs.part(part);
      const order = random.fork(`order ${epoch} ${part}`).shuffle(Int32Array.from(one, (_, i) => i));
      let n = 0;
      for (const pair of order) {
        const [a, b, x] = [one[pair]!, other[pair]!, count[pair]!];
        // Either word is once the word and once the context.
        for (let role = 0; role < (a === b ? 1 : 2); role++) {
          first[n] = role === 0 ? a : b;
          second[n] = words + (role === 0 ? b : a);
          logs[n] = Math.log(x);
          weights[n] = x < xMax ? (x / xMax) ** exponent : 1;
          n++;
        }
        if (n + 2 <= kernels.batch) continue;
        await run(n);
        n = 0;
      }
      await run(n);
    }
  }
  onProgress?.({ stage: 'glove', done: total, total, unit: 'pairs' });
  const result = new Float32Array(words * dim);
  for (let word = 0; word < words; word++) {
    for (let i = 0; i < dim; i++)
      result[word * dim + i] = data[word * stride + i]! + data[(words + word) * stride + i]!;
  }
  const seconds = (performance.now() - started) / 1000;
  const read = corpus.ids.length * epochs;
  return {
    vectors: new WordVectors(corpus.words, dim, result),
    counts: corpus.counts,
    figures: { words: read, loss: loss / Math.max(1, examples), seconds, wordsPerSecond: read / seconds },
  };
}
