import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InvalidInput, formatDuration } from '../../base/core/index.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import {
  type SplitPatternName,
  type TrainOptions as Shared,
  type Tokenizer,
  splitPatterns,
  trainBpe,
  trainUnigram,
  trainWordPiece,
} from '../../model/tokenizer/index.js';
import { readDocuments, readLines } from '../../stages/data/index.js';
import { type Command, integer, number, oneOf } from './command.js';

interface TrainOptions {
  readonly model: keyof typeof trainers;
  readonly vocabSize: number;
  readonly input: readonly string[];
  readonly out: string;
  readonly ties?: 'lower' | 'greater';
  readonly kind?: 'byte-level' | 'sentencepiece';
  readonly pattern?: string;
  readonly score?: 'likelihood' | 'frequency';
  readonly lowercase?: boolean;
  readonly limitAlphabet?: number;
  readonly prefix?: string;
  readonly minFrequency?: number;
  readonly maxTokenLength?: number;
  readonly characterCoverage?: number;
  readonly normalization?: 'nmt_nfkc' | 'nfkc' | 'identity';
  readonly byteFallback?: boolean;
  readonly unkToken?: string;
  readonly seedSize?: number;
  readonly shrinkingFactor?: number;
  readonly subIterations?: number;
  readonly maxPieceLength?: number;
  readonly special?: readonly string[];
  readonly mostDistinct?: number;
  readonly unit: 'line' | 'document';
}

type Texts = AsyncIterable<string>;

/** The pattern of a name, else what was given. */
export const patternOf = (given: string): string =>
  Object.hasOwn(splitPatterns, given) ? splitPatterns[given as SplitPatternName] : given;

/** Options that only some models take, with the models that do. */
const takenBy: Readonly<Record<string, readonly string[]>> = {
  ties: ['bpe'],
  kind: ['bpe'],
  pattern: ['bpe'],
  maxTokenLength: ['bpe'],
  characterCoverage: ['bpe', 'unigram'],
  normalization: ['unigram'],
  byteFallback: ['unigram'],
  unkToken: ['unigram'],
  seedSize: ['unigram'],
  shrinkingFactor: ['unigram'],
  subIterations: ['unigram'],
  maxPieceLength: ['unigram'],
  score: ['wordpiece'],
  limitAlphabet: ['wordpiece'],
  prefix: ['wordpiece'],
  lowercase: ['wordpiece'],
  minFrequency: ['bpe', 'wordpiece'],
};

const trainers = {
  bpe: (texts: Texts, options: TrainOptions, shared: Shared): Promise<Tokenizer> => {
    const { kind, minFrequency, ties, maxTokenLength, characterCoverage } = options;
    const pattern = options.pattern === undefined ? undefined : patternOf(options.pattern);
    return trainBpe(texts, { ...shared, kind, pattern, minFrequency, ties, maxTokenLength, characterCoverage });
  },
  wordpiece: (texts: Texts, options: TrainOptions, shared: Shared): Promise<Tokenizer> => {
    const { score, lowercase, limitAlphabet, prefix, minFrequency } = options;
    return trainWordPiece(texts, { ...shared, score, lowercase, limitAlphabet, prefix, minFrequency });
  },
  unigram: (texts: Texts, options: TrainOptions, shared: Shared): Promise<Tokenizer> => {
    const { normalization, byteFallback, unkToken, characterCoverage } = options;
    const { seedSize, shrinkingFactor, subIterations, maxPieceLength } = options;
    const model = { normalization, byteFallback, unkToken, characterCoverage };
    return trainUnigram(texts, { ...shared, ...model, seedSize, shrinkingFactor, subIterations, maxPieceLength });
  },
} as const;

function check(options: TrainOptions): void {
  for (const [name, models] of Object.entries(takenBy)) {
    if ((options as unknown as Record<string, unknown>)[name] === undefined || models.includes(options.model)) continue;
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new InvalidInput(
      'option.model',
      `${flag}: expected with --model ${models.join(' or ')}, got ${options.model}`,
    );
  }
}

async function* textsOf(options: TrainOptions, cwd: string, signal: AbortSignal): AsyncGenerator<string> {
  const lines = options.input.filter((file) => options.unit === 'line' && !/\.(jsonl|ndjson)(\.gz)?$/i.test(file));
  const documents = options.input.filter((file) => !lines.includes(file));
  if (lines.length > 0) yield* readLines(lines, { folder: cwd, signal });
  if (documents.length === 0) return;
  const rejects: string[] = [];
  const read = readDocuments([{ files: documents }], {
    folder: cwd,
    signal,
    onReject: ({ source, line, reason }) => rejects.push(`${source}${line ? `:${line}` : ''}: ${reason}`),
  });
  for await (const { text } of read) yield text;
  // A vocabulary is trained on all of what was named, or not at all.
  if (rejects.length > 0) {
    throw new InvalidInput('data.rejected', `train: expected UTF-8 text, ${rejects.length} left out: ${rejects[0]}`);
  }
}

