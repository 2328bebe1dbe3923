import { InvalidInput } from '../../../base/core/index.js';
import type { OnProgress } from '../../../base/contract/index.js';
import { AddedTokenFinder } from '../added-tokens.js';
import { byteAlphabet, byteToken, pushUtf8, toEscaped } from '../bytes.js';
import { PairCounts, type TieBreak } from './pair-counts.js';
import { asScanner, readPreTokenizers } from '../pre-tokenizers.js';
import { gpt2Pattern } from '../scanners.js';
import { Tokenizer } from '../tokenizer.js';
import { type TokenizerJson, byteLevelJson, sentencePieceJson } from './format.js';
import { WordCounter } from './word-counter.js';

export interface TrainBpeOptions {
  /** Tokens in all: special ones, alphabet and merges. */
  readonly vocabSize: number;
  /**
   * `byte-level` (default) starts from the 256 bytes. `sentencepiece` starts from characters, writes spaces as `▁` and
   * spells characters outside its alphabet as bytes.
   */
  readonly kind?: 'byte-level' | 'sentencepiece';
  /** Split pattern of byte-level vocabularies: no token crosses the pieces it finds. Default GPT-2's. */
  readonly pattern?: string;
  /** Merges of pairs seen less often are not made. Default 1. */
  readonly minFrequency?: number;
  /** Ids 0, 1, … in this order; their spelling in the text is left out of the counts. Default `<|endoftext|>`, for SentencePiece `<unk> <s> </s>`. */
  readonly specialTokens?: readonly string[];
  /** Among pairs of equal count: the one of `lower` ids (default), or of the `greater` byte strings. */
  readonly ties?: 'lower' | 'greater';
  /** Most bytes (characters, for SentencePiece) in a token. Default no limit. */
  readonly maxTokenLength?: number;
  /** SentencePiece: share of the characters of the text that the alphabet covers. Default 0.9995. */
  readonly characterCoverage?: number;
  /** SentencePiece: put a space before a text. Default false, so that decoding gives the text back exactly. */
  readonly addPrefixSpace?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Distinct pieces as symbols: word w is symbols[starts[w], starts[w] + lengths[w]), seen counts[w] times. */
interface Words {
  readonly symbols: Int32Array;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  readonly counts: Float64Array;
}

/** Never part of a pair: a character outside the alphabet. */
const outside = -1;
const mostVocab = 2_000_000;

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
  check(vocabSize, specials, options);
  const json =
    kind === 'byte-level' ? byteLevelJson(pattern) : sentencePieceJson(options.addPrefixSpace ?? false, specials);
  const counter = await countWords(texts, json, specials, options);
  if (counter.size === 0) {
    throw new InvalidInput('tokenizer.empty', 'train: expected text, got none; give files that hold some');
  }
  const tokens = [...specials];
  const alphabet =
    kind === 'byte-level' ? bytes(tokens) : characters(counter, tokens, options.characterCoverage ?? 0.9995);
  if (vocabSize < tokens.length) {
    throw new InvalidInput(
      'tokenizer.vocabSize',
      `train: expected a vocabulary of at least ${tokens.length} (special tokens and alphabet), got ${vocabSize}; raise the vocabulary size`,
      { smallest: tokens.length },
    );
  }
  const first = tokens.length;
  const words = toWords(counter, alphabet, kind === 'byte-level');
  const reserved = new Set(kind === 'byte-level' ? specials : tokens.slice(0, specials.length + 256));
  const order = ties === 'greater' ? greaterBytes(tokens, kind === 'byte-level') : lowerIds;
  const merges = await mergeAll(words, tokens, reserved, order, vocabSize, minFrequency, options);
  if (tokens.length < vocabSize) {
    throw new InvalidInput(
      'tokenizer.vocabSize',
      `train: expected a vocabulary of at most ${tokens.length} for this text, got ${vocabSize}; ask for a smaller one or give more text`,
      { largest: tokens.length, vocabSize, alphabet: first },
    );
  }
  const byContent = new Map(tokens.map((token, id) => [token, id]));
  json.model.vocab = Object.fromEntries(byContent);
  json.model.merges = merges;
  json.added_tokens = specials.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  return Tokenizer.fromJson(json);
}

function check(vocabSize: number, specials: readonly string[], options: TrainBpeOptions): void {
  const wrong = (name: string, expected: string, got: unknown): never => {
    throw new InvalidInput('tokenizer.train', `train: ${name}: expected ${expected}, got ${String(got)}`, { name });
  };
  if (!Number.isInteger(vocabSize) || vocabSize < 1 || vocabSize > mostVocab) {
    wrong('vocabSize', `a whole number from 1 to ${mostVocab}`, vocabSize);
  }
  const { minFrequency = 1, maxTokenLength, characterCoverage = 1 } = options;
  if (!Number.isInteger(minFrequency) || minFrequency < 0)
    wrong('minFrequency', 'a whole number, 0 or more', minFrequency);
  if (maxTokenLength !== undefined && !(maxTokenLength >= 1))
    wrong('maxTokenLength', 'a number from 1 on', maxTokenLength);
  if (!(characterCoverage > 0 && characterCoverage <= 1))
    wrong('characterCoverage', 'a share in (0, 1]', characterCoverage);
  if (new Set(specials).size !== specials.length) wrong('specialTokens', 'different tokens', specials.join(' '));
  for (const token of specials) {
    if (token.length === 0 || byteAlphabet.includes(token))
      wrong('specialTokens', 'tokens of two characters or more', token);
  }
}

