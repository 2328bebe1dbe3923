import { byteAlphabet, byteToken, pushUtf8 } from '../bytes.js';
import { gpt2Pattern } from '../patterns.js';
import { Tokenizer } from '../tokenizer.js';
import { countWords } from './count.js';
import { type TokenizerJson, byteLevelJson, sentencePieceJson } from './format.js';
import { type Words, mergeAll, outside, toWords } from './merge.js';
import {
  type TrainOptions,
  checkFrequency,
  checkLargest,
  checkOptions,
  checkSmallest,
  specialEntries,
  wrongOption,
} from './options.js';
import { PairCounts, type TieBreak } from './pair-counts.js';
import type { WordCounter } from './word-counter.js';

export interface TrainBpeOptions extends TrainOptions {
  /**
   * `byte-level` (default) starts from the 256 bytes. `sentencepiece` starts from characters, writes spaces as `▁` and
   * spells characters outside its alphabet as bytes.
   */
  readonly kind?: 'byte-level' | 'sentencepiece';
  /** Split pattern of byte-level vocabularies: no token crosses the pieces it finds. Default GPT-2's. */
  readonly pattern?: string;
  /** Merges of pairs seen less often are not made. Default 1. */
  readonly minFrequency?: number;
  /** Default `<|endoftext|>`, for SentencePiece `<unk> <s> </s>`. */
  readonly specialTokens?: readonly string[];
  /** Among pairs of equal count: the one of `lower` ids (default), or of the `greater` byte strings. */
  readonly ties?: 'lower' | 'greater';
  /** Most bytes (characters, for SentencePiece) in a token. Default no limit. */
  readonly maxTokenLength?: number;
  /** SentencePiece: share of the characters of the text that the alphabet covers. Default 0.9995. */
  readonly characterCoverage?: number;
  /** SentencePiece: put a space before a text. Default false, so that decoding gives the text back exactly. */
  readonly addPrefixSpace?: boolean;
}

/**
 * Trains a byte-pair vocabulary (Sennrich et al. 2016): the most frequent pair of neighbours within a piece becomes a
 * token, again and again. Counts are kept up to date only where a merge changed them.
 * Errors: `InvalidInput` where the text holds no piece, or too few pairs for `vocabSize` (the message names the largest possible one).
 */
export async function trainBpe(
  texts: Iterable<string> | AsyncIterable<string>,
  options: TrainBpeOptions,
): Promise<Tokenizer> {
  const { vocabSize, kind = 'byte-level', pattern = gpt2Pattern, minFrequency = 1, ties = 'lower' } = options;
  const specials = options.specialTokens ?? (kind === 'byte-level' ? ['<|endoftext|>'] : ['<unk>', '<s>', '</s>']);
  check(specials, options);
  const json =
    kind === 'byte-level' ? byteLevelJson(pattern) : sentencePieceJson(options.addPrefixSpace ?? false, specials);
  const bytewise = kind === 'byte-level';
  const { words, tokens } = await counted(texts, json, specials, options);
  const merges = await mergeAll(
    words,
    tokens,
    new PairCounts(ties === 'greater' ? greaterBytes(tokens, bytewise) : lowerIds),
    {
      vocabSize,
      minFrequency,
      reserved: new Set(bytewise ? specials : tokens.slice(0, specials.length + 256)),
      maxTokenLength: options.maxTokenLength,
      onProgress: options.onProgress,
      signal: options.signal,
    },
  );
  checkLargest(vocabSize, tokens.length);
  const byContent = new Map(tokens.map((token, id) => [token, id]));
  json.model.vocab = Object.fromEntries(byContent);
  json.model.merges = merges.map(([left, right]) => `${tokens[left]} ${tokens[right]}`);
  json.added_tokens = specialEntries(specials);
  return Tokenizer.fromJson(json);
}

