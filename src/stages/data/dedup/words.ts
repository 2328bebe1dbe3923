import { astralEntry, characterTable } from './characters.js';

// The values of `CharacterTable`, here again: imported bindings are read from memory each time.
/** More than one character becomes, with the space before it. */
const room = 16;
const lastPlain = 0xffff;
const space = 0;
const single = 0x20000;
const several = 0x10000;
const severalAlone = several | single;
const mark = 0x10001;
const digit = 0x10002;
const surrogate = 0x10003;

/** Words of a text after normalization. The arrays are scratch space: read them before the next scan. */
export interface ScannedWords {
  readonly count: number;
  /** Words that are single characters of a script without spaces. */
  readonly unspaced: number;
  /** 32-bit hash of each word. */
  readonly hashes: Int32Array;
  /** Where each word starts and ends in the text, UTF-16 units. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** The normalized text, words between single spaces. */
  readonly normalized: Uint16Array;
}

/** Full avalanche of 32 bits (lowbias32 of Wellons, "Prospecting for hash functions", 2018). */
export function avalanche(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/** Marks between the digits of a number, as in `1,234` and `3.14`. */
const inNumber = new Set([0x2e, 0x2c, 0x60c, 0x66b, 0x2396, 0x2397, 0x2398]);

/**
 * Splits texts into words in one pass without making strings: lower case, diacritics dropped, every punctuation mark and
 * symbol a space, every number `0` (the normalization of datatrove's `simplify_text`, whose list of punctuation is shorter).
 * Where a script has no spaces, each character is a word. Reuses its arrays: one scanner serves one caller.
 */
export class WordScanner {
  readonly #table = characterTable();
  #hashes = new Int32Array(1024);
  #starts = new Uint32Array(1024);
  #ends = new Uint32Array(1024);
  #units = new Uint16Array(4096);

  scan(text: string): ScannedWords {
    const { entries, expanded, astral } = this.#table;
    const { length } = text;
    let units = this.#units;
    let hashes = this.#hashes;
    let starts = this.#starts;
    let ends = this.#ends;
    let written = 0;
    let count = 0;
    let start = -1;
    let end = 0;
    let alone = false;
    let unspaced = 0;
    let hash = 0;
    for (let at = 0; at <= length; at++) {
      const unit = at < length ? text.charCodeAt(at) : 32;
      if (written + room > units.length) {
        units = new Uint16Array(Math.max(units.length * 2, length + (length >> 2)));
        units.set(this.#units);
        this.#units = units;
      }
      let entry = entries[unit];
      let after = at + 1;
      let point = unit;
      if (entry > lastPlain) {
        if (entry === surrogate) {
          point = text.codePointAt(at) as number;
          entry = point > 0xffff ? astralEntry(point, astral, expanded) : space;
          if (point > 0xffff) after++;
        }
        if (entry === mark) {
          if (start >= 0) end = after;
          at = after - 1;
          continue;
        }
        if (entry === digit) {
          entry = 48;
          after = endOfNumber(text, after, entries);
        }
      }
      if (start >= 0 && (entry === space || alone || entry >= single)) {
        if (count === hashes.length) {
          this.#grow();
          hashes = this.#hashes;
          starts = this.#starts;
          ends = this.#ends;
        }
        hashes[count] = avalanche(hash);
        starts[count] = start;
        ends[count++] = end;
        units[written++] = 32;
        if (alone) unspaced++;
        start = -1;
      }
      if (entry === space) {
        at = after - 1;
        continue;
      }
      if (start < 0) {
        start = at;
        hash = 0x811c9dc5;
        alone = entry >= single;
      }
      end = after;
      at = after - 1;
      if (entry === several || entry === severalAlone) {
        for (const part of expanded.get(point) as readonly number[]) {
          units[written++] = part;
          hash = step(hash, part);
        }
        continue;
      }
      units[written++] = entry & 0xffff;
      hash = step(hash, entry & 0xffff);
    }
    return { count, unspaced, hashes, starts, ends, normalized: units.subarray(0, written > 0 ? written - 1 : 0) };
  }

  #grow(): void {
    const size = this.#hashes.length * 2;
    const hashes = new Int32Array(size);
    const starts = new Uint32Array(size);
    const ends = new Uint32Array(size);
    hashes.set(this.#hashes);
    starts.set(this.#starts);
    ends.set(this.#ends);
    this.#hashes = hashes;
    this.#starts = starts;
    this.#ends = ends;
  }
}

function step(hash: number, unit: number): number {
  const mixed = Math.imul(hash ^ unit, 0x01000193);
  return mixed ^ (mixed >>> 15);
}

function endOfNumber(text: string, from: number, entries: Int32Array): number {
  const { length } = text;
  let end = from;
  while (end < length && entries[text.charCodeAt(end)] === digit) end++;
  if (end + 1 >= length || !inNumber.has(text.charCodeAt(end)) || entries[text.charCodeAt(end + 1)] !== digit)
    return end;
  for (end += 2; end < length && entries[text.charCodeAt(end)] === digit; ) end++;
  return end;
}
