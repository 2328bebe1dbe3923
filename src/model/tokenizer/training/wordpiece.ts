import { Tokenizer } from '../tokenizer.js';
import { countWords } from './count.js';
import { type TokenizerJson, wordPieceJson } from './format.js';
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
import { PairCounts } from './pair-counts.js';
import { PairScores } from './pair-scores.js';
import type { WordCounter } from './word-counter.js';

export interface TrainWordPieceOptions extends TrainOptions {
  /**
   * `likelihood` (default): the pair of the greatest freq(ab) / (freq(a) · freq(b)), by which the likelihood of the text rises
   * most (Schuster and Nakajima 2012). `frequency`: the most frequent pair, byte-pair encoding with a prefix, as in Hugging
   * Face's trainer.
   */
  readonly score?: 'likelihood' | 'frequency';
  /** Merges of pairs seen less often are not made. Default 2 for `likelihood` (it would begin with pairs seen once), else 1. */
  readonly minFrequency?: number;
  /** Default `[PAD] [UNK] [CLS] [SEP] [MASK]`; `[CLS]` and `[SEP]`, where they are there, stand around texts. */
  readonly specialTokens?: readonly string[];
  /** Lower-case the text and strip its accents. Default false. */
  readonly lowercase?: boolean;
  /** Most characters in the alphabet, the most frequent ones; words with others are unknown. Default no limit. */
  readonly limitAlphabet?: number;
  /** What begins a token that goes on in a word. Default `##`. */
  readonly prefix?: string;
  /**
   * Pieces that come first after the special tokens, in this order, however rare; characters of the text that are missing
   * follow by code point, then with the prefix. Of equally good pairs the one of lower ids merges, so the order may matter.
   */
  readonly alphabet?: readonly string[];
}

const bertTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const unkToken = '[UNK]';

/**
 * Trains a WordPiece vocabulary with BERT's normalizer and pre-tokenizer.
 * Errors: `InvalidInput` where the text holds no word, or too few pairs for `vocabSize` (the message names the largest possible one).
 */
export async function trainWordPiece(
  texts: Iterable<string> | AsyncIterable<string>,
  options: TrainWordPieceOptions,
): Promise<Tokenizer> {
  const { vocabSize, score = 'likelihood', lowercase = false, prefix = '##' } = options;
  const { minFrequency = score === 'likelihood' ? 2 : 1, limitAlphabet = Infinity } = options;
  const specials = options.specialTokens ?? bertTokens;
  checkOptions(options, specials);
  checkFrequency(minFrequency);
  if (!(limitAlphabet >= 1)) wrongOption('limitAlphabet', 'a number from 1 on', limitAlphabet);
  if (prefix === '') wrongOption('prefix', 'one character or more', '""');
  const wrap = wrapOf(specials);
  const json = wordPieceJson(lowercase, prefix, unkToken, wrap);
  const { words, tokens } = await counted(texts, json, specials, options);
  const queue =
    score === 'likelihood' ? new PairScores(minFrequency) : new PairCounts((a, b, c, d) => (a !== c ? a < c : b < d));
  await mergeAll(words, tokens, queue, {
    vocabSize,
    minFrequency,
    prefix,
    reserved: new Set(specials),
    onProgress: options.onProgress,
    signal: options.signal,
  });
  checkLargest(vocabSize, tokens.length);
  json.model.vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  json.added_tokens = specialEntries(specials);
  return Tokenizer.fromJson(json);
}

/** The words of the texts as symbols, and the tokens these are. What counted the words is let go: it may be large. */
async function counted(
  texts: Iterable<string> | AsyncIterable<string>,
  json: TokenizerJson,
  specials: readonly string[],
  options: TrainWordPieceOptions,
): Promise<{ words: Words; tokens: string[] }> {
  const { score = 'likelihood', limitAlphabet = Infinity, prefix = '##' } = options;
  const counter = await countWords(texts, json, specials, options);
  const tokens = [...new Set([...specials, ...(options.alphabet ?? [])])];
  const ids = alphabetOf(counter, tokens, limitAlphabet, prefix);
  checkSmallest(options.vocabSize, tokens.length);
  const words = toWords(counter, (text, out) => {
    let first = true;
    for (const char of text) {
      const id = (first ? ids.first : ids.inner).get(char);
      // Byte-pair encoding the way of Hugging Face lets the neighbours of a character outside the alphabet meet.
      if (id !== undefined) out.push(id);
      else if (score === 'likelihood') out.push(outside);
      first = false;
    }
  });
  return { words, tokens };
}

function wrapOf(specials: readonly string[]): { cls: [string, number]; sep: [string, number] } | undefined {
  const cls = specials.indexOf('[CLS]');
  const sep = specials.indexOf('[SEP]');
  return cls < 0 || sep < 0 ? undefined : { cls: ['[CLS]', cls], sep: ['[SEP]', sep] };
}

interface Alphabet {
  readonly first: ReadonlyMap<string, number>;
  readonly inner: ReadonlyMap<string, number>;
}

/** Characters of the words, and with the prefix those that go on in a word; `tokens` grows by the missing ones. */
function alphabetOf(counter: WordCounter, tokens: string[], most: number, prefix: string): Alphabet {
  const counts = new Map<string, number>();
  const going = new Set<string>();
  for (let word = 0; word < counter.size; word++) {
    let first = true;
    for (const char of counter.text(word)) {
      // Bytes that are not UTF-8 are no characters.
      if (char.length === 1 && (char.charCodeAt(0) & 0xf800) === 0xd800) continue;
      counts.set(char, (counts.get(char) ?? 0) + counter.count(word));
      if (!first) going.add(char);
      first = false;
    }
  }
  const byPoint = (a: string, b: string) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number);
  const kept = [...counts.entries()]
    .sort((a, b) => b[1] - a[1] || byPoint(a[0], b[0]))
    .slice(0, most)
    .map(([char]) => char)
    .sort(byPoint);
  const known = new Map(tokens.map((token, id) => [token, id]));
  const idOf = (token: string) => {
    let id = known.get(token);
    if (id === undefined) {
      id = tokens.length;
      tokens.push(token);
      known.set(token, id);
    }
    return id;
  };
  const first = new Map(kept.map((char) => [char, idOf(char)]));
  const inner = new Map(kept.filter((char) => going.has(char)).map((char) => [char, idOf(prefix + char)]));
  return { first, inner };
}
