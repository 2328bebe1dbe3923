import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InvalidInput, formatDuration } from '../../../base/core/index.js';
import { writeFileAtomic } from '../../../base/core/index.node.js';
import { gpt2Pattern, gpt4Pattern, trainBpe } from '../../../model/tokenizer/index.js';
import { loadTokenizer } from '../../../model/tokenizer/index.node.js';
import { readDocuments, readJsonLines, readLines } from '../../../stages/data/index.js';
import { type Command, integer, number, oneOf } from '../command.js';

interface TrainOptions {
  readonly model: 'bpe';
  readonly vocabSize: number;
  readonly input: readonly string[];
  readonly out: string;
  readonly ties: 'lower' | 'greater';
  readonly kind: 'byte-level' | 'sentencepiece';
  readonly pattern: string;
  readonly minFrequency: number;
  readonly maxTokenLength?: number;
  readonly characterCoverage?: number;
  readonly special?: readonly string[];
  readonly unit: 'line' | 'document';
}

interface CodeOptions {
  readonly tokenizer: string;
  readonly input: string;
  readonly special: boolean;
}

const patterns: Readonly<Record<string, string>> = { gpt2: gpt2Pattern, gpt4: gpt4Pattern() };

async function* texts(options: TrainOptions, cwd: string, signal: AbortSignal): AsyncGenerator<string> {
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

const train: Command<TrainOptions> = {
  name: 'train',
  summary: 'Train a vocabulary on text files and write its tokenizer.json.',
  example: 'abovo tokenizer train --model bpe --vocab-size 8000 --input corpus.txt --ties lower --out tokenizer.json',
  options: [
    { flags: '--model <model>', description: 'kind of model: bpe', parse: oneOf('bpe'), default: 'bpe' },
    { flags: '--vocab-size <n>', description: 'tokens in all', parse: integer(1, 2_000_000), required: true },
    { flags: '--input <files...>', description: 'text files, or JSON lines with a field "text"', required: true },
    { flags: '--out <file>', description: 'where to write', default: 'tokenizer.json' },
    {
      flags: '--ties <which>',
      description: 'of equally frequent pairs: lower ids or greater byte strings',
      parse: oneOf('lower', 'greater'),
      default: 'lower',
    },
    {
      flags: '--kind <kind>',
      description: 'byte-level, or sentencepiece with byte fallback',
      parse: oneOf('byte-level', 'sentencepiece'),
      default: 'byte-level',
    },
    { flags: '--pattern <pattern>', description: 'split pattern: gpt2, gpt4 or a regular expression', default: 'gpt2' },
    { flags: '--min-frequency <n>', description: 'least count of a merged pair', parse: integer(0), default: 1 },
    { flags: '--max-token-length <n>', description: 'longest token in bytes', parse: integer(1) },
    {
      flags: '--character-coverage <share>',
      description: 'sentencepiece: share of characters in the alphabet',
      parse: number(0, 1),
    },
    { flags: '--special <tokens...>', description: 'special tokens, ids from 0 on (default <|endoftext|>)' },
    {
      flags: '--unit <unit>',
      description: 'pieces end with a line, or with a document (JSON lines: always)',
      parse: oneOf('line', 'document'),
      default: 'line',
    },
  ],
  async run({ options, cwd, signal, onProgress, print }) {
    const start = performance.now();
    const tokenizer = await trainBpe(texts(options, cwd, signal), {
      vocabSize: options.vocabSize,
      kind: options.kind,
      pattern: patterns[options.pattern] ?? options.pattern,
      minFrequency: options.minFrequency,
      ties: options.ties,
      maxTokenLength: options.maxTokenLength,
      characterCoverage: options.characterCoverage,
      specialTokens: options.special,
      onProgress,
      signal,
    });
    const seconds = (performance.now() - start) / 1000;
    const out = resolve(cwd, options.out);
    await mkdir(dirname(out), { recursive: true });
    await writeFileAtomic(out, `${JSON.stringify(tokenizer.toJson(), undefined, 2)}\n`);
    print(`${options.out}: ${tokenizer.vocabSize} tokens in ${formatDuration(seconds)}`);
    return { result: { ok: true, out: options.out, vocabSize: tokenizer.vocabSize, seconds } };
  },
};

function textOf(value: unknown, path: string, line: number): string {
  const text = typeof value === 'string' ? value : (value as { text?: unknown } | null)?.text;
  if (typeof text === 'string') return text;
  throw new InvalidInput('tokenizer.line', `encode ${path}:${line}: expected a JSON string or {"text": …}`, { line });
}

function idsOf(value: unknown, path: string, line: number): number[] {
  const ids = Array.isArray(value) ? value : (value as { ids?: unknown } | null)?.ids;
  if (Array.isArray(ids) && ids.every((id) => Number.isInteger(id))) return ids as number[];
  throw new InvalidInput('tokenizer.line', `decode ${path}:${line}: expected {"ids": [whole numbers]}`, { line });
}

const codeOptions = (special: string) => [
  { flags: '--tokenizer <path>', description: 'tokenizer.json, or a folder that has one', required: true },
  { flags: '--input <file>', description: 'JSON lines', required: true },
  { flags: '--no-special', description: special },
];

const encode: Command<CodeOptions> = {
  name: 'encode',
  summary: 'Print ids, tokens and offsets (in code points) of each text.',
  example: 'abovo tokenizer encode --tokenizer tokenizer.json --input texts.jsonl',
  options: codeOptions('put no special tokens around a text'),
  async run({ options, cwd, emit }) {
    const { tokenizer } = await loadTokenizer(resolve(cwd, options.tokenizer));
    const input = resolve(cwd, options.input);
    for await (const { value, line } of readJsonLines(input)) {
      const text = textOf(value, options.input, line);
      emit(tokenizer.encodeWithOffsets(text, { addSpecialTokens: options.special }));
    }
  },
};

const decode: Command<CodeOptions> = {
  name: 'decode',
  summary: 'Print the text of each list of ids.',
  example: 'abovo tokenizer decode --tokenizer tokenizer.json --input ids.jsonl --no-special',
  options: codeOptions('leave special tokens out of the text'),
  async run({ options, cwd, emit }) {
    const { tokenizer } = await loadTokenizer(resolve(cwd, options.tokenizer));
    const input = resolve(cwd, options.input);
    for await (const { value, line } of readJsonLines(input)) {
      const ids = idsOf(value, options.input, line);
      emit({ text: tokenizer.decode(ids, { skipSpecialTokens: !options.special }) });
    }
  },
};

export const command: Command = {
  name: 'tokenizer',
  summary: 'Train a tokenizer, encode texts, decode ids.',
  example: 'abovo tokenizer train --vocab-size 8000 --input corpus.txt --out tokenizer.json',
  subcommands: [train, encode, decode] as readonly Command[],
};
