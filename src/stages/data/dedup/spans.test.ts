import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import { Random } from '../../../base/core/index.js';
import type { Document } from '../document.js';
import { deduplicate, sentenceSpans, sentenceStep, substringStep, WordScanner } from './index.js';
import { jsonDocuments } from './testing.js';

const documentsOf = (texts: readonly string[]): Document[] =>
  texts.map((text, i) => ({ id: `${i}`, source: 's', text }));

describe('sentences', () => {
  it.each([
    ['One. Two! Three?', ['One.', 'Two!', 'Three?']],
    ['It is 3.14 at example.org. “Yes.” No', ['It is 3.14 at example.org.', '“Yes.”', 'No']],
    ['A line\nand another\n\n', ['A line', 'and another']],
    ['雨が降る。風が吹く。', ['雨が降る。', '風が吹く。']],
    ['Wait... what?! (Really.) Yes', ['Wait...', 'what?!', '(Really.)', 'Yes']],
    ['', []],
  ])('%s', (text, expected) => {
    const spans = sentenceSpans(text);
    const found = expected.map((_, i) => text.slice(spans[i * 2], spans[i * 2 + 1]));
    expect(found).toEqual(expected);
    expect(spans.length).toBe(expected.length * 2);
  });

  it('cover any text but its white space, in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab. \n!"。') }), (text) => {
        const spans = sentenceSpans(text);
        let rest = '';
        let from = 0;
        for (let i = 0; i < spans.length; i += 2) {
          rest += text.slice(from, spans[i]);
          expect(spans[i]).toBeGreaterThanOrEqual(from);
          expect(spans[i + 1]).toBeGreaterThan(spans[i]!);
          from = spans[i + 1]!;
        }
        expect((rest + text.slice(from)).trim()).toBe('');
      }),
    );
  });
});

describe('sentence deduplication', () => {
  const shared = 'Accept all cookies. Read our policy now. Click here to go on.';

  it('cuts three sentences that stood before, and what is too short then', async () => {
    const texts = [
      `The hen laid an egg. ${shared} It was brown. Nobody saw it.`,
      `A fox came at night. It took the egg. ${shared} Then it left again. We slept. Nobody heard it.`,
      `Spring is near. ${shared}`,
    ];
    const { kept, verdicts } = await deduplicate(documentsOf(texts), sentenceStep({ minWordsLeft: 10 }));
    expect(kept.map(({ text }) => text)).toEqual([
      texts[0],
      'A fox came at night. It took the egg. Then it left again. We slept. Nobody heard it.',
    ]);
    expect(verdicts[1]).toMatchObject({
      index: 2,
      drop: 'repeatedSentences',
      detail: '3 words and 1 sentences are its own',
    });
  });

  it('leaves two shared sentences alone, and the end of a text without a space', async () => {
    const two = 'Same one here. Same two here.';
    const kept = await deduplicate(documentsOf([`${two} End.`, `${two} Other.`]), sentenceStep({ minWordsLeft: 0 }));
    expect(kept.verdicts).toEqual([]);
    const texts = [`${shared} Begin.`, `Other start. And more. And one. ${shared}`];
    const cut = await deduplicate(documentsOf(texts), sentenceStep({ minWordsLeft: 0 }));
    expect(cut.kept[1]!.text).toBe('Other start. And more. And one.');
  });
});

/** Places that a longer repeat covers, by looking for every window in all that stood before. */
function naiveRepeats(texts: readonly string[], length: number): boolean[][] {
  const first = new Map<string, readonly [number, number]>();
  return texts.map((text, t) => {
    const covered = Array.from({ length: text.length }, () => false);
    for (let at = 0; at + length <= text.length; at++) {
      const window = text.slice(at, at + length);
      const before = first.get(window);
      if (!before) {
        first.set(window, [t, at]);
        continue;
      }
      for (let i = before[0] === t ? Math.max(at, before[1] + length) : at; i < at + length; i++) covered[i] = true;
    }
    return covered;
  });
}

describe('substring deduplication', () => {
  it('cuts what a search for every window finds, in memory and on disk', async () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (texts) => {
        const step = substringStep({ unit: 'characters', length: 8, minCharactersLeft: 0, memoryMB: 1 });
        const { kept } = await deduplicate(documentsOf(texts), step);
        const expected = naiveRepeats(texts, 8).map((covered, t) =>
          covered.map((gone, i) => (gone ? '' : texts[t]![i])).join(''),
        );
        expect(kept.map(({ text }) => text)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('finds copied passages of real text by words, whatever their case and spacing', async (context) => {
    const reviews = jsonDocuments(testData(context, 'pretrain/nltk-english/movie_reviews.jsonl.gz')).slice(0, 60);
    const random = new Random(5);
    const scanner = new WordScanner();
    const passage = reviews[0]!.text.split(' ').slice(100, 190).join(' ');
    const words = scanner.scan(passage).count;
    const texts = reviews.map(({ text }, i) => {
      if (i === 0 || i % 7 !== 3) return text;
      const at = text.indexOf(' ', random.int(Math.max(1, text.length - 200)));
      return `${text.slice(0, at)}\n\n${passage.toUpperCase().replaceAll(' ', '  ')}\n${text.slice(at)}`;
    });
    const { kept, verdicts } = await deduplicate(documentsOf(texts), substringStep({ length: 50 }));
    expect(kept.length).toBe(60);
    const changed = verdicts.filter(({ remove }) => remove).map(({ index }) => index);
    expect(changed).toEqual([3, 10, 17, 24, 31, 38, 45, 52, 59]);
    for (const { index, remove } of verdicts) {
      const cut = texts[index]!.slice(...remove![0]!);
      // A word beside it may happen to be the same one in both places.
      expect(scanner.scan(cut).count - words).toBeLessThanOrEqual(2);
      expect(cut.toLowerCase().replace(/\s+/g, ' ')).toContain(passage.trim().replace(/\s+/g, ' '));
    }
  });

  it('finds a repeat wherever it stands in a long text', async () => {
    const random = new Random(9);
    const long = Array.from({ length: 140_000 }, () => String.fromCharCode(97 + random.int(26))).join('');
    const step = () => substringStep({ unit: 'characters', length: 100, minCharactersLeft: 0, memoryMB: 1 });
    for (const at of [0, 65_400, 65_536, 131_000, 139_700]) {
      const { verdicts } = await deduplicate(documentsOf([long.slice(at, at + 300), long]), step());
      expect(verdicts).toEqual([{ index: 1, remove: [[at, at + 300]] }]);
    }
  });

  it('keeps one copy of a word that repeats itself, whole characters, and drops what is left too short', async () => {
    const step = substringStep({ unit: 'characters', length: 10, minCharactersLeft: 0, memoryMB: 1 });
    const { kept } = await deduplicate(documentsOf(['a'.repeat(100)]), step);
    expect(kept[0]!.text).toBe('a'.repeat(10));
    const emoji = '\u{1F95A}'.repeat(12);
    const pairs = await deduplicate(documentsOf([emoji, `x${emoji}`]), step);
    for (const { text } of pairs.kept) expect(text.isWellFormed()).toBe(true);
    const text = 'The quick brown fox jumps over the lazy dog every day.';
    const dropped = await deduplicate(documentsOf([text, text]), substringStep({ unit: 'characters', length: 20 }));
    expect(dropped.verdicts).toEqual([{ index: 1, drop: 'repeatedText', detail: '0 characters are its own' }]);
  });
});
