import { InvalidInput } from '../../../base/core/index.js';
import { pushUtf8 } from '../bytes.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const mostBytes = 64 * 1024 * 1024;

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
        node ^= byte;
        const unit = units[node];
        if (byte === 0 || unit === undefined || (unit & 0x800000ff) !== byte) break search;
        node ^= offsetOf(unit);
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

const offsetOf = (unit: number) => ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
