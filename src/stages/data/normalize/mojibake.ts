import { type Codec, codecs, possibleCodecs, readC1 } from './codecs.js';
import { Kind, kindOf, oddness } from './oddness.js';

/** One repair: UTF-8 that had been decoded as `codec`. */
export interface Repair {
  readonly codec: string;
  readonly runs: number;
}

export interface FixedText {
  readonly text: string;
  readonly repairs: readonly Repair[];
}

/** Touching sequences that would be characters of UTF-8. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly decoded: string;
  /** Points for what does not happen by chance: sequences of three bytes and more, many in a row, and `Ã` before a symbol. */
  readonly bonus: number;
}

interface Sequence {
  readonly length: number;
  readonly code: number;
  /** Stands after the character: the space that had been a byte of it as well as a space. */
  readonly space?: string;
}

const lossy = 0xfffd;

/**
 * The character that starts at `at`, read as bytes of UTF-8. With `damaged`, the no-break space may have become a space, and a lost byte U+FFFD.
 */
function sequenceAt(text: string, at: number, { bytes }: Codec, damaged: boolean): Sequence | undefined {
  const lead = bytes[text.charCodeAt(at)]!;
  if (lead < 0xc2 || lead > 0xf4) return undefined;
  if (lead === 0xc3 && text.charCodeAt(at + 1) === 0x20) return graveA(text, at, damaged);
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  let code = lead & (0x7f >> length);
  let lost = false;
  for (let i = 1; i < length; i++) {
    const unit = text.charCodeAt(at + i);
    let byte = bytes[unit] ?? 0;
    if (damaged && unit === 0x20 && lead !== 0xc2) byte = 0xa0;
    if (unit === lossy) {
      lost = true;
      byte = 0x80;
    }
    if (byte < 0x80 || byte > 0xbf) return undefined;
    code = (code << 6) | (byte & 0x3f);
  }
  if (lost) return { length, code: lossy };
  if (code < (length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000) || code > 0x10ffff) return undefined;
  if (code >= 0xd800 && code <= 0xdbff) {
    // Halves of a pair that were written as characters of three bytes each (CESU-8).
    const low = at + 3 < text.length ? halfAt(text, at + 3, bytes) : undefined;
    return low === undefined ? undefined : { length: 6, code: 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) };
  }
  return code >= 0xdc00 && code <= 0xdfff ? undefined : { length, code };
}

/**
 * `à` whose second byte, the no-break space, became a space: a word of its own in French and Italian, and the end of others. `Ã` before a space is
 * a word's end in capitals only, so after a small letter it is believed without more.
 */