/** The words of the texts as symbols, and the tokens these are. What counted the words is let go: it may be large. */
async function counted(
  texts: Iterable<string> | AsyncIterable<string>,
  json: TokenizerJson,
  specials: readonly string[],
  options: TrainBpeOptions,
): Promise<{ words: Words; tokens: string[] }> {
  const counter = await countWords(texts, json, specials, options);
  const tokens = [...specials];
  const bytewise = options.kind !== 'sentencepiece';
  const alphabet = bytewise ? bytes(tokens) : characters(counter, tokens, options.characterCoverage ?? 0.9995);
  checkSmallest(options.vocabSize, tokens.length);
  return { words: toWords(counter, (text, out) => spell(text, alphabet, bytewise, out)), tokens };
}

function check(specials: readonly string[], options: TrainBpeOptions): void {
  checkOptions(options, specials);
  const { minFrequency = 1, maxTokenLength, characterCoverage = 1 } = options;
  checkFrequency(minFrequency);
  if (maxTokenLength !== undefined && !(maxTokenLength >= 1)) {
    wrongOption('maxTokenLength', 'a number from 1 on', maxTokenLength);
  }
  if (!(characterCoverage > 0 && characterCoverage <= 1)) {
    wrongOption('characterCoverage', 'a share in (0, 1]', characterCoverage);
  }
  for (const token of specials) {
    if (byteAlphabet.includes(token)) wrongOption('specialTokens', 'tokens of two characters or more', token);
  }
}

/** The 256 bytes, in order of their printable characters as in the reference trainer; id of each byte. */
function bytes(tokens: string[]): Map<number, number> {
  const order = [...byteAlphabet.keys()].sort((a, b) => byteAlphabet[a].charCodeAt(0) - byteAlphabet[b].charCodeAt(0));
  const ids = new Map<number, number>();
  for (const byte of order) {
    ids.set(byte, tokens.length);
    tokens.push(byteAlphabet[byte]);
  }
  return ids;
}

/** Byte tokens, then the characters of the text until they cover the wanted share; id of each code point. */
function characters(counter: WordCounter, tokens: string[], coverage: number): Map<number, number> {
  for (let byte = 0; byte < 256; byte++) tokens.push(byteToken(byte));
  const counts = new Map<number, number>();
  let total = 0;
  for (let word = 0; word < counter.size; word++) {
    for (const char of counter.text(word)) {
      const point = char.codePointAt(0) as number;
      if (point >= 0xd800 && point <= 0xdfff) continue;
      counts.set(point, (counts.get(point) ?? 0) + counter.count(word));
      total += counter.count(word);
    }
  }
  const chosen: number[] = [];
  let covered = 0;
  for (const [point, count] of [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
    if (covered >= coverage * total) break;
    covered += count;
    chosen.push(point);
  }
  const ids = new Map<number, number>();
  for (const point of chosen.sort((a, b) => a - b)) {
    ids.set(point, tokens.length);
    tokens.push(String.fromCodePoint(point));
  }
  return ids;
}

/** Symbols of a piece: its bytes, or its characters. */
function spell(text: string, alphabet: ReadonlyMap<number, number>, bytewise: boolean, out: number[]): void {
  if (bytewise) for (let at = 0; at < text.length; ) at = pushUtf8(text, at, out);
  else for (const char of text) out.push(char.codePointAt(0) as number);
  for (let i = 0; i < out.length; i++) out[i] = alphabet.get(out[i]) ?? outside;
}

const lowerIds: TieBreak = (a, b, c, d) => (a !== c ? a < c : b < d);

/** The greater left side first, then the greater right side, as byte strings; `tokens` grows while training. */
function greaterBytes(tokens: readonly string[], byteLevel: boolean): TieBreak {
  const values: Uint8Array[] = [];
  const encoder = new TextEncoder();
  const byteOf = new Map(byteAlphabet.map((char, byte) => [char, byte]));
  const bytesOf = (id: number): Uint8Array => {
    values[id] ??= byteLevel
      ? Uint8Array.from(tokens[id], (char) => byteOf.get(char) as number)
      : encoder.encode(tokens[id]);
    return values[id];
  };
  const compare = (a: Uint8Array, b: Uint8Array): number => {
    const length = Math.min(a.length, b.length);
    for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
    return a.length - b.length;
  };
  return (a, b, c, d) => (compare(bytesOf(a), bytesOf(c)) || compare(bytesOf(b), bytesOf(d))) > 0;
}
