import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { Unavailable, messageOf } from '../../../base/core/index.js';
import { languageCode } from './codes.js';
import type { Evidence, Judge } from './judge.js';
import { packageFile } from './packages.js';

const encoder = new TextEncoder();
const space = 32;
/** Bytes of a text that are looked at; longer texts come in windows. */
const longestText = 4096;
const longestWord = 70;

function grown(array: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(array.length * 2);
  more.set(array);
  return more;
}

/** Two independent hashes of a run of bytes, with or without a space before and behind. */
const first = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193);
const second = (hash: number, byte: number): number => Math.imul(hash + byte + 1, 0x9e3779b1) ^ (hash >>> 15);

/**
 * n-grams of a word's bytes with a score per language, packed: an open table of 32-bit marks. The package's own object of
 * the same table takes some 300 MB; this takes 12.
 */
export class ByteNgramJudge implements Judge {
  readonly name = 'byte n-grams';
  readonly languages: readonly string[];
  /** Per slot: mark of an n-gram (0 for none), and where its scores start; the next entry's start is their end. */
  readonly #marks: Uint32Array;
  readonly #entries: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #ids: Uint8Array;
  readonly #values: Uint8Array;
  readonly #mask: number;
  readonly #buffer = new Uint8Array(longestText * 3);
  /** Stamp of the text in which an entry was last seen: an n-gram counts once per text. */
  readonly #seen: Uint32Array;
  #stamp = 0;

  constructor(
    languages: readonly string[],
    grams: Iterable<readonly [bytes: Uint8Array, scores: readonly number[]]>,
    size: number,
  ) {
    this.languages = languages.map(languageCode);
    const slots = 2 ** Math.ceil(Math.log2(Math.max(2, size * 1.6)));
    this.#mask = slots - 1;
    this.#marks = new Uint32Array(slots);
    this.#entries = new Uint32Array(slots);
    this.#starts = new Uint32Array(size + 1);
    this.#seen = new Uint32Array(size);
    let ids = new Uint8Array(size * 2);
    let values = new Uint8Array(size * 2);
    let filled = 0;
    let entry = 0;
    for (const [bytes, scores] of grams) {
      let a = 0x811c9dc5;
      let b = 0;
      for (const byte of bytes) {
        a = first(a, byte);
        b = second(b, byte);
      }
      let slot = (a ^ (a >>> 15)) & this.#mask;
      while (this.#marks[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#marks[slot] = b >>> 0 || 1;
      this.#entries[slot] = entry;
      for (let i = 0; i < scores.length; i += 2) {
        if (filled === ids.length) {
          ids = grown(ids);
          values = grown(values);
        }
        ids[filled] = scores[i]!;
        values[filled++] = scores[i + 1]!;
      }
      this.#starts[++entry] = filled;
    }
    this.#ids = ids.slice(0, filled);
    this.#values = values.slice(0, filled);
  }

  weigh(text: string): Evidence {
    const scores = new Float64Array(this.languages.length);
    const words = text
      .slice(0, longestText)
      .toLowerCase()
      .replace(/[^\p{L}'’`]+/gu, ' ')
      .trim();
    const { written } = encoder.encodeInto(words, this.#buffer);
    this.#stamp++;
    let features = 0;
    for (let at = 0; at < written; ) {
      let end = this.#buffer.indexOf(space, at);
      if (end < 0 || end > written) end = written;
      const stop = Math.min(end, at + longestWord);
      let j = at;
      for (; j + 4 < stop; j += 3) features += this.#add(j, j + 4, j === at, false, scores);
      // The last four bytes, or the whole of a shorter word.
      features += this.#add(Math.max(at, stop - 4), stop, j === at, true, scores);
      at = end + 1;
    }
    return { scores, features };
  }

  #add(from: number, to: number, begins: boolean, ends: boolean, scores: Float64Array): number {
    let a = 0x811c9dc5;
    let b = 0;
    if (begins) {
      a = first(a, space);
      b = second(b, space);
    }
    for (let i = from; i < to; i++) {
      a = first(a, this.#buffer[i]!);
      b = second(b, this.#buffer[i]!);
    }
    if (ends) {
      a = first(a, space);
      b = second(b, space);
    }
    const mark = b >>> 0 || 1;
    let slot = (a ^ (a >>> 15)) & this.#mask;
    for (;;) {
      const found = this.#marks[slot]!;
      if (found === 0) return 1;
      if (found === mark) break;
      slot = (slot + 1) & this.#mask;
    }
    const entry = this.#entries[slot]!;
    if (this.#seen[entry] === this.#stamp) return 0;
    this.#seen[entry] = this.#stamp;
    for (let i = this.#starts[entry]!; i < this.#starts[entry + 1]!; i++)
      scores[this.#ids[i]!]! += this.#values[i]! + 53;
    return 1;
  }
}

/** Parses eld's table: a module whose text is `…languages:{0:'am',…},…ngrams:{'key':{id:score,…},…}}`. */
export function parseByteNgrams(text: string, bytesOf: ReadonlyMap<string, number>): ByteNgramJudge {
  const head = /languages:\{([^}]*)\}/.exec(text);
  const start = text.indexOf('ngrams:{');
  if (!head || start < 0) throw new Error('no languages and ngrams in it');
  const languages: string[] = [];
  for (const [, id, code] of head[1]!.matchAll(/(\d+):'([a-z]+)'/g)) languages[Number(id)] = code!;
  const end = text.lastIndexOf('}}}');
  let size = 0;
  for (let at = text.indexOf(':{', start + 8); at >= 0 && at < end; at = text.indexOf(':{', at + 2)) size++;
  return new ByteNgramJudge(languages, entriesOf(text, start + 'ngrams:{'.length, bytesOf), size);
}

function* entriesOf(
  text: string,
  start: number,
  bytesOf: ReadonlyMap<string, number>,
): Generator<readonly [Uint8Array, readonly number[]]> {
  const pattern = /(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s:'"{},]+)):\{([\d:,]*)\}/gy;
  pattern.lastIndex = start;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const key = (match[1] ?? match[2] ?? match[3]!).replace(/\\(.)/g, '$1');
    const bytes = new Uint8Array(key.length);
    for (let i = 0; i < key.length; i++) bytes[i] = bytesOf.get(key[i]!) ?? key.charCodeAt(i);
    yield [bytes, match[4]!.split(/[:,]/).map(Number)];
    if (text.charCodeAt(pattern.lastIndex) === 44) pattern.lastIndex++;
  }
}

/** Table `size` of the package `eld` 2: 60 languages. */
export async function loadByteNgrams(size: 'extrasmall' | 'small' | 'medium' | 'large'): Promise<ByteNgramJudge> {
  const path = packageFile('eld', 'src', 'ngrams', `${size}.js`);
  try {
    const { dictionary } = (await import(pathToFileURL(packageFile('eld', 'src', 'dictionary.js')).href)) as {
      dictionary: Readonly<Record<number, string>>;
    };
    const bytesOf = new Map(Object.entries(dictionary).map(([byte, character]) => [character, Number(byte)]));
    // Bytes that begin no character stand there as spaces.
    bytesOf.set(' ', space);
    return parseByteNgrams(await readFile(path, 'utf8'), bytesOf);
  } catch (error) {
    throw new Unavailable('language.data', `load n-grams: expected ${path} of eld 2, ${messageOf(error)}`, {}, error);
  }
}
