import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import {
  type TiktokenEncodingName,
  splitPatterns,
  tiktokenEncodings,
  tokenizerFromTiktoken,
} from '../../model/tokenizer/index.js';
import type { Command } from './command.js';
import { patternOf, writeTokenizer } from './tokenizer-train.js';

interface ImportOptions {
  readonly pattern: string;
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

async function readRanks(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > largestFile) throw new Error(`expected at most ${largestFile} bytes, got ${size}`);
    return await readFile(path);
  } catch (error) {
    throw new InvalidInput('tokenizer.file', `read ${path}: ${messageOf(error)}; check the path`, { path }, error);
  }
}

export const importRanks: Command<ImportOptions> = {
  name: 'import',
  summary: 'Turn a tiktoken rank file into a tokenizer.json with the same ids.',
  example: 'abovo tokenizer import cl100k_base.tiktoken --pattern cl100k --out tokenizer.json',
  arguments: [{ name: '<ranks>', description: 'lines of base64, a space and a rank' }],
  options: [
    {
      flags: '--pattern <pattern>',
      description: `an encoding (${Object.keys(tiktokenEncodings).join(', ')}: with its special tokens), a split pattern (${Object.keys(splitPatterns).join(', ')}) or a regular expression`,
      required: true,
    },
    {
      flags: '--special <tokens...>',
      description: 'special tokens, as TOKEN=ID (default: those of the encoding, if the file is its)',
    },
    { flags: '--out <file>', description: 'where to write', default: 'tokenizer.json' },
  ],
  async run({ args: [ranks], options, cwd, print }) {
    const file = await readRanks(resolve(cwd, ranks));
    const encoding = encodingOf(options.pattern);
    const pattern = encoding ? tiktokenEncodings[encoding].pattern : patternOf(options.pattern);
    const specialTokens = Object.fromEntries((options.special ?? []).map(specialOf));
    const tokenizer = tokenizerFromTiktoken(file, encoding && !options.special ? encoding : { pattern, specialTokens });
    await writeTokenizer(resolve(cwd, options.out), tokenizer);
    const special = tokenizer.specialIds.size;
    print(`${options.out}: ${tokenizer.vocabSize} ids, ${special} special tokens`);
    return { result: { ok: true, out: options.out, vocabSize: tokenizer.vocabSize, special } };
  },
};
