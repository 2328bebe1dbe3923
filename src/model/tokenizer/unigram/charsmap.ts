import { InvalidInput } from '../../../base/core/index.js';
import { pushUtf8 } from '../bytes.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const mostBytes = 64 * 1024 * 1024;
/** Bytes; also how deep the walk through all rules goes. */
const longestKey = 256;
/** Steps in a walk through all rules. */
const mostRules = 4_000_000;

function refuse(expected: string, got: string | number): never {
  throw new InvalidInput('tokenizer.charsmap', `precompiled charsmap: expected ${expected}, got ${got}`);
}

/** What a rule found: where the replaced text ends, and what stands in its place. */
export interface CharsmapMatch {
  readonly end: number;
  readonly replacement: string;
}

/**
 * The compiled rewriting rules of a SentencePiece model: uint32 length of a trie in bytes, the trie (a Darts-clone double array of uint32
 * units over UTF-8 bytes), then the replacements, each ended by a NUL; a key's value is the offset of its replacement.
 * A walk goes one unit a byte and each index is checked, so a forged trie costs no more than an honest one.
 */
export class Charsmap {
  readonly #units: Uint32Array;
  readonly #texts: Uint8Array;
  readonly #bytes: number[] = [];

  /** Errors: `InvalidInput` where the lengths do not fit. */
  constructor(blob: Uint8Array) {
    if (blob.length < 8 || blob.length > mostBytes) refuse(`8 to ${mostBytes} bytes`, blob.length);
    const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
    const size = view.getUint32(0, true);
    if (size === 0 || size % 4 !== 0 || size > blob.length - 4) refuse('a trie that fits the file', `${size} bytes`);
    this.#units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.#texts = blob.slice(4 + size);
  }

  /** The rule for the shortest (else the longest) beginning of text[start, end) that has one. */
  match(text: string, start: number, end: number, shortest: boolean): CharsmapMatch | undefined {
    const units = this.#units;
    const bytes = this.#bytes;
    let node = offsetOf(units[0]);
    let found = -1;
    let foundEnd = start;
    search: for (let at = start; at < end; ) {
      // An escaped byte is not text: no rule has it.
      if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) break;
      bytes.length = 0;
      at = pushUtf8(text, at, bytes);
      for (const byte of bytes) {
        node = (node ^ byte) >>> 0;
        const unit = units[node];
        if (byte === 0 || unit === undefined || (unit & 0x800000ff) !== byte) break search;
        node = (node ^ offsetOf(unit)) >>> 0;
        if ((unit & 0x100) === 0) continue;
        const leaf = units[node];
        if (leaf === undefined) break search;
        found = leaf & 0x7fffffff;
        foundEnd = at;
        if (shortest) break search;
      }
    }
    return found < 0 ? undefined : { end: foundEnd, replacement: this.#textAt(found) };
  }

  /** Whether each code unit stands in some key behind its first character. */
  laterUnits(): Uint8Array {
    const units = this.#units;
    const later = new Uint8Array(65536);
    const seen = new Uint8Array(units.length + 256);
    const stack: number[] = [];
    /** Puts the nodes behind each character that goes on from `node` on the stack. */
    const characters = (node: number, first: number, last: number, point: number, more: number, mark: boolean) => {
      for (let byte = first; byte <= last; byte++) {
        const unit = units[node ^ byte];
        if (unit === undefined || (unit & 0x800000ff) !== byte) continue;
        const next = (node ^ byte ^ offsetOf(unit)) >>> 0;
        const rest = more >= 0 ? more - 1 : byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        const value = more >= 0 ? point * 64 + (byte & 63) : rest === 0 ? byte : byte & (0x3f >> rest);
        if (rest > 0) characters(next, 0x80, 0xbf, value, rest, mark);
        else {
          if (mark) for (const char of fromPoint(value)) later[char] = 1;
          if (next < units.length && seen[next] === 0) {
            seen[next] = 1;
            stack.push(next);
          }
        }
      }
    };
    characters(offsetOf(units[0]), 1, 255, 0, -1, false);
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) characters(node, 1, 255, 0, -1, true);
    return later;
  }

  /**
   * All rules, in order of their keys' bytes. Errors: `InvalidInput` for keys that are not UTF-8 and for a trie that
   * leads to more of them than it has units (its paths run into each other).
   */
  rules(): [key: string, replacement: string][] {
    const units = this.#units;
    const found: [string, string][] = [];
    const key = new Uint8Array(longestKey);
    let visits = mostRules;
    const visit = (node: number, depth: number) => {
      for (let byte = 1; byte < 256; byte++) {
        const unit = units[node ^ byte];
        if (unit === undefined || (unit & 0x800000ff) !== byte) continue;
        if (depth === longestKey || visits-- === 0) refuse('a trie without circles', 'one with them');
        key[depth] = byte;
        const next = (node ^ byte ^ offsetOf(unit)) >>> 0;
        if ((unit & 0x100) !== 0 && next < units.length) {
          found.push([decodeKey(key.subarray(0, depth + 1)), this.#textAt(units[next] & 0x7fffffff)]);
        }
        visit(next, depth + 1);
      }
    };
    visit(offsetOf(units[0]), 0);
    return found;
  }

  #textAt(offset: number): string {
    if (offset > this.#texts.length) refuse(`replacements within ${this.#texts.length} bytes`, `offset ${offset}`);
    const end = this.#texts.indexOf(0, offset);
    try {
      return decoder.decode(this.#texts.subarray(offset, end < 0 ? this.#texts.length : end));
    } catch {
      return refuse('replacements in UTF-8', `other bytes at offset ${offset}`);
    }
  }
}

function decodeKey(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return refuse('keys in UTF-8', `the bytes ${[...bytes].join(' ')}`);
  }
}

function fromPoint(point: number): number[] {
  if (point > 0x10ffff) return [];
  return point < 0x10000 ? [point] : [0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 1023)];
}

const offsetOf = (unit: number) => ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
