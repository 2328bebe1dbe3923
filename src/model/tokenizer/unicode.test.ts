import native from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { compilePattern } from './regex.js';
import { type CodePointSetName, codePoints, rangesOf } from './unicode.js';
import { unicodeForm } from './unicode-forms.js';

// Planes 4 to 13 are empty, 15 and 16 of one kind: their ends stand for them.
const spans = [
  [0, 0xd7ff],
  [0xe000, 0x33fff],
  [0xe0000, 0xe0fff],
  [0xeff00, 0xf00ff],
  [0x10ff00, 0x10ffff],
];
const points = spans.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
const covered = new Set(points);
const blocks = Array.from({ length: Math.ceil(points.length / 4096) }, (_, i) =>
  points.slice(4096 * i, 4096 * (i + 1)),
);

function setOf(name: CodePointSetName): Set<number> {
  const ranges = rangesOf(name);
  const set = new Set<number>();
  for (let i = 0; i < ranges.length; i += 2)
    for (let p = ranges[i]; p <= ranges[i + 1]; p++) if (covered.has(p)) set.add(p);
  return set;
}

/** Code points in hexadecimal, for messages that can be read. */
const shown = (list: Iterable<number>) => Array.from(list, (point) => point.toString(16));

/** What a normalizer makes of each code point, which stands alone between two letters. */
function eachBy(normalizer: native.Normalizer): Map<number, string> {
  const out = new Map<number, string>();
  for (const block of blocks) {
    const text = block.map((point) => `q${String.fromCodePoint(point)}y`).join('');
    // No mark composes with q, and nothing ends in q and begins with y.
    const parts = normalizer.normalizeString(text).split(/(?<=y)(?=q)/);
    if (parts.length !== block.length) throw new Error(`${parts.length} parts of ${block.length}`);
    for (const [i, part] of parts.entries()) out.set(block[i], part.slice(1, -1));
  }
  return out;
}

const normalizer = (json: object) =>
  native.Tokenizer.fromString(
    JSON.stringify({
      version: '1.0',
      added_tokens: [],
      normalizer: json,
      model: { type: 'BPE', vocab: {}, merges: [] },
    }),
  ).getNormalizer() as native.Normalizer;
const preTokenizer = (json: object) =>
  native.Tokenizer.fromString(
    JSON.stringify({
      version: '1.0',
      added_tokens: [],
      pre_tokenizer: json,
      model: { type: 'BPE', vocab: {}, merges: [] },
    }),
  ).getPreTokenizer() as native.PreTokenizer;
const bert = {
  type: 'BertNormalizer',
  clean_text: false,
  handle_chinese_chars: false,
  strip_accents: false,
  lowercase: false,
};

describe('character sets equal those of the native package on every code point', () => {
  it.each<[CodePointSetName, object, string]>([
    ['control', { ...bert, clean_text: true }, ''],
    ['accents', { ...bert, strip_accents: true }, ''],
    ['marks', { type: 'StripAccents' }, ''],
    ['nmtRemoved', { type: 'Nmt' }, ''],
    ['nmtSpaces', { type: 'Nmt' }, ' '],
  ])('%s', (name, json, becomes) => {
    const found = [...eachBy(normalizer(json))].filter(([, text]) => text === becomes).map(([point]) => point);
    expect(shown(found)).toEqual(shown(setOf(name)));
  });

  it('punctuation', () => {
    const split = preTokenizer({ type: 'Punctuation', behavior: 'Isolated' });
    const found: number[] = [];
    for (const block of blocks) {
      const pieces = split.preTokenizeString(block.map((point) => `x${String.fromCodePoint(point)}y`).join(''));
      for (const [piece] of pieces)
        if (piece !== 'x' && [...piece].length === 1 && piece !== 'y') found.push(piece.codePointAt(0) as number);
    }
    expect(shown(found)).toEqual(shown(setOf('punctuation')));
  });

  it('normalization forms', () => {
    for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD'] as const) {
      const ours = unicodeForm(form);
      const wrong: number[] = [];
      for (const [point, text] of eachBy(normalizer({ type: form }))) {
        if (ours.apply(String.fromCodePoint(point)) !== text) wrong.push(point);
      }
      expect(shown(wrong), form).toEqual([]);
    }
  });

  it.each([
    '\\p{L}',
    '\\p{N}',
    '\\s',
    '\\w',
    '\\d',
    '\\p{Lu}',
    '\\p{Ll}',
    '\\p{Lo}',
    '\\p{M}',
    '\\P{P}',
    '\\p{Han}',
    '[[:punct:]]',
  ])('patterns: %s', (pattern) => {
    const split = preTokenizer({ type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true });
    const ours = compilePattern(pattern);
    for (const block of blocks) {
      const text = block.map((point) => String.fromCodePoint(point)).join('');
      const expected = split.preTokenizeString(text).map(([piece]) => piece);
      expect(shown(Array.from((text.match(ours) ?? []).join(''), (char) => char.codePointAt(0) as number))).toEqual(
        shown(Array.from(expected.join(''), (char) => char.codePointAt(0) as number)),
      );
    }
  });
});

it('every set is in order', () => {
  for (const name of Object.keys(codePoints) as CodePointSetName[]) {
    const ranges = rangesOf(name);
    for (let i = 1; i < ranges.length; i++)
      expect(ranges[i], name).toBeGreaterThanOrEqual(ranges[i - 1] + (i % 2 === 0 ? 2 : 0));
  }
});
