import {
  type CharClasses,
  HIGH_SURROGATE,
  LETTER,
  LOWER,
  NEWLINE,
  NUMBER,
  SPACE,
  UPPER,
  caseClasses,
  wordClasses,
} from './char-class.js';

/**
 * End of the piece that starts at `start` within [start, end), always greater than `start`. Pieces tile the text; of one that
 * is left out the complement (~end) is given.
 */
export type Scanner = (text: string, start: number, end: number) => number;

const APOSTROPHE = 39;
const SLASH = 47;
const WORD = LETTER | NUMBER;

/** Class of the symbol at `at`; its width is 2 where the code unit opens a surrogate pair (then bit HIGH_SURROGATE is set). */
function classAt(classes: CharClasses, text: string, at: number, end: number): number {
  const kind = classes.basic[text.charCodeAt(at)];
  if (kind !== HIGH_SURROGATE) return kind;
  const low = at + 1 < end ? text.charCodeAt(at + 1) : 0;
  if ((low & 0xfc00) !== 0xdc00) return 0;
  return HIGH_SURROGATE | classes.astral(((text.charCodeAt(at) - 0xd800) << 10) + (low - 0xdc00) + 0x10000);
}

/** End of the run of symbols from `at` on of which `kind & mask` equals `wanted`. */
function runEnd(
  classes: CharClasses,
  text: string,
  at: number,
  end: number,
  mask: number,
  wanted: number,
  most = Infinity,
): number {
  const { basic } = classes;
  let left = most;
  while (at < end && left-- > 0) {
    const kind = basic[text.charCodeAt(at)];
    if (kind !== HIGH_SURROGATE) {
      if ((kind & mask) !== wanted) break;
      at++;
    } else {
      const wide = classAt(classes, text, at, end);
      if ((wide & mask) !== wanted) break;
      at += wide & HIGH_SURROGATE ? 2 : 1;
    }
  }
  return at;
}

/** Length of an English contraction after the apostrophe at `at` ('s 't 're 've 'm 'll 'd), apostrophe included, else 0. */
function contraction(text: string, at: number, end: number, anyCase: boolean): number {
  if (at + 1 >= end) return 0;
  let one = text.charCodeAt(at + 1);
  if (anyCase && one >= 65 && one <= 90) one += 32;
  // U+017F folds to s where case does not matter.
  if (one === 115 || one === 116 || one === 109 || one === 100 || (anyCase && one === 0x17f)) return 2;
  if (at + 2 >= end) return 0;
  let two = text.charCodeAt(at + 2);
  if (anyCase && two >= 65 && two <= 90) two += 32;
  return ((one === 114 || one === 118) && two === 101) || (one === 108 && two === 108) ? 3 : 0;
}

/** Whitespace from `start` on: up to its last newline where `newlines`, else all but the last space where a word follows. */
function spaces({ basic }: CharClasses, text: string, start: number, end: number, newlines: boolean): number {
  let at = start;
  let afterNewline = 0;
  while (at < end) {
    const kind = basic[text.charCodeAt(at)];
    if ((kind & SPACE) === 0) break;
    at++;
    if (kind & NEWLINE) afterNewline = at;
  }
  if (newlines && afterNewline > 0) return afterNewline;
  return at === end || at - start === 1 ? at : at - 1;
}

/** GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` */
export function gpt2Scanner(): Scanner {
  const classes = wordClasses();
  const { basic } = classes;
  return (text, start, end) => {
    const unit = text.charCodeAt(start);
    let at = start;
    if (unit === APOSTROPHE) {
      const length = contraction(text, start, end, false);
      if (length > 0) return start + length;
    } else if (unit === 32 && start + 1 < end) at++;
    let kind = basic[text.charCodeAt(at)];
    if (kind === LETTER) {
      // The common case, spelled out: a word of the basic plane.
      do at++;
      while (at < end && basic[text.charCodeAt(at)] === LETTER);
      if (at === end || basic[text.charCodeAt(at)] !== HIGH_SURROGATE) return at;
    } else if (kind === HIGH_SURROGATE) kind = classAt(classes, text, at, end);
    if (kind & SPACE) return spaces(classes, text, start, end, false);
    const mask = WORD | SPACE;
    return runEnd(classes, text, at, end, mask, kind & mask);
  };
}

