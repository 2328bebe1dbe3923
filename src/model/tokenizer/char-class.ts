import { classOf } from './unicode.js';

/** Classes that split patterns ask for; a code unit's entry is a sum of these bits. */
export const LETTER = 1;
export const NUMBER = 2;
/** Unicode White_Space: unlike `\s` of JavaScript it holds U+0085 and not U+FEFF. */
export const SPACE = 4;
/** `\r` or `\n`. */
export const NEWLINE = 8;
/** What may stand before a word's small letters, and in their place: capitals, and letters without case, and marks in both. */
export const UPPER = 16;
export const LOWER = 32;
/** First half of a surrogate pair: ask `astral` for the whole code point. */
export const HIGH_SURROGATE = 128;

/** Classes of the 65,536 code units, and of code points above them. */
export interface CharClasses {
  readonly basic: Uint8Array;
  astral(point: number): number;
}

type Rule = readonly [RegExp, number];

const wordRules: readonly Rule[] = [
  [/\p{L}+/gu, LETTER],
  [/\p{N}+/gu, NUMBER],
  [/\p{White_Space}+/gu, SPACE],
];
// U+0295 is a small letter to the reference library, and has no case in younger editions.
const caseRules: readonly Rule[] = [
  ...wordRules,
  [/(?:(?!\u0295)[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])+/gu, UPPER],
  [/[\p{Ll}\p{Lm}\p{Lo}\p{M}\u0295]+/gu, LOWER],
];
// Split patterns are those of Unicode 16, whatever the engine knows.
const younger = new RegExp(`[${classOf('after16')}]+`, 'gu');

/** Marks a block of code points; in a string of astral characters every one takes two units. */
function fill(table: Uint8Array, base: number, text: string, width: 1 | 2, rules: readonly Rule[]): void {
  const each = (pattern: RegExp, change: (at: number) => void) => {
    for (const match of text.matchAll(pattern)) {
      const from = base + match.index / width;
      for (let at = from; at < from + match[0].length / width; at++) change(at);
    }
  };
  for (const [pattern, bit] of rules) {
    each(pattern, (at) => {
      table[at] |= bit;
    });
  }
  each(younger, (at) => {
    table[at] = 0;
  });
}

function astralText(first: number, count: number): string {
  const units = new Uint16Array(2 * count);
  for (let i = 0; i < count; i++) {
    const offset = first + i - 0x10000;
    units[2 * i] = 0xd800 + (offset >> 10);
    units[2 * i + 1] = 0xdc00 + (offset & 1023);
  }
  return String.fromCharCode(...units);
}

/** Built on first use (a few milliseconds). */
function classes(rules: readonly Rule[]): () => CharClasses {
  let known: CharClasses | undefined;
  return () => {
    known ??= build(rules);
    return known;
  };
}

// Beyond plane 3 there are only the tags and variation selectors of plane 14.
const planes = 0x40000;
const tags = 0xe0000;
const tagCount = 0x200;

function build(rules: readonly Rule[]): CharClasses {
  const basic = new Uint8Array(65536);
  const units = new Uint16Array(65536);
  for (let i = 0; i < 65536; i++) units[i] = i >= 0xd800 && i <= 0xdfff ? 0 : i;
  let text = '';
  for (let i = 0; i < 65536; i += 4096) text += String.fromCharCode(...units.subarray(i, i + 4096));
  fill(basic, 0, text, 1, rules);
  basic.fill(HIGH_SURROGATE, 0xd800, 0xdc00);
  basic[10] |= NEWLINE;
  basic[13] |= NEWLINE;
  let astral: Uint8Array | undefined;
  return {
    basic,
    astral(point) {
      if (!astral) {
        astral = new Uint8Array(planes + tagCount);
        for (let block = 0x10000; block < planes; block += 4096) fill(astral, block, astralText(block, 4096), 2, rules);
        fill(astral, planes, astralText(tags, tagCount), 2, rules);
      }
      if (point < planes) return astral[point];
      return point >= tags && point < tags + tagCount ? astral[point - tags + planes] : 0;
    },
  };
}

/** Letters, numbers, white space. */
export const wordClasses = classes(wordRules);
/** The same, with capitals and small letters. */
export const caseClasses = classes(caseRules);
