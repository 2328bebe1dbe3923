import { Random } from '../../../base/core/index.js';
import { avalanche } from './words.js';

/**
 * Signatures of sets of shingles (Broder 1997): of each of many permutations of 32-bit numbers the least value. Two sets
 * agree in a place with the probability of their Jaccard similarity. The permutations are x → a x + b modulo 2^32 with odd a
 * over shingles that are hashes already; there is no 64-bit arithmetic.
 */
export class MinHasher {
  readonly bands: number;
  readonly rows: number;
  readonly #a: Int32Array;
  readonly #b: Int32Array;
  readonly #signature: Int32Array;

  constructor({ bands, rows, seed = 1 }: { readonly bands: number; readonly rows: number; readonly seed?: number }) {
    this.bands = bands;
    this.rows = rows;
    const hashes = bands * rows;
    // Four permutations are followed at a time: the last ones are not used.
    const padded = (hashes + 3) & ~3;
    const random = new Random(seed).fork('minhash');
    this.#a = Int32Array.from({ length: padded }, () => random.bits() | 1);
    this.#b = Int32Array.from({ length: padded }, () => random.bits() | 0);
    this.#signature = new Int32Array(padded);
  }

  /** The signature, bands x rows numbers, in scratch space: read it before the next call. */
  signature(shingles: Int32Array): Int32Array {
    const a = this.#a;
    const b = this.#b;
    const { length } = shingles;
    const out = this.#signature;
    for (let i = 0; i < out.length; i += 4) {
      const a0 = a[i];
      const a1 = a[i + 1];
      const a2 = a[i + 2];
      const a3 = a[i + 3];
      const b0 = b[i];
      const b1 = b[i + 1];
      const b2 = b[i + 2];
      const b3 = b[i + 3];
      let m0 = 0x7fffffff;
      let m1 = 0x7fffffff;
      let m2 = 0x7fffffff;
      let m3 = 0x7fffffff;
      for (let j = 0; j < length; j++) {
        const x = shingles[j];
        const h0 = (Math.imul(x, a0) + b0) | 0;
        const h1 = (Math.imul(x, a1) + b1) | 0;
        const h2 = (Math.imul(x, a2) + b2) | 0;
        const h3 = (Math.imul(x, a3) + b3) | 0;
        if (h0 < m0) m0 = h0;
        if (h1 < m1) m1 = h1;
        if (h2 < m2) m2 = h2;
        if (h3 < m3) m3 = h3;
      }
      out[i] = m0;
      out[i + 1] = m1;
      out[i + 2] = m2;
      out[i + 3] = m3;
    }
    return out.subarray(0, this.bands * this.rows);
  }

  /** Two words for each band: its number and its rows, hashed to 64 bits. Equal bands of different documents make a candidate. */
  bandKeys(signature: Int32Array, group = 0): Int32Array {
    const keys = new Int32Array(this.bands * 2);
    for (let band = 0, at = 0; band < this.bands; band++) {
      let first = avalanche(band ^ group);
      let second = avalanche(Math.imul(band + 1, 0x9e3779b1) ^ group);
      for (let row = 0; row < this.rows; row++, at++) {
        first = avalanche(first ^ signature[at]);
        second = (Math.imul(second, 0x5bd1e995) + signature[at]) | 0;
        second ^= second >>> 13;
      }
      keys[band * 2] = first;
      keys[band * 2 + 1] = avalanche(second);
    }
    return keys;
  }
}

/** Share of places in which two signatures agree: an estimate of the Jaccard similarity with variance s (1 - s) / places. */
export function agreement(first: Int32Array, second: Int32Array): number {
  let equal = 0;
  for (let i = 0; i < first.length; i++) if (first[i] === second[i]) equal++;
  return equal / first.length;
}

/** Jaccard similarity of two ascending lists of numbers without repeats. */
export function jaccard(first: Int32Array, second: Int32Array): number {
  let i = 0;
  let j = 0;
  let both = 0;
  while (i < first.length && j < second.length) {
    const difference = first[i] - second[j];
    if (difference === 0) both++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  const either = first.length + second.length - both;
  return either === 0 ? 1 : both / either;
}

/** The distinct numbers of a list, ascending. */
export function distinct(values: Int32Array): Int32Array {
  const sorted = values.slice().sort();
  let kept = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[kept++] = sorted[i];
  return sorted.slice(0, kept);
}
