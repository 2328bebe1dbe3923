import { WordScanner } from '../dedup/index.js';

/** Units of a text that grams are made of: words, or characters where words have no spaces between them. */
export interface GramUnits {
  readonly count: number;
  readonly hashes: Int32Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Share of the units that are single characters of a script without spaces. */
  readonly unspaced: number;
}

const scanner = new WordScanner();
/** Normalized words of a text, in scratch space. A character of a script without spaces is a word. */
export function gramUnits(text: string): GramUnits {
  const { count, hashes, starts, ends, unspaced } = scanner.scan(text);
  return { count, hashes, starts, ends, unspaced: count === 0 ? 0 : unspaced / count };
}

function mixed(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/** Calls `visit` with the place and the 64-bit hash of each run of `length` units. */
export function eachGram(
  { hashes, count }: Pick<GramUnits, 'hashes' | 'count'>,
  length: number,
  visit: (place: number, high: number, low: number) => void,
): void {
  let goneHigh = 1;
  let goneLow = 1;
  for (let i = 0; i < length; i++) {
    goneHigh = Math.imul(goneHigh, 0x2c1b3c6d);
    goneLow = Math.imul(goneLow, 0x5851f42d);
  }
  let high = 0;
  let low = 0;
  for (let i = 0; i < count; i++) {
    high = (Math.imul(high, 0x2c1b3c6d) + hashes[i]) | 0;
    low = (Math.imul(low, 0x5851f42d) + mixed(hashes[i] ^ 0x9e3779b9)) | 0;
    if (i >= length) {
      high = (high - Math.imul(goneHigh, hashes[i - length])) | 0;
      low = (low - Math.imul(goneLow, mixed(hashes[i - length] ^ 0x9e3779b9))) | 0;
    }
    if (i >= length - 1) visit(i - length + 1, mixed(high), mixed(low));
  }
}
