import { resolve } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { loadTokenizer } from '../../model/tokenizer/index.node.js';
import { readJsonLines } from '../../stages/data/index.js';
import type { Command } from './command.js';

interface CodeOptions {
  readonly tokenizer: string;
  readonly input: string;
  readonly special: boolean;
}

function textOf(value: unknown, path: string, line: number): string {
  const text = typeof value === 'string' ? value : (value as { text?: unknown } | null)?.text;
  if (typeof text === 'string') return text;
  throw new InvalidInput('tokenizer.line', `encode ${path}:${line}: expected a JSON string or {"text": …}`, { line });
}

/** The second text of a pair, where the record has one. */
function pairOf(value: unknown, path: string, line: number): string | undefined {
  const pair = (value as { pair?: unknown } | null)?.pair;
  if (pair === undefined || typeof pair === 'string') return pair;
  throw new InvalidInput('tokenizer.line', `encode ${path}:${line}: expected a text as "pair"`, { line });
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

export const encode: Command<CodeOptions> = {
  name: 'encode',
  summary: 'Print ids, tokens and offsets (in code points) of each text; types too for {"text", "pair"}.',
  example: 'abovo tokenizer encode --tokenizer tokenizer.json --input texts.jsonl',
  options: codeOptions('put no special tokens around a text'),
  async run({ options, cwd, emit }) {
    const { tokenizer } = await loadTokenizer(resolve(cwd, options.tokenizer));
    const input = resolve(cwd, options.input);
    for await (const { value, line } of readJsonLines(input)) {
      const text = textOf(value, options.input, line);
      const pair = pairOf(value, options.input, line);
      const encoded = tokenizer.encodeWithOffsets(text, { addSpecialTokens: options.special, pair });
      const { ids, tokens, offsets } = encoded;
      emit(pair === undefined ? { ids, tokens, offsets } : encoded);
    }
  },
};

export const decode: Command<CodeOptions> = {
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
