import { resolve } from 'node:path';
import { InvalidInput, formatCount, formatDuration } from '../../base/core/index.js';
import type { FastTextModel, TrainingFigures, WordVectors } from '../../model/classic/index.js';
import {
  saveFastText,
  saveVectors,
  trainFastTextThreads,
  trainGloveOnDisk,
  trainWord2vecThreads,
} from '../../model/classic/index.node.js';
import { readDocuments, readLines } from '../../stages/data/index.js';
import { type Command, integer, number, oneOf } from './command.js';

interface TrainOptions {
  readonly model: 'word2vec' | 'glove' | 'fasttext';
  readonly cbow?: boolean;
  readonly skipgram?: boolean;
  readonly input: readonly string[];
  readonly out: string;
  readonly format?: 'text' | 'binary';
  readonly dim: number;
  readonly window?: number;
  readonly loss?: 'negative' | 'hierarchical';
  readonly negative?: number;
  readonly noiseExponent?: number;
  readonly minCount: number;
  readonly sample?: number;
  readonly rate?: number;
  readonly epochs?: number;
  readonly minn?: number;
  readonly maxn?: number;
  readonly buckets?: number;
  readonly xMax?: number;
  readonly maxPairs?: number;
  readonly lowercase?: boolean;
  readonly unit: 'line' | 'document';
  readonly seed: number;
  readonly threads?: number;
}

/** Sentences of the files: lines, or whole documents. */
async function* sentences(options: TrainOptions, cwd: string, signal: AbortSignal): AsyncGenerator<string> {
  const { input, unit } = options;
  const spelled = (text: string): string => (options.lowercase ? text.toLowerCase() : text);
  const lines = input.filter((file) => unit === 'line' && !/\.(jsonl|ndjson)(\.gz)?$/i.test(file));
  const documents = input.filter((file) => !lines.includes(file));
  if (lines.length > 0) for await (const line of readLines(lines, { folder: cwd, signal })) yield spelled(line.trim());
  if (documents.length === 0) return;
  const read = readDocuments([{ files: documents }], {
    folder: cwd,
    signal,
    onReject({ source, line, reason }) {
      throw new InvalidInput('data.rejected', `train: ${source}${line ? `:${line}` : ''}: expected text, ${reason}`);
    },
  });
  for await (const { text } of read) {
    if (unit === 'document') yield spelled(text);
    else for (const line of text.split('\n')) if (line.trim() !== '') yield spelled(line.trim());
  }
}

const predictive = ['word2vec', 'fasttext'];
/** Options that only some models take, with the models that do. */
const takenBy: Readonly<Record<string, readonly string[]>> = {
  cbow: predictive,
  skipgram: predictive,
  loss: predictive,
  negative: predictive,
  noiseExponent: predictive,
  sample: predictive,
  threads: predictive,
  minn: ['fasttext'],
  maxn: ['fasttext'],
  buckets: ['fasttext'],
  xMax: ['glove'],
  maxPairs: ['glove'],
};

/** Throws `InvalidInput` for an option that the model would not look at. */
function refuseOthers(options: TrainOptions): void {
  for (const [name, models] of Object.entries(takenBy)) {
    if (options[name as keyof TrainOptions] === undefined || models.includes(options.model)) continue;
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new InvalidInput(
      'option.value',
      `train: expected ${flag} with --model ${models.join(' or ')} only, got it with ${options.model}`,
      { option: flag, model: options.model },
    );
  }
}

const isText = (path: string): boolean => /\.(txt|vec)$/i.test(path);

