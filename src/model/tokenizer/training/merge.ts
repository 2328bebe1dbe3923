import type { WordCounter } from './word-counter.js';
import { type TrainOptions, pauser } from './options.js';

/** Distinct pieces as symbols: word w is symbols[starts[w], starts[w] + lengths[w]), seen counts[w] times. */
export interface Words {
  readonly symbols: Int32Array;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  readonly counts: Float64Array;
}

/** Pairs of neighbours in the order in which they merge. */
export interface PairQueue {
  left(pair: number): number;
  right(pair: number): number;
  count(pair: number): number;
  /** Counts `times` more of the pair, seen in `word`; fewer. */
  add(left: number, right: number, times: number, word: number): void;
  subtract(left: number, right: number, times: number): void;
  /** Words in which the pair was seen, each once or more; some no longer hold it. */
  words(pair: number): Int32Array;
  /** Takes the pair out that merges next, -1 where none is left. */
  pop(): number;
  /** The pair is merged everywhere, or not wanted: it never comes out again. */
  retire(pair: number): void;
  /** Called after each round of changes. */
  settle(): void;
  /** Where the order depends on the symbols' own counts: a symbol is seen `times` more (fewer where below 0). */
  addSymbol?(symbol: number, times: number): void;
}

/** Never part of a pair: a character outside the alphabet. */
export const outside = -1;

/** Symbols of each counted piece; `spell` appends those of one piece. */
export function toWords(counter: WordCounter, spell: (text: string, out: number[]) => void): Words {
  let symbols = new Int32Array(1 << 16);
  const starts = new Int32Array(counter.size);
  const lengths = new Int32Array(counter.size);
  const counts = new Float64Array(counter.size);
  const spelled: number[] = [];
  let end = 0;
  for (let word = 0; word < counter.size; word++) {
    spelled.length = 0;
    spell(counter.text(word), spelled);
    while (end + spelled.length > symbols.length) {
      const next = new Int32Array(symbols.length * 2);
      next.set(symbols);
      symbols = next;
    }
    symbols.set(spelled, end);
    starts[word] = end;
    lengths[word] = spelled.length;
    counts[word] = counter.count(word);
    end += spelled.length;
  }
  return { symbols, starts, lengths, counts };
}

export interface MergePlan {
  readonly vocabSize: number;
  /** Merges of pairs seen less often are not made. */
  readonly minFrequency: number;
  /** What a token that goes on in a word begins with; it is left out where two tokens join. */
  readonly prefix?: string;
  /** Spellings that no merge may make. */
  readonly reserved: ReadonlySet<string>;
  /** Most characters in a token, prefix aside. */
  readonly maxTokenLength?: number;
  readonly onProgress?: TrainOptions['onProgress'];
  readonly signal?: AbortSignal;
}

/**
 * Merges pairs of neighbours in the queue's order until the vocabulary is full; `tokens` grows by what is made. Returns the
 * merges as pairs of ids. Counts are kept up to date only where a merge changes them.
 */
export async function mergeAll(
  { symbols, starts, lengths, counts }: Words,
  tokens: string[],
  pairs: PairQueue,
  { vocabSize, minFrequency, prefix = '', reserved, maxTokenLength = Infinity, onProgress, signal }: MergePlan,
): Promise<[number, number][]> {
  for (let word = 0; word < starts.length; word++) {
    const end = starts[word] + lengths[word];
    for (let at = starts[word]; at < end; at++) {
      if (symbols[at] === outside) continue;
      pairs.addSymbol?.(symbols[at], counts[word]);
      if (at + 1 < end && symbols[at + 1] !== outside) pairs.add(symbols[at], symbols[at + 1], counts[word], word);
    }
  }
  pairs.settle();
  const bare = (token: string) => (prefix !== '' && token.startsWith(prefix) ? token.slice(prefix.length) : token);
  const sizes = tokens.map((token) => bare(token).length);
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const merges: [number, number][] = [];
  const pause = pauser(signal);
  const first = tokens.length;
  const fits = (a: number, b: number) => a !== outside && b !== outside && sizes[a] + sizes[b] <= maxTokenLength;
  while (tokens.length < vocabSize) {
    const pair = pairs.pop();
    if (pair < 0 || pairs.count(pair) < minFrequency) break;
    const a = pairs.left(pair);
    const b = pairs.right(pair);
    const token = tokens[a] + bare(tokens[b]);
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
    merges.push([a, b]);
    let made = 0;
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
        made += times;
        symbols[to++] = merged;
        at += 2;
      }
      lengths[word] = to - start;
    }
    pairs.retire(pair);
    if (pairs.addSymbol) {
      pairs.addSymbol(a, -made);
      pairs.addSymbol(b, -made);
      pairs.addSymbol(merged, made);
    }
    pairs.settle();
    if (await pause()) {
      onProgress?.({ stage: 'tokenizer', done: tokens.length - first, total: vocabSize - first, unit: 'merges' });
    }
  }
  return merges;
}