async function countWords(
  texts: Iterable<string> | AsyncIterable<string>,
  json: TokenizerJson,
  specials: readonly string[],
  { onProgress, signal }: TrainBpeOptions,
): Promise<WordCounter> {
  const { steps } = readPreTokenizers(json.pre_tokenizer);
  const quick = asScanner(steps);
  const token = {
    id: 0,
    content: '',
    special: true,
    singleWord: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  };
  const finder = new AddedTokenFinder(specials.map((content) => [content, { ...token, content }]));
  const counter = new WordCounter();
  const pause = pauser(signal);
  let done = 0;
  for await (const given of texts) {
    const whole = toEscaped(given);
    const parts = finder.touches(whole)
      ? finder.split({ text: whole, first: true })
      : [{ span: { text: whole, first: true } }];
    for (const part of parts) {
      if ('token' in part && part.token) continue;
      if (quick) {
        const { text } = quick.prepare(part.span);
        for (let at = 0; at < text.length; ) {
          const end = quick.scanner(text, at, text.length);
          if (end >= 0) counter.add(text, at, end);
          at = end < 0 ? ~end : end;
        }
      } else {
        let spans = [part.span];
        for (const step of steps) spans = spans.flatMap((span) => step.split(span));
        for (const span of spans) counter.add(span.text, 0, span.text.length);
      }
    }
    done += given.length;
    if (await pause()) onProgress?.({ stage: 'tokenizer', done, total: done, unit: 'characters' });
  }
  return counter;
}

/** Lets the event loop run now and then; true when it did. */
function pauser(signal?: AbortSignal): () => Promise<boolean> {
  let last = Date.now();
  return async () => {
    if (Date.now() - last < 100) return false;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    last = Date.now();
    return true;
  };
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

function toWords(counter: WordCounter, alphabet: ReadonlyMap<number, number>, byteLevel: boolean): Words {
  const symbols: number[] = [];
  const starts = new Int32Array(counter.size);
  const lengths = new Int32Array(counter.size);
  const counts = new Float64Array(counter.size);
  const scratch: number[] = [];
  for (let word = 0; word < counter.size; word++) {
    const text = counter.text(word);
    starts[word] = symbols.length;
    scratch.length = 0;
    if (byteLevel) for (let at = 0; at < text.length; ) at = pushUtf8(text, at, scratch);
    else for (const char of text) scratch.push(char.codePointAt(0) as number);
    for (const value of scratch) symbols.push(alphabet.get(value) ?? outside);
    lengths[word] = symbols.length - starts[word];
    counts[word] = counter.count(word);
  }
  return { symbols: Int32Array.from(symbols), starts, lengths, counts };
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

async function mergeAll(
  { symbols, starts, lengths, counts }: Words,
  tokens: string[],
  reserved: ReadonlySet<string>,
  order: TieBreak,
  vocabSize: number,
  minFrequency: number,
  { maxTokenLength = Infinity, onProgress, signal }: TrainBpeOptions,
): Promise<string[]> {
  const pairs = new PairCounts(order);
  for (let word = 0; word < starts.length; word++) {
    const end = starts[word] + lengths[word] - 1;
    for (let at = starts[word]; at < end; at++) {
      if (symbols[at] !== outside && symbols[at + 1] !== outside)
        pairs.add(symbols[at], symbols[at + 1], counts[word], word);
    }
  }
  pairs.settle();
  const sizes = tokens.map((token) => token.length);
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const merges: string[] = [];
  const pause = pauser(signal);
  const first = tokens.length;
  const fits = (a: number, b: number) => a !== outside && b !== outside && sizes[a] + sizes[b] <= maxTokenLength;
  while (tokens.length < vocabSize) {
    const pair = pairs.pop();
    if (pair < 0 || pairs.count(pair) < minFrequency) break;
    const a = pairs.left(pair);
    const b = pairs.right(pair);
    const token = tokens[a] + tokens[b];
    if (reserved.has(token) || sizes[a] + sizes[b] > maxTokenLength) {
      pairs.retire(pair);
      continue;
    }
    // One spelling put together in two ways is one token with two merges.
    const merged = idOf.get(token) ?? tokens.length;
    if (merged === tokens.length) {
      tokens.push(token);
      idOf.set(token, merged);
      sizes.push(sizes[a] + sizes[b]);
    }
    merges.push(`${tokens[a]} ${tokens[b]}`);
    for (const word of pairs.words(pair)) {
      const start = starts[word];
      const end = start + lengths[word];
      const times = counts[word];
      let to = start;
      for (let at = start; at < end; ) {
        if (symbols[at] !== a || at + 1 === end || symbols[at + 1] !== b) {
          symbols[to++] = symbols[at++];
          continue;
        }
        if (to > start) {
          const before = symbols[to - 1];
          pairs.subtract(before, a, times);
          if (fits(before, merged)) pairs.add(before, merged, times, word);
        }
        if (at + 2 < end) {
          const after = symbols[at + 2];
          pairs.subtract(b, after, times);
          if (fits(merged, after)) pairs.add(merged, after, times, word);
        }
        symbols[to++] = merged;
        at += 2;
      }
      lengths[word] = to - start;
    }
    pairs.retire(pair);
    pairs.settle();
    if (await pause()) {
      onProgress?.({ stage: 'tokenizer', done: tokens.length - first, total: vocabSize - first, unit: 'merges' });
    }
  }
  return merges;
}
