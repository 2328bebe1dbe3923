import type { TracingRewriter } from '../align.js';
import { type Fields, refuse } from '../reader.js';
import { Charsmap } from './charsmap.js';
import { clusterEnd, standsAlone } from './graphemes.js';

/** A part of the text, and what stands in its place. */
type Put = (start: number, end: number, replacement: string) => void;

const UNKNOWN = 0;
const PLAIN = 1;
const OTHER = 2;
/** Clusters of fewer bytes are looked up as a whole. */
const smallCluster = 6;

/**
 * How the rules of a SentencePiece model are applied. `longest`: as SentencePiece does, at each place the rule that reaches furthest.
 * `cluster`: as the reference library for tokenizer.json does: a small grapheme cluster is replaced as a whole by the rule of
 * its shortest beginning that has one, all else goes character by character.
 */
export type CharsmapMatching = 'longest' | 'cluster';

/** A `Precompiled` normalizer. */
export class PrecompiledNormalizer implements TracingRewriter {
  readonly #map: Charsmap;
  /** Whether a code unit stays as it is and joins no neighbour. */
  readonly #kinds = new Uint8Array(65536);
  readonly #single = new Map<number, string | undefined>();
  /** Longest match: code units that stand in keys after the first character. */
  readonly #later?: Uint8Array;

  constructor(map: Charsmap, matching: CharsmapMatching) {
    this.#map = map;
    if (matching === 'longest') this.#later = map.laterUnits();
  }

  #isPlain(unit: number): boolean {
    if (this.#kinds[unit] === UNKNOWN) {
      const joins = this.#later ? this.#later[unit] === 1 || (unit & 0xf800) === 0xd800 : !standsAlone(unit);
      const plain = !joins && this.#replacementOf(unit) === undefined;
      this.#kinds[unit] = plain ? PLAIN : OTHER;
    }
    return this.#kinds[unit] === PLAIN;
  }

  #replacementOf(point: number): string | undefined {
    if (this.#single.has(point)) return this.#single.get(point);
    const char = String.fromCodePoint(point);
    const found = this.#map.match(char, 0, char.length, true)?.replacement;
    this.#single.set(point, found);
    return found;
  }

  apply(text: string): string {
    let at = 0;
    while (at < text.length && this.#isPlain(text.charCodeAt(at))) at++;
    if (at === text.length) return text;
    let out = '';
    let copied = 0;
    this.#walk(text, Math.max(0, at - 1), (start, end, replacement) => {
      out += text.slice(copied, start) + replacement;
      copied = end;
    });
    return out + text.slice(copied);
  }

  /** Calls `put` for each replaced part from `at` on. */
  #walk(text: string, at: number, put: Put): void {
    while (at < text.length) {
      if (this.#isPlain(text.charCodeAt(at)) && (at + 1 === text.length || this.#isPlain(text.charCodeAt(at + 1)))) {
        at++;
        continue;
      }
      if (this.#later) {
        const found = this.#map.match(text, at, text.length, false);
        if (found) put(at, found.end, found.replacement);
        at = found?.end ?? at + ((text.codePointAt(at) as number) > 0xffff ? 2 : 1);
        continue;
      }
      const end = clusterEnd(text, at);
      if (utf8Length(text, at, end) < smallCluster) {
        const found = this.#map.match(text, at, end, true);
        if (found) {
          put(at, end, found.replacement);
          at = end;
          continue;
        }
      }
      while (at < end) {
        const point = text.codePointAt(at) as number;
        const next = at + (point > 0xffff ? 2 : 1);
        const replacement = this.#replacementOf(point);
        if (replacement !== undefined) put(at, next, replacement);
        at = next;
      }
    }
  }

  /*
   * The reference library keeps, for each new character, whether it is inserted (+1: it shares the place of the character before) or how
   * many old characters after its own are gone (negative). Of a replacement that is longer the last characters are inserted; what is shorter
   * takes its removals from the last new character, even one of an earlier part, and where there is none the places of all that follows shift.
   */
  trace(text: string): number[] {
    const chars: number[] = [];
    const changes: number[] = [];
    let at = 0;
    const keep = (to: number) => {
      for (; at < to; at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1) {
        chars.push((text.codePointAt(at) as number) > 0xffff ? 2 : 1);
        changes.push(0);
      }
    };
    this.#walk(text, 0, (start, end, replacement) => {
      keep(start);
      let more = -countPoints(text.slice(start, end));
      for (const char of replacement) {
        chars.push(char.length);
        changes.push(0);
        more++;
      }
      for (let i = 0; i < more; i++) changes[changes.length - 1 - i] = 1;
      if (more < 0 && changes.length > 0) changes[changes.length - 1] += more;
      at = end;
    });
    keep(text.length);
    const old: number[] = [];
    for (let i = 0; i < text.length; i += (text.codePointAt(i) as number) > 0xffff ? 2 : 1) old.push(i);
    const from: number[] = [];
    let next = 0;
    chars.forEach((units, i) => {
      const source = changes[i] > 0 ? old[next - 1] : old[next];
      for (let unit = 0; unit < units; unit++) from.push(source);
      if (changes[i] <= 0) next += 1 - changes[i];
    });
    return from;
  }
}

function countPoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function utf8Length(text: string, start: number, end: number): number {
  let length = 0;
  for (let at = start; at < end && length < smallCluster; at++) {
    const unit = text.charCodeAt(at);
    length += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return length;
}

/** The bytes of a base64 text, which only the standard alphabet may make up. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch {
    return undefined;
  }
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 4096) binary += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(binary);
}

/** A `Precompiled` normalizer of tokenizer.json; `match: "longest"` is a field of this room's own, which other readers pass over. */
export function readPrecompiled(fields: Fields): PrecompiledNormalizer {
  const text = fields.string('precompiled_charsmap');
  const blob = fromBase64(text);
  if (!blob) refuse(fields.at('precompiled_charsmap'), 'base64', text);
  return new PrecompiledNormalizer(new Charsmap(blob), fields.oneOf('match', ['longest', 'cluster'], 'cluster'));
}
