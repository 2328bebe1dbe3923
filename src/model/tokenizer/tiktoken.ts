import { InvalidInput } from '../../base/core/index.js';
import { byteAlphabet, bytesToPrintable } from './bytes.js';
import { gpt2Pattern, gpt4Pattern, o200kPattern } from './patterns.js';
import { Tokenizer } from './tokenizer.js';
import { byteLevelJson } from './training/index.js';

/** A public encoding: the pattern that its rank file goes with, and its special tokens. */
export interface TiktokenEncoding {
  readonly pattern: string;
  readonly specialTokens: Readonly<Record<string, number>>;
}

export type TiktokenEncodingName = 'r50k_base' | 'p50k_base' | 'cl100k_base' | 'o200k_base';

/** The public encodings of OpenAI's models: GPT-2 and 3, Codex, GPT-4, GPT-4o. */
export const tiktokenEncodings: Readonly<Record<TiktokenEncodingName, TiktokenEncoding>> = {
  r50k_base: { pattern: gpt2Pattern, specialTokens: { '<|endoftext|>': 50256 } },
  p50k_base: { pattern: gpt2Pattern, specialTokens: { '<|endoftext|>': 50256 } },
  cl100k_base: {
    pattern: gpt4Pattern(3),
    specialTokens: {
      '<|endoftext|>': 100257,
      '<|fim_prefix|>': 100258,
      '<|fim_middle|>': 100259,
      '<|fim_suffix|>': 100260,
      '<|endofprompt|>': 100276,
    },
  },
  o200k_base: { pattern: o200kPattern, specialTokens: { '<|endoftext|>': 199999, '<|endofprompt|>': 200018 } },
};

const longestFile = 32 * 1024 * 1024;
const longestToken = 512;
const mostRank = 4_000_000;

const refuse = (expected: string, got: string): never => {
  throw new InvalidInput('tokenizer.tiktoken', `rank file: expected ${expected}, got ${got}`);
};

/** Tokens of a rank file (a line each: the bytes in base64, a space, the rank) in printable form, with their ranks. */
function readRanks(text: string): Map<string, number> {
  if (text.length > longestFile) refuse(`at most ${longestFile} characters`, String(text.length));
  const ranks = new Map<string, number>();
  const seen = new Set<number>();
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const match = /^([A-Za-z0-9+/]+={0,2}) (\d{1,7})\r?$/.exec(line);
    if (!match)
      return refuse('base64, a space and a rank in each line', `line ${i + 1}: ${JSON.stringify(line.slice(0, 60))}`);
    const token = bytesOf(match[1], i + 1);
    const rank = Number(match[2]);
    if (rank >= mostRank) refuse(`ranks below ${mostRank}`, String(rank));
    if (ranks.has(token) || seen.has(rank)) refuse('each token and each rank once', `line ${i + 1} again`);
    ranks.set(token, rank);
    seen.add(rank);
  }
  const missing = byteAlphabet.filter((char) => !ranks.has(char)).length;
  if (missing > 0) refuse('all 256 bytes among the tokens', `${256 - missing} of them`);
  return ranks;
}

function bytesOf(base64: string, line: number): string {
  let binary = '';
  try {
    binary = atob(base64);
  } catch {
    refuse('base64', `line ${line}: ${JSON.stringify(base64.slice(0, 60))}`);
  }
  if (binary.length > longestToken) refuse(`tokens of at most ${longestToken} bytes`, `line ${line}: ${binary.length}`);
  return bytesToPrintable(Array.from(binary, (char) => char.charCodeAt(0)));
}

/**
 * Merges of a byte-pair model that does what tiktoken does with these ranks: there any two neighbours merge whose bytes
 * together are a token, lowest rank first, so each way to cut a token into two is a merge of its rank.
 */
function mergesOf(ranks: ReadonlyMap<string, number>): [string, string][] {
  const merges: [string, string][] = [];
  for (const [token] of [...ranks].sort((a, b) => a[1] - b[1])) {
    const cuts: [number, number, number][] = [];
    for (let cut = 1; cut < token.length; cut++) {
      const left = ranks.get(token.slice(0, cut));
      const right = left === undefined ? undefined : ranks.get(token.slice(cut));
      if (left !== undefined && right !== undefined) cuts.push([left, right, cut]);
    }
    cuts.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (const [, , cut] of cuts) merges.push([token.slice(0, cut), token.slice(cut)]);
  }
  return merges;
}

/**
 * A tokenizer of a tiktoken rank file: ids are its ranks. `encoding` is a public one, whose special tokens are added if they
 * fit behind the ranks of this file, or a pattern and special tokens of your own.
 * Errors: `InvalidInput` where a line is malformed, a token or rank comes twice, or a byte is missing.
 */
export function tokenizerFromTiktoken(
  file: string | Uint8Array,
  encoding: TiktokenEncodingName | Partial<TiktokenEncoding> = {},
): Tokenizer {
  const text = typeof file === 'string' ? file : new TextDecoder('latin1').decode(file);
  const ranks = readRanks(text);
  const named = typeof encoding === 'string' ? tiktokenEncodings[encoding] : encoding;
  const { pattern = gpt4Pattern(3), specialTokens = {} } = named;
  const json = byteLevelJson(pattern);
  json.model.vocab = Object.fromEntries(ranks);
  json.model.merges = mergesOf(ranks);
  // A piece that is a token as a whole is taken as such, whether merges lead to it or not.
  json.model.ignore_merges = true;
  const taken = new Set(ranks.values());
  const size = Math.max(...Object.values(specialTokens), 0);
  const fits = typeof encoding !== 'string' || size < ranks.size + 1024;
  json.added_tokens = !fits
    ? []
    : Object.entries(specialTokens).map(([content, id]) => {
        if (taken.has(id)) refuse('special tokens with ids that are free', `${content} with ${id}`);
        return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
      });
  return Tokenizer.fromJson(json);
}