/**
 * GPT-4 and its kin, by the most digits in a piece:
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
 */
export function gpt4Scanner(mostDigits: number): Scanner {
  const classes = wordClasses();
  return (text, start, end) => {
    const unit = text.charCodeAt(start);
    if (unit === APOSTROPHE) {
      const length = contraction(text, start, end, true);
      if (length > 0) return start + length;
    }
    const kind = classAt(classes, text, start, end);
    if (kind & LETTER) return runEnd(classes, text, start, end, LETTER, LETTER);
    if (kind & NUMBER) return runEnd(classes, text, start, end, NUMBER, NUMBER, mostDigits);
    const second = start + (kind & HIGH_SURROGATE ? 2 : 1);
    const next = second < end ? classAt(classes, text, second, end) : SPACE;
    if (next & LETTER && (kind & NEWLINE) === 0) return runEnd(classes, text, second, end, LETTER, LETTER);
    const other = WORD | SPACE;
    if ((kind & SPACE) === 0 || (unit === 32 && (next & other) === 0)) {
      const from = kind & SPACE ? second : start;
      return runEnd(classes, text, runEnd(classes, text, from, end, other, 0), end, NEWLINE, NEWLINE);
    }
    return spaces(classes, text, start, end, true);
  };
}

/** End of the word that begins at `start` without a sign before it, `start` where there is none. */
function casedWord(classes: CharClasses, text: string, start: number, end: number): number {
  const capitals = runEnd(classes, text, start, end, UPPER, UPPER);
  const small = runEnd(classes, text, capitals, end, LOWER, LOWER);
  if (small > capitals) return small;
  // No small letter follows: the word ends with the last of the capitals that may stand for one (a mark, a letter without case).
  for (let at = capitals; at > start; ) {
    const before =
      at -
      (at - 1 > start && (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 2) & 0xfc00) === 0xd800
        ? 2
        : 1);
    if (classAt(classes, text, before, end) & LOWER) return at;
    at = before;
  }
  return start;
}

/**
 * GPT-4o and its kin: words end where capitals begin anew, contractions stay with their word (the pattern is `o200kPattern`).
 */
export function o200kScanner(): Scanner {
  const classes = caseClasses();
  return (text, start, end) => {
    const unit = text.charCodeAt(start);
    const kind = classAt(classes, text, start, end);
    const second = start + (kind & HIGH_SURROGATE ? 2 : 1);
    const sign = (kind & (NEWLINE | WORD)) === 0;
    let stop = start;
    if (sign) {
      stop = casedWord(classes, text, second, end);
      if (stop === second) stop = start;
    }
    if (stop === start) stop = casedWord(classes, text, start, end);
    // No small letters: capitals alone.
    if (stop === start && sign) {
      stop = runEnd(classes, text, second, end, UPPER, UPPER);
      if (stop === second) stop = start;
    }
    if (stop === start) stop = runEnd(classes, text, start, end, UPPER, UPPER);
    if (stop > start) return stop + (text.charCodeAt(stop) === APOSTROPHE ? contraction(text, stop, end, true) : 0);
    if (kind & NUMBER) return runEnd(classes, text, start, end, NUMBER, NUMBER, 3);
    const other = WORD | SPACE;
    const next = second < end ? classAt(classes, text, second, end) : SPACE;
    if ((kind & SPACE) === 0 || (unit === 32 && (next & other) === 0)) {
      let tail = runEnd(classes, text, kind & SPACE ? second : start, end, other, 0);
      while (tail < end && (text.charCodeAt(tail) === SLASH || classes.basic[text.charCodeAt(tail)] & NEWLINE)) tail++;
      return tail;
    }
    return spaces(classes, text, start, end, true);
  };
}
