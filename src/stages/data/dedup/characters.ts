/**
 * What each UTF-16 unit is to the scanner of words, as one number: up to 0xffff it is part of a word and the number is its
 * normal form (lower case without diacritics).
 */
export interface CharacterTable {
  readonly entries: Int32Array;
  /** Normal forms of the units and code points marked `several`. */
  readonly expanded: Map<number, readonly number[]>;
  /** Entries of code points beyond U+FFFF that were met so far. */
  readonly astral: Map<number, number>;
}

/** White space, punctuation, symbols, controls: ends a word. */
const space = 0;
/** Its normal form is several units, in `expanded`. */
const several = 0x10000;
/** A combining mark: leaves no trace. */
const mark = 0x10001;
/** A decimal digit of any script: a number counts as `0`. */
const digit = 0x10002;
/** Half of a pair: the code point decides. */
const surrogate = 0x10003;
/** With this bit: a character of a script without spaces, a word of its own. */
const single = 0x20000;

const separators = /[\s\p{P}\p{S}\p{C}\p{Z}]/u;
const digits = /\p{Nd}/u;
// Scripts written without spaces between words; Hangul has spaces.
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;
const marks = /\p{Mn}/gu;

let table: CharacterTable | undefined;

/** Table of all 65,536 units, made at the first call (about 40 ms). */
export function characterTable(): CharacterTable {
  if (table) return table;
  const entries = new Int32Array(65536);
  const expanded = new Map<number, readonly number[]>();
  for (let unit = 0; unit < 65536; unit++) {
    if (unit >= 0xd800 && unit < 0xe000) {
      entries[unit] = surrogate;
      continue;
    }
    if (unit >= 0xac00 && unit < 0xd7a4) {
      // A Hangul syllable stands for itself; apart (NFD) it would be three letters with the same meaning.
      entries[unit] = unit;
      continue;
    }
    const character = String.fromCharCode(unit);
    const plain = character.toLowerCase().normalize('NFD').replace(marks, '');
    if (plain === '') entries[unit] = mark;
    else if (digits.test(character)) entries[unit] = digit;
    else if (separators.test(character)) entries[unit] = space;
    else if (unspaced.test(character)) entries[unit] = single | (plain.length === 1 ? plain.charCodeAt(0) : unit);
    else if (plain.length === 1) entries[unit] = plain.charCodeAt(0);
    else {
      entries[unit] = several;
      expanded.set(unit, unitsOf(plain));
    }
  }
  table = { entries, expanded, astral: new Map() };
  return table;
}

/** As an entry of the table, for a code point beyond U+FFFF; looked up once, then remembered in `known` and `expanded`. */
export function astralEntry(
  codePoint: number,
  known: Map<number, number>,
  expanded: Map<number, readonly number[]>,
): number {
  const before = known.get(codePoint);
  if (before !== undefined) return before;
  const character = String.fromCodePoint(codePoint);
  const plain = character.toLowerCase().normalize('NFD').replace(marks, '');
  let entry = several;
  if (plain === '') entry = mark;
  else if (digits.test(character)) entry = digit;
  else if (separators.test(character)) entry = space;
  else {
    if (unspaced.test(character)) entry |= single;
    expanded.set(codePoint, unitsOf(plain));
  }
  known.set(codePoint, entry);
  return entry;
}

function unitsOf(text: string): readonly number[] {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}
