import { WordScanner, avalanche } from './words.js';

/** What two documents are compared by: runs of so many words or characters. */
export interface ShingleOptions {
  readonly unit: 'words' | 'characters';
  /** Words or UTF-16 units in a shingle. */
  readonly size: number;
  /** `words`: normalized words (always so for words); `raw`: the text as it is. */
  readonly normalize: boolean;
  /** Units read of a longer text. */
  readonly mostCharacters?: number;
}

const multiplier = 0x2c1b3c6d;

/** Hashes of a text's shingles, with repeats, in scratch space. A text shorter than one shingle is one; an empty text has none. */
export class Shingler {
  readonly #scanner = new WordScanner();
  readonly #options: ShingleOptions;
  /** multiplier^size: what the unit that leaves the window has been multiplied by. */
  readonly #leaving: number;
  #out = new Int32Array(1024);
  #units = new Uint16Array(0);

  constructor(options: ShingleOptions) {
    this.#options = options;
    let leaving = 1;
    for (let i = 0; i < options.size; i++) leaving = Math.imul(leaving, multiplier);
    this.#leaving = leaving;
  }

  shingles(text: string): Int32Array {
    const { unit, normalize, mostCharacters } = this.#options;
    const read = mostCharacters !== undefined && text.length > mostCharacters ? text.slice(0, mostCharacters) : text;
    if (unit === 'words') {
      const { hashes, count } = this.#scanner.scan(read);
      return this.#roll(hashes, count);
    }
    if (normalize) {
      const { normalized } = this.#scanner.scan(read);
      return this.#roll(normalized, normalized.length);
    }
    if (this.#units.length < read.length) this.#units = new Uint16Array(read.length * 2);
    const units = this.#units;
    for (let i = 0; i < read.length; i++) units[i] = read.charCodeAt(i);
    return this.#roll(units, read.length);
  }

  /** A polynomial of each window, rolled along (Karp and Rabin 1987, modulo 2^32), then mixed so that its low bits count too. */
  #roll(values: Int32Array | Uint16Array, count: number): Int32Array {
    const { size } = this.#options;
    const windows = count === 0 ? 0 : Math.max(1, count - size + 1);
    if (this.#out.length < windows) this.#out = new Int32Array(windows * 2);
    const out = this.#out;
    const leaving = this.#leaving;
    let rolling = 0;
    for (let i = 0; i < Math.min(size, count); i++) rolling = (Math.imul(rolling, multiplier) + values[i] + 1) | 0;
    if (windows > 0) out[0] = avalanche(rolling);
    for (let i = size, at = 1; i < count; i++, at++) {
      rolling = (Math.imul(rolling, multiplier) + values[i] + 1 - Math.imul(leaving, values[i - size] + 1)) | 0;
      out[at] = avalanche(rolling);
    }
    return out.subarray(0, windows);
  }
}