/** Writes a tokenizer.json. */
export async function writeTokenizer(path: string, tokenizer: Tokenizer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, `${JSON.stringify(tokenizer.toJson(), undefined, 2)}\n`);
}

export const train: Command<TrainOptions> = {
  name: 'train',
  summary: 'Train a vocabulary on text files and write its tokenizer.json.',
  example: 'abovo tokenizer train --model wordpiece --vocab-size 8000 --input corpus.txt --score frequency',
  options: [
    {
      flags: '--model <model>',
      description: 'kind of model',
      parse: oneOf(...(Object.keys(trainers) as (keyof typeof trainers)[])),
      default: 'bpe',
    },
    { flags: '--vocab-size <n>', description: 'tokens in all', parse: integer(1, 2_000_000), required: true },
    { flags: '--input <files...>', description: 'text files, or JSON lines with a field "text"', required: true },
    { flags: '--out <file>', description: 'where to write', default: 'tokenizer.json' },
    {
      flags: '--ties <which>',
      description: 'bpe: of equally frequent pairs, lower ids (default) or greater byte strings',
      parse: oneOf('lower', 'greater'),
    },
    {
      flags: '--kind <kind>',
      description: 'bpe: byte-level (default), or sentencepiece with byte fallback',
      parse: oneOf('byte-level', 'sentencepiece'),
    },
    {
      flags: '--pattern <pattern>',
      description: `bpe: split pattern, ${Object.keys(splitPatterns).join(', ')} or a regular expression (default gpt2)`,
    },
    {
      flags: '--score <score>',
      description: 'wordpiece: merge by likelihood (default) or by frequency',
      parse: oneOf('likelihood', 'frequency'),
    },
    { flags: '--lowercase', description: 'wordpiece: lower-case the text and strip its accents' },
    { flags: '--limit-alphabet <n>', description: 'wordpiece: most characters in the alphabet', parse: integer(1) },
    { flags: '--prefix <text>', description: 'wordpiece: what begins a token within a word (default ##)' },
    {
      flags: '--min-frequency <n>',
      description: 'least count of a merged pair (likelihood: 2, else 1)',
      parse: integer(0),
    },
    { flags: '--max-token-length <n>', description: 'bpe: longest token in bytes', parse: integer(1) },
    {
      flags: '--character-coverage <share>',
      description: 'bpe (sentencepiece), unigram: share of characters in the alphabet',
      parse: number(0, 1),
    },
    {
      flags: '--normalization <rules>',
      description: 'unigram: nmt_nfkc (default), nfkc or identity',
      parse: oneOf('nmt_nfkc', 'nfkc', 'identity'),
    },
    { flags: '--byte-fallback', description: 'unigram: spell unknown characters as bytes' },
    { flags: '--unk-token <token>', description: 'unigram: the token of unknown characters (default <unk>)' },
    { flags: '--seed-size <n>', description: 'unigram: candidates to begin with (default 1000000)', parse: integer(1) },
    {
      flags: '--shrinking-factor <share>',
      description: 'unigram: share of pieces that a pruning keeps (default 0.75)',
      parse: number(0, 1),
    },
    {
      flags: '--sub-iterations <n>',
      description: 'unigram: steps of expectation maximization before each pruning (default 2)',
      parse: integer(1),
    },
    {
      flags: '--max-piece-length <n>',
      description: 'unigram: characters of the longest piece (default 16)',
      parse: integer(1, 63),
    },
    {
      flags: '--special <tokens...>',
      description: 'special tokens, ids from 0 on (default: those usual for the model)',
    },
    {
      flags: '--most-distinct <n>',
      description: 'most characters of distinct words kept while counting; the rarest are forgotten',
      parse: integer(1024, 1 << 29),
    },
    {
      flags: '--unit <unit>',
      description: 'pieces end with a line, or with a document (JSON lines: always)',
      parse: oneOf('line', 'document'),
      default: 'line',
    },
  ],
  async run({ options, cwd, signal, onProgress, print }) {
    check(options);
    const start = performance.now();
    const { vocabSize, special: specialTokens, mostDistinct } = options;
    const shared = { vocabSize, specialTokens, mostDistinct, onProgress, signal };
    const tokenizer = await trainers[options.model](textsOf(options, cwd, signal), options, shared);
    const seconds = (performance.now() - start) / 1000;
    await writeTokenizer(resolve(cwd, options.out), tokenizer);
    print(`${options.out}: ${tokenizer.vocabSize} tokens in ${formatDuration(seconds)}`);
    const peakMemoryMB = Math.round(process.resourceUsage().maxRSS / 1024);
    return { result: { ok: true, out: options.out, vocabSize: tokenizer.vocabSize, seconds, peakMemoryMB } };
  },
};
