import { z } from 'zod';
import type { Document } from '../document.js';
import { type CorpusStep, type DecideContext, type Summary, type Verdict, defineStep } from '../pipeline/step.js';
import { rangesByDocument } from './ranges.js';
import { RecordSorter } from './record-sorter.js';
import { WordScanner, avalanche } from './words.js';

const substringOptions = z
  .strictObject({
    unit: z
      .enum(['words', 'characters'])
      .default('words')
      .describe('Normalized words, or the characters (UTF-16 units) of the text as it is.'),
    length: z
      .int()
      .min(5)
      .max(10_000)
      .optional()
      .describe('Least units of a repeat. Default 50 words, 100 characters.'),
    minCharactersLeft: z.int().min(0).default(100).describe('A document that ends up with fewer is dropped.'),
    memoryMB: z.number().min(1).max(65_536).default(256).describe('Memory of the index; the rest is on disk.'),
  })
  .describe('Cuts long repeats.');
export type SubstringOptions = z.input<typeof substringOptions>;

const multiplier = 0x2c1b3c6d;
const second = 0x5851f42d;
/** Windows that are looked at together. */
const stretch = 1 << 16;

/**
 * Cuts each run of so many words or characters that stood in the corpus before, but for its first place (Lee et al. 2022,
 * "Deduplicating Training Data Makes Language Models Better", with their 50 tokens as words).
 *
 * The places are those that a suffix array of the whole corpus finds when it is cut at this depth: here the windows' 64-bit
 * fingerprints are rolled along the text and sorted, in blocks on disk where memory does not hold them. A first pass counts
 * fingerprints in two bits each, so that only windows that may be repeated are ever written.
 */
export function substringStep(options: SubstringOptions = {}): CorpusStep {
  const { unit, length = unit === 'words' ? 50 : 100, minCharactersLeft, memoryMB } = substringOptions.parse(options);
  const scanner = new WordScanner();
  return {
    /** Words: hash, start and end of each, 12 bytes. Characters: the text in UTF-16. */
    summarize({ text }: Document) {
      if (unit === 'characters') return new Uint8Array(Buffer.from(text, 'utf16le'));
      const { hashes, starts, ends, count } = scanner.scan(text);
      const out = new Int32Array(count * 3 + 1);
      out[0] = text.length;
      out.set(hashes.subarray(0, count), 1);
      out.set(starts.subarray(0, count), 1 + count);
      out.set(ends.subarray(0, count), 1 + 2 * count);
      return new Uint8Array(out.buffer);
    },
    async *decide(summaries, context) {
      const repeats = await findRepeats(summaries, context);
      yield* rangesByDocument(repeats, summaries, cut);
    },
  };

  function unitsOf(bytes: Uint8Array): Int32Array | Uint16Array {
    const copy = bytes.slice().buffer;
    if (unit === 'characters') return new Uint16Array(copy);
    const all = new Int32Array(copy);
    return all.subarray(1, 1 + (all.length - 1) / 3);
  }

  async function findRepeats(
    summaries: () => AsyncIterable<Summary>,
    { folder, signal, onProgress, documents }: DecideContext,
  ): Promise<RecordSorter> {
    const filter = new SeenTwice(memoryMB * 0.25e6);
    const found = new Windows(length);
    for await (const { index, bytes } of summaries()) {
      signal?.throwIfAborted();
      const units = unitsOf(bytes);
      for (let from = 0; ; from += stretch) {
        const count = found.fill(units, from);
        if (count === 0) break;
        for (let i = 0; i < count; i++) filter.add(found.high[i]);
      }
      if (index % 1000 === 0) onProgress?.({ stage: 'windows', done: index, total: documents, unit: 'documents' });
    }
    const memoryBytes = memoryMB * 0.25e6;
    const windows = new RecordSorter({ words: 4, keyWords: 2, folder, name: 'windows', memoryBytes });
    for await (const { index, bytes } of summaries()) {
      signal?.throwIfAborted();
      const units = unitsOf(bytes);
      for (let from = 0; ; from += stretch) {
        const count = found.fill(units, from);
        if (count === 0) break;
        for (let i = 0; i < count; i++) {
          if (!filter.repeated(found.high[i])) continue;
          if (windows.full) await windows.spill();
          windows.add(found.high[i], found.low[i], index, from + i);
        }
      }
    }
    const repeats = new RecordSorter({ words: 3, folder, name: 'repeats', memoryBytes: memoryBytes / 2 });
    const first = new Uint32Array(4);
    let started = false;
    for await (const block of windows.sorted()) {
      signal?.throwIfAborted();
      for (let at = 0; at < block.length; at += 4) {
        if (!started || block[at] !== first[0] || block[at + 1] !== first[1]) {
          first.set(block.subarray(at, at + 4));
          started = true;
          continue;
        }
        const place = block[at + 3];
        // A run of one word repeats itself: its first window stays whole.
        const start = block[at + 2] === first[2] ? Math.max(place, first[3] + length) : place;
        if (start >= place + length) continue;
        if (repeats.full) await repeats.spill();
        repeats.add(block[at + 2], start, place + length);
      }
    }
    return repeats;
  }

  function cut({ index, bytes }: Summary, ranges: [number, number][]): Verdict {
    let remove = ranges;
    let left = bytes.length / 2;
    if (unit === 'words') {
      const all = new Int32Array(bytes.slice().buffer);
      const count = (all.length - 1) / 3;
      left = all[0];
      remove = ranges.map(([from, to]) => [all[1 + count + from], all[count * 2 + to]]);
    } else remove = wholeCharacters(ranges, unitsOf(bytes));
    for (const [start, end] of remove) left -= end - start;
    return left < minCharactersLeft
      ? { index, drop: 'repeatedText', detail: `${left} characters are its own` }
      : { index, remove };
  }
}