/** `abovo vectors train`. */
export const trainVectors: Command<TrainOptions> = {
  name: 'train',
  summary: 'Train word vectors on text files.',
  example: 'abovo vectors train --model word2vec --skipgram --input corpus.txt --dim 100 --out vectors.bin',
  options: [
    {
      flags: '--model <model>',
      description: 'word2vec, glove or fasttext',
      parse: oneOf('word2vec', 'glove', 'fasttext'),
      default: 'word2vec',
    },
    { flags: '--cbow', description: 'predict a word from those around it (default of word2vec)' },
    { flags: '--skipgram', description: 'predict each word around a word (default of fasttext)' },
    {
      flags: '--input <files...>',
      description: 'text files, a sentence a line, or JSON lines with a field "text"',
      required: true,
    },
    {
      flags: '--out <file>',
      description: 'where to write: vectors, or with fasttext and a name in .bin the model',
      required: true,
    },
    {
      flags: '--format <format>',
      description: 'word2vec’s text or binary (default by name: .txt and .vec are text)',
      parse: oneOf('text', 'binary'),
    },
    { flags: '--dim <n>', description: 'numbers in a vector', parse: integer(1, 65_536), default: 100 },
    { flags: '--window <n>', description: 'words on either side (default 5, glove 15)', parse: integer(1, 1000) },
    {
      flags: '--loss <loss>',
      description: 'against noise words (negative, default) or along a Huffman tree (hierarchical)',
      parse: oneOf('negative', 'hierarchical'),
    },
    { flags: '--negative <n>', description: 'noise words for each example (default 5)', parse: integer(1, 1000) },
    {
      flags: '--noise-exponent <x>',
      description: 'noise words come by count to this power (default 0.75, fasttext 0.5)',
      parse: number(-10, 10),
    },
    { flags: '--min-count <n>', description: 'leave out words seen fewer times', parse: integer(1), default: 5 },
    {
      flags: '--sample <share>',
      description: 'thin out words more frequent than this (default 0.001, fasttext 0.0001; 0 keeps all)',
      parse: number(0, 1),
    },
    {
      flags: '--rate <x>',
      description: 'learning rate (default 0.025, glove and fasttext 0.05)',
      parse: number(0, 10),
    },
    { flags: '--epochs <n>', description: 'passes over the text (default 5, glove 25)', parse: integer(1, 100_000) },
    { flags: '--minn <n>', description: 'fasttext: shortest n-gram of a word (default 3)', parse: integer(0, 100) },
    {
      flags: '--maxn <n>',
      description: 'fasttext: longest n-gram of a word (default 6, 0 for none)',
      parse: integer(0, 100),
    },
    {
      flags: '--buckets <n>',
      description: 'fasttext: rows that n-grams share (default 2,000,000)',
      parse: integer(1, 1e9),
    },
    { flags: '--x-max <x>', description: 'glove: count of full weight (default 100)', parse: number(1e-6) },
    {
      flags: '--max-pairs <n>',
      description: 'glove: pairs in memory, some 40 bytes each; more go to disk (default 16,000,000)',
      parse: integer(1000, 1e9),
    },
    { flags: '--lowercase', description: 'train on lower case' },
    {
      flags: '--unit <unit>',
      description: 'sentences end with a line, or with a document',
      parse: oneOf('line', 'document'),
      default: 'line',
    },
    { flags: '--seed <n>', description: 'of all random choices', parse: integer(0), default: 1 },
    {
      flags: '--threads <n>',
      description: 'threads (default 1); with more a run does not repeat exactly',
      parse: integer(1, 256),
    },
  ],
  async run({ options, cwd, signal, onProgress, print }) {
    if (options.cbow && options.skipgram) {
      throw new InvalidInput('option.value', 'train: expected --cbow or --skipgram, got both');
    }
    refuseOthers(options);
    const out = resolve(cwd, options.out);
    const { vectors, model, figures } = await trained(options, sentences(options, cwd, signal), { onProgress, signal });
    const format = options.format ?? (isText(out) ? 'text' : 'binary');
    const asModel = model && /\.bin$/i.test(out) && options.format === undefined;
    if (asModel) await saveFastText(out, model);
    else await saveVectors(out, vectors(), format);
    const words = model ? model.dictionary.entries.words.length : vectors().words.length;
    const speed = `${formatCount(Math.round(figures.wordsPerSecond))} words/s`;
    print(
      `${options.out}: ${words} words of ${options.dim} numbers in ${formatDuration(figures.seconds)}, ${speed}, loss ${figures.loss.toFixed(4)}`,
    );
    const { words: read, ...speeds } = figures;
    const kind = asModel ? 'fasttext' : format;
    return { result: { ok: true, out: options.out, format: kind, words, dim: options.dim, read, ...speeds } };
  },
};

interface Trained {
  vectors(): WordVectors;
  readonly model?: FastTextModel;
  readonly figures: TrainingFigures;
}

async function trained(
  options: TrainOptions,
  text: AsyncGenerator<string>,
  control: Pick<Parameters<NonNullable<typeof trainVectors.run>>[0], 'onProgress' | 'signal'>,
): Promise<Trained> {
  const { dim, window, loss, negative, noiseExponent, minCount, sample, rate, epochs, seed, threads = 1 } = options;
  const algorithm = options.cbow ? 'cbow' : options.skipgram ? 'skipgram' : undefined;
  const common = { dim, window, minCount, rate, epochs, seed, ...control };
  const settings = { ...common, algorithm, loss, negative, noiseExponent, sample, threads } as const;
  switch (options.model) {
    case 'word2vec': {
      const { vectors, figures } = await trainWord2vecThreads(text, settings);
      return { vectors: () => vectors, figures };
    }
    case 'glove': {
      const { xMax, maxPairs } = options;
      const { vectors, figures } = await trainGloveOnDisk(text, { ...common, xMax, maxPairs });
      return { vectors: () => vectors, figures };
    }
    case 'fasttext': {
      const { minn, maxn, buckets } = options;
      const { model, figures } = await trainFastTextThreads(text, { ...settings, minn, maxn, buckets });
      return { vectors: () => model.wordVectors(), model, figures };
    }
    default:
      throw options.model satisfies never;
  }
}