function graveA(text: string, at: number, damaged: boolean): Sequence | undefined {
  const before = at === 0 ? ' ' : text[at - 1]!;
  if (!damaged && !/\p{Ll}/u.test(before)) return undefined;
  const after = text.slice(at + 2, at + 10);
  const joined = after.startsWith(' ') || /\p{Lu}/u.test(before) || /^(?:s|quel[aeo]s?)(?![\p{L}'’])/u.test(after);
  return { length: 2, code: 0xe0, space: joined ? '' : ' ' };
}

function halfAt(text: string, at: number, bytes: Uint8Array): number | undefined {
  const [a, b, c] = [
    bytes[text.charCodeAt(at)],
    bytes[text.charCodeAt(at + 1)] ?? 0,
    bytes[text.charCodeAt(at + 2)] ?? 0,
  ];
  if (a !== 0xed || b < 0xb0 || b > 0xbf || c < 0x80 || c > 0xbf) return undefined;
  return 0xd000 | ((b & 0x3f) << 6) | (c & 0x3f);
}

function runsOf(text: string, codec: Codec, damaged: boolean): Run[] {
  const runs: Run[] = [];
  let i = 0;
  while (i < text.length) {
    if (text.charCodeAt(i) < 0x80) {
      i++;
      continue;
    }
    let sequence = sequenceAt(text, i, codec, damaged);
    if (!sequence) {
      i++;
      continue;
    }
    const start = i;
    let decoded = '';
    let bonus = 0;
    let count = 0;
    while (sequence) {
      count++;
      bonus +=
        sequence.code === lossy
          ? 0
          : sequence.length === 2
            ? bonusOf(text, i)
            : isCommon(sequence.code)
              ? 2 * (sequence.length - 2)
              : 0;
      decoded += String.fromCodePoint(sequence.code) + (sequence.space ?? '');
      i += sequence.length;
      sequence = i < text.length ? sequenceAt(text, i, codec, damaged) : undefined;
    }
    runs.push({ start, end: i, decoded, bonus: bonus + Math.max(0, count - 2) * 0.5 });
  }
  return runs;
}

const isCommon = (code: number): boolean => ![Kind.RareLetter, Kind.Unassigned, Kind.Mark].includes(kindOf(code));

/** `Ã` and `Â` before a symbol: the first byte of most accented letters, and before a symbol in no language. */
function bonusOf(text: string, at: number): number {
  const lead = text[at];
  if (lead !== 'Ã' && lead !== 'Â') return 0;
  const next = text[at + 1]!;
  if (/[\u2019\u201d\u2026\u00bb\u2013\u2014\u203a]/.test(next))
    return lead === 'Ã' && /^(?!s\b)\p{L}/u.test(text.slice(at + 2, at + 4)) ? 1.5 : 0;
  return lead === 'Ã' ? 2 : 1;
}

/** How much less odd the text is with the run decoded. */
function gainOf(text: string, { start, end, decoded, bonus }: Run): number {
  const before = start === 0 ? ' ' : text.slice(start > 1 && isLow(text, start - 1) ? start - 2 : start - 1, start);
  const after = end >= text.length ? ' ' : String.fromCodePoint(text.codePointAt(end)!);
  return bonus + oddness(before + text.slice(start, end) + after) - oddness(before + decoded + after);
}

const isLow = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;

/** Gain of a whole text from which its weaker runs are believed too. */
const convincing = 4;
/** Runs from which a text is judged as a whole. */
const leastRuns = 2;
/** Rounds of repair: text that was broken several times over. */
const maxRounds = 12;

interface Plan {
  readonly codec: Codec;
  readonly runs: readonly Run[];
  readonly gain: number;
}

function planFor(text: string, codec: Codec): Plan | undefined {
  const judged = runsOf(text, codec, false).map((run) => ({ run, gain: gainOf(text, run) }));
  const sure = judged.filter(({ gain }) => gain >= codec.least);
  const total = sure.reduce((sum, { gain }) => sum + gain, 0);
  // Where all of the text beyond ASCII reads as UTF-8, chance is no explanation: then rare letters are taken along.
  const whole = judged.reduce((sum, { gain }) => sum + gain, 0);
  if (
    judged.length >= leastRuns &&
    whole + judged.length * 0.5 >= codec.least &&
    isAllRuns(
      text,
      judged.map(({ run }) => run),
    )
  ) {
    return { codec, runs: judged.map(({ run }) => run), gain: Math.max(whole, total) + judged.length };
  }
  if (sure.length === 0) return undefined;
  if (total < convincing) return { codec, runs: sure.map(({ run }) => run), gain: total };
  // The text is known to be broken: damaged sequences are read, and what gains anything is believed.
  const all = runsOf(text, codec, true)
    .map((run) => ({ run, gain: gainOf(text, run) }))
    .filter(({ gain }) => gain >= 0);
  return { codec, runs: all.map(({ run }) => run), gain: all.reduce((sum, { gain }) => sum + gain, 0) };
}

function isAllRuns(text: string, runs: readonly Run[]): boolean {
  let at = 0;
  const plain = (end: number): boolean => {
    for (; at < end; at++) if (text.charCodeAt(at) > 0x7f) return false;
    return true;
  };
  for (const { start, end } of runs) {
    if (!plain(start)) return false;
    at = end;
  }
  return plain(text.length);
}

function apply(text: string, runs: readonly Run[]): string {
  let fixed = '';
  let at = 0;
  for (const { start, end, decoded } of runs) {
    fixed += text.slice(at, start) + decoded;
    at = end;
  }
  return fixed + text.slice(at);
}

/**
 * Repairs text that was decoded in the wrong encoding, once or several times over: `schÃ¶n` becomes `schön`.
 *
 * Runs of characters that would be UTF-8 in a one-byte encoding are decoded where their surroundings become less odd by it: letters of two scripts
 * in one word, accented capitals inside words, symbols between letters, control characters. The idea is ftfy's (Robyn Speer); the measure is
 * another. `fixMojibake(fixMojibake(x)) = fixMojibake(x)`: rounds go on until nothing changes, and every round shortens the text.
 */
export function fixMojibake(text: string): FixedText {
  const repairs: Repair[] = [];
  let current = text;
  for (;;) {
    const before = current;
    for (let round = 0; round < maxRounds; round++) {
      const possible = possibleCodecs(current);
      if (possible === 0) break;
      let best: Plan | undefined;
      codecs().forEach((codec, c) => {
        if ((possible & (1 << c)) === 0) return;
        const plan = planFor(current, codec);
        if (plan && (!best || plan.gain > best.gain)) best = plan;
      });
      if (!best) break;
      current = apply(current, best.runs);
      repairs.push({ codec: best.codec.name, runs: best.runs.length });
    }
    current = readC1(current);
    if (current === before) return { text: current, repairs };
  }
}