/** Ranges that do not cut a surrogate pair in two. */
function wholeCharacters(ranges: [number, number][], units: ArrayLike<number>): [number, number][] {
  const low = (at: number): boolean => at < units.length && units[at] >= 0xdc00 && units[at] < 0xe000;
  return ranges
    .map(([start, end]): [number, number] => [low(start) ? start + 1 : start, low(end) ? end - 1 : end])
    .filter(([start, end]) => start < end);
}

/** Fingerprints of the windows of a text, a stretch at a time, so that a long text takes no more memory than a short one. */
class Windows {
  readonly high = new Int32Array(stretch);
  readonly low = new Int32Array(stretch);
  readonly #length: number;
  readonly #leavingHigh: number;
  readonly #leavingLow: number;
  readonly #mixed: Int32Array;

  constructor(length: number) {
    this.#length = length;
    let high = 1;
    let low = 1;
    // What the first unit of a window has been multiplied by when the last one is in.
    for (let i = 1; i < length; i++) {
      high = Math.imul(high, multiplier);
      low = Math.imul(low, second);
    }
    this.#leavingHigh = high;
    this.#leavingLow = low;
    this.#mixed = new Int32Array(stretch + length);
  }

  /** Fills `high` and `low` for the windows that start at `from` and after it; how many. */
  fill(units: Int32Array | Uint16Array, from: number): number {
    const length = this.#length;
    const count = Math.max(0, Math.min(stretch, units.length - length + 1 - from));
    if (count === 0) return 0;
    const mixed = this.#mixed;
    const end = from + count + length - 1;
    // The two polynomials must not share their values: equal sums in one would be likelier to be equal in the other.
    for (let i = from; i < end; i++) mixed[i - from] = avalanche(units[i] + 1);
    let high = 0;
    let low = 0;
    for (let i = 0; i < length - 1; i++) {
      high = (Math.imul(high, multiplier) + units[from + i] + 1) | 0;
      low = (Math.imul(low, second) + mixed[i]) | 0;
    }
    for (let i = 0; i < count; i++) {
      const next = i + length - 1;
      high = (Math.imul(high, multiplier) + units[from + next] + 1) | 0;
      low = (Math.imul(low, second) + mixed[next]) | 0;
      this.high[i] = avalanche(high);
      this.low[i] = avalanche(low);
      high = (high - Math.imul(this.#leavingHigh, units[from + i] + 1)) | 0;
      low = (low - Math.imul(this.#leavingLow, mixed[i])) | 0;
    }
    return count;
  }
}

/** Two bits for each of many buckets: empty, once, more often. False positives only. */
class SeenTwice {
  readonly #bits: Uint8Array;
  readonly #mask: number;

  constructor(bytes: number) {
    const size = 2 ** Math.max(10, Math.min(30, Math.floor(Math.log2(bytes))));
    this.#bits = new Uint8Array(size);
    this.#mask = size * 4 - 1;
  }

  add(hash: number): void {
    const bucket = (hash & this.#mask) >>> 0;
    const shift = (bucket & 3) * 2;
    const state = (this.#bits[bucket >>> 2] >> shift) & 3;
    if (state < 2) this.#bits[bucket >>> 2] += 1 << shift;
  }

  repeated(hash: number): boolean {
    const bucket = (hash & this.#mask) >>> 0;
    return ((this.#bits[bucket >>> 2] >> ((bucket & 3) * 2)) & 3) === 2;
  }
}

export const substringDedup = defineStep({
  kind: 'corpus',
  name: 'substringDedup',
  summary: 'Cuts runs of 50 words (or 100 characters) that stood in the corpus before.',
  version: 1,
  options: substringOptions,
  create: (options) => substringStep(options),
});
