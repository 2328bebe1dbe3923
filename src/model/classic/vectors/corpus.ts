import { InvalidInput } from '../../../base/core/index.js';

/** A line of words between white space, or its words. */
export type Sentence = string | readonly string[];
export type Sentences = Iterable<Sentence> | AsyncIterable<Sentence>;

export interface CorpusOptions {
  /** Words seen fewer times are left out. Default 5. */
  readonly minCount?: number;
  /** Longer sentences are cut into pieces of so many words. Default 10,000. */
  readonly maxSentence?: number;
  /**
   * Most different words held while counting (about 100 bytes each): above it the rarest ones are forgotten, so that any
   * text is counted in bounded memory. Default 10 million.
   */
  readonly maxWords?: number;
  /** Cuts a line into words. Default: at white space. */
  readonly split?: (line: string) => readonly string[];
  /** A word put at the end of every line. */
  readonly endOfLine?: string;
  /** Words and ids go to a `SharedArrayBuffer`, for worker threads. */
  readonly shared?: boolean;
  readonly signal?: AbortSignal;
}

/** A text as numbers: 4 bytes a word. */
export interface Corpus {
  /** Most frequent first; words of equal frequency in order of appearance. */
  readonly words: readonly string[];
  /** Occurrences of each word. */
  readonly counts: Float64Array;
  /** Words of all sentences, one after the other. */
  readonly ids: Int32Array;
  /** Sentence n is `ids[starts[n]]` up to `ids[starts[n + 1]]`; one entry more than sentences. */
  readonly starts: Float64Array;
  /** Words read, with those left out. */
  readonly read: number;
}

const chunkSize = 1 << 20;

/** Numbers added one by one, kept in chunks: growing never copies. */
class Numbers {
  readonly #chunks: Int32Array[] = [];
  length = 0;

  push(value: number): void {
    const at = this.length % chunkSize;
    if (at === 0) this.#chunks.push(new Int32Array(chunkSize));
    this.#chunks.at(-1)![at] = value;
    this.length++;
  }

  /** Calls `visit` on each and lets go of what was visited. */
  drain(visit: (value: number) => void): void {
    let left = this.length;
    for (let chunk = this.#chunks.shift(); chunk; chunk = this.#chunks.shift()) {
      const n = Math.min(left, chunkSize);
      for (let i = 0; i < n; i++) visit(chunk[i]!);
      left -= n;
    }
    this.length = 0;
  }
}

/** A copy that does not keep the line alive which the word was cut from. */
const detached = (word: string): string => (word.length < 13 ? word : word.split('').join(''));

/** Words of a line: what stands between white space. */
export function wordsOf(line: string): string[] {
  // Splitting at a plain space is several times faster than at an expression.
  return /[^\S ]/.test(line)
    ? line.split(/\s+/).filter((word) => word !== '')
    : line.split(' ').filter((w) => w !== '');
}

/** Words and counts while a text is read. Words have provisional numbers, which never come back once forgotten. */
export class WordCounter {
  readonly #numbers = new Map<string, number>();
  readonly #counts: number[] = [];
  readonly #most: number;
  #least = 1;

  constructor(most: number) {
    this.#most = most;
  }

  add(word: string): number {
    let number = this.#numbers.get(word);
    if (number === undefined) {
      if (this.#numbers.size >= this.#most) this.#forget();
      number = this.#counts.length;
      this.#numbers.set(detached(word), number);
      this.#counts.push(0);
    }
    this.#counts[number]!++;
    return number;
  }

  /** Forgets the words seen `#least` times or fewer; the bound rises until a tenth is free again. */
  #forget(): void {
    while (this.#numbers.size > this.#most * 0.9) {
      for (const [word, number] of this.#numbers) {
        if (this.#counts[number]! <= this.#least) this.#numbers.delete(word);
      }
      this.#least++;
    }
  }

  /** Words with `minCount` occurrences or more in order of frequency, and the place of each provisional number, or -1. */
  rank(minCount: number): { words: string[]; counts: Float64Array; places: Int32Array } {
    const kept = [...this.#numbers].filter(([, number]) => this.#counts[number]! >= minCount);
    kept.sort(([, a], [, b]) => this.#counts[b]! - this.#counts[a]! || a - b);
    const places = new Int32Array(this.#counts.length).fill(-1);
    kept.forEach(([, number], place) => {
      places[number] = place;
    });
    const counts = Float64Array.from(kept, ([, number]) => this.#counts[number]!);
    return { words: kept.map(([word]) => word), counts, places };
  }
}

export const int32Array = (length: number, shared: boolean): Int32Array<ArrayBufferLike> =>
  new Int32Array(shared ? new SharedArrayBuffer(4 * length) : new ArrayBuffer(4 * length));

export const float64Array = (length: number, shared: boolean): Float64Array<ArrayBufferLike> =>
  new Float64Array(shared ? new SharedArrayBuffer(8 * length) : new ArrayBuffer(8 * length));

/**
 * Reads sentences once into numbers. Rare words are dropped from the sentences, so that their neighbours come closer, as
 * in word2vec. Throws `InvalidInput` `vectors.corpus` where no word is frequent enough.
 */
export async function buildCorpus(sentences: Sentences, options: CorpusOptions = {}): Promise<Corpus> {
  const { minCount = 5, maxSentence = 10_000, maxWords = 10_000_000, shared = false, signal } = options;
  const { split = wordsOf, endOfLine } = options;
  const counter = new WordCounter(maxWords);
  const numbers = new Numbers();
  let read = 0;
  const end = (): void => numbers.push(-1);
  for await (const sentence of sentences) {
    signal?.throwIfAborted();
    const words = typeof sentence === 'string' ? split(sentence) : sentence;
    for (let i = 0; i < words.length; i++) {
      if (i > 0 && i % maxSentence === 0) end();
      numbers.push(counter.add(words[i]!));
    }
    read += words.length;
    if (endOfLine !== undefined) numbers.push(counter.add(endOfLine));
    if (words.length > 0 || endOfLine !== undefined) end();
  }
  const { words, counts, places } = counter.rank(minCount);
  if (words.length === 0) {
    throw new InvalidInput(
      'vectors.corpus',
      `vectors: expected a text with words that occur ${minCount} times or more, got ${read} words and none of these; give more text or a lower minCount`,
      { read, minCount },
    );
  }
  let total = 0;
  for (const count of counts) total += count;
  const ids = int32Array(total, shared);
  const starts: number[] = [0];
  let length = 0;
  numbers.drain((number) => {
    if (number >= 0) {
      const place = places[number]!;
      if (place >= 0) ids[length++] = place;
    } else if (length > starts.at(-1)!) starts.push(length);
  });
  const bounds = float64Array(starts.length, shared);
  bounds.set(starts);
  // A word that was forgotten and came back has fewer ids than the text had; `length` is what is there.
  return { words, counts, ids: length === total ? ids : ids.subarray(0, length), starts: bounds, read };
}
