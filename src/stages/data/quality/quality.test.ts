import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document } from '../document.js';
import type { DocumentStep } from '../pipeline/index.js';
import { assess, c4, c4Options, learnBytes, steps, urlJudge, urlOptions, wordsOf } from './index.js';
import { FolderPerplexity, quantile } from './perplexity.js';
import { lengthOf, linesOf } from './text-measure.js';
import { countSentences } from './words.js';

/** Any character but lone surrogates. */
const character = fc
  .oneof(fc.integer({ min: 0, max: 0x2ff }), fc.integer({ min: 0, max: 0x10ffff }))
  .map((point) => (point >= 0xd800 && point < 0xe000 ? '\n' : String.fromCodePoint(point)));

const document = (text: string, more: Partial<Document> = {}): Document => ({ id: '1', source: 'test', text, ...more });
const stepOf = async (name: string, options: object, folder = '.'): Promise<DocumentStep> => {
  const definition = steps.find((step) => step.name === name)!;
  return (await definition.create(definition.options.parse(options), { folder, seed: 1 })) as DocumentStep;
};

describe('words', () => {
  // What spaCy 3.8.18's blank English makes of these (python -c "import spacy; [t.text for t in spacy.blank('en')(TEXT)]").
  it.each([
    ["I can't say: we're late!", "I|ca|n't|say|:|we|'re|late|!"],
    ['(e.g., the U.S.-based "firm").', '(|e.g.|,|the|U.S.-based|"|firm|"|)|.'],
    ['It cost $5.00, i.e. 10% of 3pm.', 'It|cost|$|5.00|,|i.e.|10|%|of|3|pm|.'],
    ['a state-of-the-art 18-year foo/bar x=y', 'a|state|-|of|-|the|-|art|18|-|year|foo|/|bar|x|=|y'],
    ['mail user@x.com, word--word and AT&T', 'mail|user@x.com|,|word|--|word|and|AT&T'],
    ["rock'n'roll's 'Tis 12th. 5kg", "rock'n'roll|'s|'|Tis|12th|.|5|kg"],
  ])('%s', (text, expected) => {
    expect(wordsOf(text).join('|')).toBe(expected);
  });

  it('lose no character but white space, in reasonable time', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...".'’,:-()[]{}…$%aBé1 \n字🙂/=~"), maxLength: 300 }), (text) => {
        expect(wordsOf(text).join('')).toBe(text.replace(/\s+/gu, ''));
      }),
    );
    const start = performance.now();
    for (const nasty of [
      '.'.repeat(1e5),
      "'".repeat(1e5),
      'a.'.repeat(5e4),
      '('.repeat(1900),
      'a-'.repeat(900),
      `${'a.'.repeat(900)}!`,
      '1'.repeat(1e6),
    ]) {
      wordsOf(nasty);
    }
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it('make sentences at stops', () => {
    const count = (text: string) => countSentences(wordsOf(text));
    expect([count(''), count('One'), count('One. Two! Three?'), count('“One.” Two'), count('Dr. Who went...')]).toEqual(
      [0, 1, 3, 2, 1],
    );
  });
});

describe('lengths and lines', () => {
  it('are Python’s', () => {
    expect([lengthOf('aé字🙂'), lengthOf('\ud83d')]).toEqual([4, 1]);
    expect(linesOf('a\r\nb\u2028c\n\n')).toEqual(['a', 'b', 'c', '']);
    fc.assert(
      fc.property(fc.string({ unit: character }), (text) => {
        expect(lengthOf(text)).toBe([...text].length);
      }),
    );
  });
});

describe('C4', () => {
  it('takes lines out and counts them by rule', () => {
    const text =
      'Home\nThe hen sat on her egg. It was warm. She slept well.\nPlease turn on JavaScript now.\nIt rained. The end came.\nBy using this we use cookies.';
    expect(c4(text, c4Options.parse({}))).toEqual({
      text: 'The hen sat on her egg. It was warm. She slept well.\nIt rained. The end came.',
      lines: { no_terminal_punc: 1, javascript: 1, policy: 1 },
    });
  });
});

