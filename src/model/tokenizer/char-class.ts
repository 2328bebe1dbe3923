import { classOf } from './unicode.js';

/** Classes that split patterns ask for; a code unit's entry is a sum of these bits. */
export const LETTER = 1;
export const NUMBER = 2;
/** Unicode White_Space: unlike `\s` of JavaScript it holds U+0085 and not U+FEFF. */
export const SPACE = 4;
/** `\r` or `\n`. */
export const NEWLINE = 8;
/** First half of a surrogate pair: ask `astralClass` for the whole code point. */
export const HIGH_SURROGATE = 128;

function mark(table: Uint8Array, base: number, text: string, pattern: RegExp, bit: number): void {
  // In a string of astral characters every code point takes two units.
  const width = base === 0 ? 1 : 2;
  for (const match of text.matchAll(pattern)) {
    const from = base + match.index / width;
    table.fill(bit, from, from + match[0].length / width);
  }
}

/** Letters and digits by the engine's tables alone: split patterns are those of Unicode 16. */
const younger = new RegExp(`[${classOf('after16')}]+`, 'gu');

function fill(table: Uint8Array, base: number, text: string): void {
  mark(table, base, text, /\p{L}+/gu, LETTER);
  mark(table, base, text, /\p{N}+/gu, NUMBER);
  mark(table, base, text, /\p{White_Space}+/gu, SPACE);
  mark(table, base, text, younger, 0);
}

let basic: Uint8Array | undefined;
let astral: Uint8Array | undefined;

/** Classes of the 65,536 code units; surrogates have none, ask `astralClass`. Built on first use (a few milliseconds). */
export function basicClasses(): Uint8Array {
  if (basic) return basic;
  basic = new Uint8Array(65536);
  const units = new Uint16Array(65536);
  for (let i = 0; i < 65536; i++) units[i] = i >= 0xd800 && i <= 0xdfff ? 0 : i;
  let text = '';
  for (let i = 0; i < 65536; i += 4096) text += String.fromCharCode(...units.subarray(i, i + 4096));
  fill(basic, 0, text);
  basic.fill(HIGH_SURROGATE, 0xd800, 0xdc00);
  basic[10] |= NEWLINE;
  basic[13] |= NEWLINE;
  return basic;
}

/** Class of a code point above U+FFFF. The table covers planes 1 to 3, beyond which Unicode has no letters or digits. */
export function astralClass(point: number): number {
  if (!astral) {
    astral = new Uint8Array(0x40000);
    for (let block = 0x10000; block < 0x40000; block += 4096) {
      const units = new Uint16Array(8192);
      for (let i = 0; i < 4096; i++) {
        const offset = block + i - 0x10000;
        units[2 * i] = 0xd800 + (offset >> 10);
        units[2 * i + 1] = 0xdc00 + (offset & 1023);
      }
      fill(astral, block, String.fromCharCode(...units));
    }
  }
  return point < 0x40000 ? astral[point] : 0;
}
