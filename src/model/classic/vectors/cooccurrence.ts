import { randomBits } from '../../../base/core/index.js';
import type { Corpus } from './corpus.js';

/** Counts of pairs of words, each pair once, the lower id first. */
export interface PairCounts {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly count: Float64Array;
}

/** Where counts go that do not fit: byte strings under a number. */
export interface SpillStore {
  append(bucket: number, bytes: Uint8Array): Promise<void>;
  read(bucket: number): Promise<Uint8Array>;
  replace(bucket: number, bytes: Uint8Array): Promise<void>;
}

/** Hash table from pairs to sums; keys are exact. 16 bytes a slot. */
export class PairTable {
  #keys: Float64Array;
  #sums: Float64Array;
  readonly #words: number;
  size = 0;

  constructor(words: number) {
    this.#words = words;
    this.#keys = new Float64Array(1 << 12).fill(-1);
    this.#sums = new Float64Array(1 << 12);
  }

  add(a: number, b: number, amount: number): void {
    const key = a < b ? a * this.#words + b : b * this.#words + a;
    const slot = this.#slot(key);
    if (this.#keys[slot]! < 0) {
      this.#keys[slot] = key;
      this.size++;
      this.#sums[slot] = amount;
      if (this.size > this.#keys.length * 0.6) this.#grow();
    } else this.#sums[slot]! += amount;
  }

  #slot(key: number): number {
    const mask = this.#keys.length - 1;
    let hash = Math.imul((key % 4294967296) | 0, 0x9e3779b1) ^ Math.imul((key / 4294967296) | 0, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    while (this.#keys[slot]! >= 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, sums] = [this.#keys, this.#sums];
    this.#keys = new Float64Array(2 * keys.length).fill(-1);
    this.#sums = new Float64Array(2 * keys.length);
    for (let i = 0; i < keys.length; i++) {
      if (keys[i]! < 0) continue;
      const slot = this.#slot(keys[i]!);
      this.#keys[slot] = keys[i]!;
      this.#sums[slot] = sums[i]!;
    }
  }

  /** All pairs, and an empty table: of the size it had, or small where `last`. */
  drain(last = false): PairCounts {
    const first = new Int32Array(this.size);
    const second = new Int32Array(this.size);
    const count = new Float64Array(this.size);
    let n = 0;
    for (let i = 0; i < this.#keys.length; i++) {
      const key = this.#keys[i]!;
      if (key < 0) continue;
      first[n] = Math.floor(key / this.#words);
      second[n] = key % this.#words;
      count[n++] = this.#sums[i]!;
    }
    if (last) {
      this.#keys = new Float64Array(1 << 12);
      this.#sums = new Float64Array(1 << 12);
    }
    this.#keys.fill(-1);
    this.size = 0;
    return { first, second, count };
  }
}

const buckets = 64;
const recordBytes = 16;

/** Records of 16 bytes: two ids and the count. */
function pack({ first, second, count }: PairCounts, picked: readonly number[] | undefined): Uint8Array {
  const length = picked?.length ?? first.length;
  const bytes = new ArrayBuffer(recordBytes * length);
  const [ids, counts] = [new Int32Array(bytes), new Float64Array(bytes)];
  for (let n = 0; n < length; n++) {
    const i = picked ? picked[n]! : n;
    ids[4 * n] = first[i]!;
    ids[4 * n + 1] = second[i]!;
    counts[2 * n + 1] = count[i]!;
  }
  return new Uint8Array(bytes);
}

function unpack(bytes: Uint8Array): PairCounts {
  const length = bytes.length / recordBytes;
  // A file's bytes may stand anywhere; the views below want multiples of 8.
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const ids = new Int32Array(aligned.buffer, aligned.byteOffset, 4 * length);
  const counts = new Float64Array(aligned.buffer, aligned.byteOffset, 2 * length);
  const [first, second, count] = [new Int32Array(length), new Int32Array(length), new Float64Array(length)];
  for (let n = 0; n < length; n++) {
    first[n] = ids[4 * n]!;
    second[n] = ids[4 * n + 1]!;
    count[n] = counts[2 * n + 1]!;
  }
  return { first, second, count };
}

/** Pairs in parts, each a random subset of all pairs. */
export interface Cooccurrences {
  readonly pairs: number;
  readonly parts: number;
  part(n: number): Promise<PairCounts>;
}

export interface CooccurrenceOptions {
  /** Words on one side; a pair at distance d counts 1/d. */
  readonly window: number;
  /** Most different pairs in memory, some 40 bytes each. */
  readonly maxPairs: number;
  /** Takes what does not fit; without it the table grows beyond `maxPairs`. */
  readonly spill?: SpillStore;
  /** Told from time to time how many words are done; may give way to others. */
  readonly onWords?: (words: number) => Promise<void>;
}

/**
 * Counts how often words stand near each other (GloVe, Pennington et al. 2014, section 4.2: 1/distance, both sides). When
 * the table is full, its pairs are shared out among 64 files by a hash of the pair and the table is emptied; in the end each
 * file is added up on its own. So memory is bounded by the table, and each file is a random subset of the pairs.
 */
export async function countCooccurrences(
  { ids, starts, words }: Pick<Corpus, 'ids' | 'starts' | 'words'>,
  { window, maxPairs, spill, onWords }: CooccurrenceOptions,
): Promise<Cooccurrences> {
  const table = new PairTable(words.length);
  let spilled = false;
  const flush = async (): Promise<void> => {
    spilled = true;
    const pairs = table.drain();
    const picked: number[][] = Array.from({ length: buckets }, () => []);
    for (let i = 0; i < pairs.first.length; i++) {
      picked[randomBits(pairs.first[i]!, pairs.second[i]!) % buckets]!.push(i);
    }
    for (const [bucket, some] of picked.entries()) {
      if (some.length > 0) await spill!.append(bucket, pack(pairs, some));
    }
  };
  let told = 0;
  for (let s = 0; s + 1 < starts.length; s++) {
    const [from, to] = [starts[s]!, starts[s + 1]!];
    for (let i = from + 1; i < to; i++) {
      for (let j = Math.max(from, i - window); j < i; j++) {
        // A word beside itself is seen from both sides.
        table.add(ids[i]!, ids[j]!, (ids[i] === ids[j] ? 2 : 1) / (i - j));
      }
      if (table.size >= maxPairs && spill) await flush();
    }
    if (to - told >= 20_000) {
      told = to;
      await onWords?.(told);
    }
  }
  if (!spilled || !spill) {
    const all = table.drain(true);
    return { pairs: all.first.length, parts: 1, part: () => Promise.resolve(all) };
  }
  await flush();
  let pairs = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const parts = unpack(await spill.read(bucket));
    for (let i = 0; i < parts.first.length; i++) table.add(parts.first[i]!, parts.second[i]!, parts.count[i]!);
    pairs += table.size;
    await spill.replace(bucket, pack(table.drain(bucket === buckets - 1), undefined));
  }
  return { pairs, parts: buckets, part: async (n) => unpack(await spill.read(n)) };
}