describe('assessment', () => {
  it('names every broken rule, with numbers', () => {
    const { rules, details, keep, scores } = assess('Buy now! '.repeat(40));
    expect(keep).toBe(false);
    expect(rules).toContain('gopherRepetition:top_2_gram');
    expect(rules).toContain('gopherRepetition:duplicated_10_n_grams');
    expect(rules).toContain('gopherQuality:gopher_enough_stop_words');
    expect(details['gopherQuality:gopher_enough_stop_words']).toBe('0 < 2');
    expect(scores.words).toBe(120);
  });

  it('ends for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 500 }), (text) => {
        const { rules, keep } = assess(text);
        expect(keep).toBe(rules.length === 0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('addresses', () => {
  const judge = urlJudge(
    urlOptions.parse({
      bannedWords: ['badword'],
      softBannedWords: ['slots', 'casino', 'hot'],
      bannedSubwords: ['evilsub'],
      urls: ['http://a.org/x'],
    }),
    new Set(['spam.com', 'blog.host.net']),
  );
  it.each([
    ['https://spam.com/page', 'domain'],
    ['https://www.shop.spam.com/', 'domain'],
    ['http://blog.host.net/1', 'subdomain'],
    ['http://host.net/1', undefined],
    ['http://notspam.com/', undefined],
    ['http://a.org/x', 'url'],
    ['http://a.org/the-badword-page', 'hard_blacklisted'],
    ['http://a.org/badwords', undefined],
    ['http://a.org/hot/tea', undefined],
    ['http://a.org/hot-casino', 'soft_blacklisted'],
    ['http://a.org/my-evil-sub/1', 'blacklisted_subword'],
    ['not an address', undefined],
  ])('%s', (url, rule) => {
    expect(judge(url)?.rule).toBe(rule);
  });

  it('are read from files beside the options; without an address a document stays unless asked', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'abovo-url-'));
    try {
      await writeFile(join(folder, 'list.txt'), '# remark\nlisted.example # why\n');
      const step = await stepOf('urlFilter', { domainFiles: ['list.txt'], missing: 'drop' }, folder);
      expect(await step.apply(document('x', { url: 'https://www.listed.example/a' }))).toMatchObject({
        drop: 'domain',
        detail: 'listed.example',
      });
      expect(await step.apply(document('x', { url: 'https://other.example/a' }))).not.toHaveProperty('drop');
      expect(await step.apply(document('x'))).toMatchObject({ drop: 'no_url' });
      await expect(stepOf('urlFilter', { domainFiles: ['none.txt'] }, folder)).rejects.toThrow(
        /expected a list of domains in none.txt/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('perplexity', () => {
  const words = 'the hen and egg sat in a warm nest while rain fell on roof of old barn near river'.split(' ');
  const sentence = (seed: number): string =>
    Array.from({ length: 40 }, (_, i) => words[(seed * 7 + i * (3 + (seed % 5)) + ((i * i) % 11)) % words.length]).join(
      ' ',
    );
  const texts = Array.from({ length: 60 }, (_, i) => `${sentence(i)}.`);

  it('is lower for text like the reference than for noise', () => {
    const { model, heldOut } = learnBytes(texts);
    expect(heldOut).toHaveLength(6);
    const noise = Array.from({ length: 200 }, (_, i) =>
      String.fromCharCode(33 + ((i * 37 + ((i * i) % 17)) % 90)),
    ).join('');
    expect(model.bitsPerByte(noise)).toBeGreaterThan(2 * quantile(heldOut, 1));
    expect(model.bitsPerByte('')).toBeNaN();
    expect(() => learnBytes(['a', 'b'])).toThrow(/at least 10 documents/);
  });

  it('filters by a limit that the reference sets', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'abovo-perplexity-'));
    try {
      await writeFile(join(folder, 'wanted.jsonl'), texts.map((text) => JSON.stringify({ text })).join('\n'));
      const step = await stepOf('perplexityFilter', { reference: ['wanted.jsonl'] }, folder);
      expect(await step.apply(document(texts[3]!))).toMatchObject({ metadata: { bitsPerByte: expect.any(Number) } });
      expect(await step.apply(document('Zq#7 @@ kW!! 9x9x qqqz ~~ §§ ÄÖ'.repeat(5)))).toMatchObject({
        drop: 'perplexity',
      });
      const low = await stepOf(
        'perplexityFilter',
        { reference: ['wanted.jsonl'], minBitsPerByte: 8, maxBitsPerByte: 99 },
        folder,
      );
      expect(await low.apply(document(texts[3]!))).toMatchObject({ drop: 'perplexityLow' });
      await expect(stepOf('perplexityFilter', {})).rejects.toThrow(/reference .* or model/);
      await expect(stepOf('perplexityFilter', { model: 'folder' })).rejects.toThrow(/maxBitsPerByte/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('under a model of a folder counts bits of windows against the bytes they stand for', async () => {
    // A model whose every token is a byte and costs a bit.
    const model = {
      contextLength: 10,
      tokenize: (text: string) => [256, ...Buffer.from(text)],
      score: async (windows: readonly (readonly number[])[]) =>
        windows.map((ids) => ({ tokens: ids.length - 1, nll: (ids.length - 1) * Math.LN2 })),
      close: async () => undefined,
    };
    expect(await new FolderPerplexity(model).bitsPerByte('a text of some length that needs windows')).toBeCloseTo(
      1,
      10,
    );
    expect(await new FolderPerplexity(model, 2).bitsPerByte('é'.repeat(500))).toBeCloseTo(1, 2);
  });
});

describe('steps', () => {
  it('name the rule that took a document out, and keep the others as they are', async () => {
    const good = document(
      `${'The farmer said that the hens have to be fed with corn, and he went to the barn early each day of the week. '.repeat(1)}They slept while it rained over the hills; nobody saw how the fox came near, or how the dog ran after it and back. In the morning all the eggs were there, which made everyone quite happy with the night.`,
    );
    for (const name of ['gopherQuality', 'gopherRepetition', 'finewebQuality']) {
      expect(await (await stepOf(name, {})).apply(good), name).toBe(good);
    }
    expect(await (await stepOf('gopherQuality', {})).apply(document('Too short.'))).toMatchObject({
      drop: 'gopher_short_doc',
      detail: '2 < 50',
    });
    expect(await (await stepOf('mc4Quality', {})).apply(good)).toMatchObject({ drop: '< 3 paragraphs' });
    const cleaned = await (await stepOf('c4Quality', { minSentences: 0 })).apply(
      document('Menu\nThis is a line of text.'),
    );
    expect(cleaned).toMatchObject({ text: 'This is a line of text.' });
    expect(() => steps[0]!.options.parse({ nonsense: 1 })).toThrow();
  });
});
