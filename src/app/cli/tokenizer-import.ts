import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import {
  type TiktokenEncodingName,
  type Tokenizer,
  fromSentencePiece,
  splitPatterns,
  tiktokenEncodings,
  tokenizerFromTiktoken,
} from '../../model/tokenizer/index.js';
import type { Command } from './command.js';
import { patternOf, writeTokenizer } from './tokenizer-train.js';

interface ImportOptions {
  readonly pattern?: string;
  readonly bos?: boolean;
  readonly eos?: boolean;
  readonly out: string;
  readonly special?: readonly string[];
}

const largestFile = 64 * 1024 * 1024;

/** Encodings under their short names too: cl100k is cl100k_base. */
function encodingOf(name: string): TiktokenEncodingName | undefined {
  return [name, `${name}_base`].find((known) => Object.hasOwn(tiktokenEncodings, known)) as
    | TiktokenEncodingName
    | undefined;
}

/** `<|eot|>=100` as a token and its id. */
function specialOf(text: string): [string, number] {
  const match = /^(.+)=(\d{1,7})$/s.exec(text);
  if (match) return [match[1], Number(match[2])];
  throw new InvalidInput('option.value', `--special: expected TOKEN=ID, got ${JSON.stringify(text)}`);
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > largestFile) throw new Error(`expected at most ${largestFile} bytes, got ${size}`);
    return await readFile(path);
  } catch (error) {
    throw new InvalidInput('tokenizer.file', `read ${path}: ${messageOf(error)}; check the path`, { path }, error);
  }
}

/** A tiktoken rank file, whose pattern must be known. */
function ofRanks(file: Uint8Array, { pattern: given, special }: ImportOptions): Tokenizer {
  if (given === undefined) {
    throw new InvalidInput('option.value', '--pattern: expected one for a rank file, got none; give the encoding');
  }
  const encoding = encodingOf(given);
  const pattern = encoding ? tiktokenEncodings[encoding].pattern : patternOf(given);
  const specialTokens = Object.fromEntries((special ?? []).map(specialOf));
  return tokenizerFromTiktoken(file, encoding && !special ? encoding : { pattern, specialTokens });
}

/** A SentencePiece model, which says all of itself. */
function ofModel(file: Uint8Array, { bos, eos, pattern, special }: ImportOptions): Tokenizer {
  if (pattern !== undefined || special !== undefined) {
    throw new InvalidInput('option.model', '--pattern, --special: expected with a rank file, got a .model file');
  }
  return fromSentencePiece(file, { addBos: bos, addEos: eos });
}

export const importRanks: Command<ImportOptions> = {
  name: 'import',
  summary: 'Turn a tiktoken rank file or a SentencePiece .model file into a tokenizer.json with the same ids.',
  example: 'abovo tokenizer import cl100k_base.tiktoken --pattern cl100k --out tokenizer.json',
  arguments: [{ name: '<file>', description: 'a .model file, or lines of base64, a space and a rank' }],
  options: [
    {
      flags: '--pattern <pattern>',
      description: `ranks: an encoding (${Object.keys(tiktokenEncodings).join(', ')}: with its special tokens), a split pattern (${Object.keys(splitPatterns).join(', ')}) or a regular expression`,
    },
    {
      flags: '--special <tokens...>',
      description: 'ranks: special tokens, as TOKEN=ID (default: those of the encoding, if the file is its)',
    },
    { flags: '--bos', description: '.model: put the beginning token before texts' },
    { flags: '--eos', description: '.model: put the end token after texts' },
    { flags: '--out <file>', description: 'where to write', default: 'tokenizer.json' },
  ],
  async run({ args: [path], options, cwd, print }) {
    const bytes = await readBytes(resolve(cwd, path));
    const tokenizer = path.endsWith('.model') ? ofModel(bytes, options) : ofRanks(bytes, options);
    await writeTokenizer(resolve(cwd, options.out), tokenizer);
    const special = tokenizer.specialIds.size;
    print(`${options.out}: ${tokenizer.vocabSize} ids, ${special} special tokens`);
    return { result: { ok: true, out: options.out, vocabSize: tokenizer.vocabSize, special } };
  },
};
