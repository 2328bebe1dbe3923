import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Document } from '../document.js';
import {
  decodeEntities,
  joinHyphens,
  normalizeSpace,
  normalizeStep,
  normalizeText,
  removeBidi,
  removeControls,
  removeInvisible,
  straightenQuotes,
} from './index.js';

describe('characters', () => {
  it('takes out controls, noncharacters, soft hyphens and halves of pairs', () => {
    expect(removeControls('a\u0000b\tc\nd\u007fe\u00adf\ufdd0g\ud800h\ufffei')).toBe('ab\tc\ndefg\ufffdhi');
  });

  it.each([
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['क्\u200dष', 'क्\u200dष'],
    ['Auf\u200clage', 'Auflage'],
    ['سلام\u200c ', 'سلام '],
    ['\u200dx\u200c', 'x'],
    ['👩\u200d🚀 👨\u200d👩\u200d👧', '👩\u200d🚀 👨\u200d👩\u200d👧'],
    ['❤\ufe0f\u200d🔥', '❤\ufe0f\u200d🔥'],
    [
      '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
      '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    ],
    ['hidden\u{e0041}\u{e0042}', 'hidden'],
  ])('of %j keeps what shapes, %j', (text, wanted) => {
    expect(removeInvisible(text)).toBe(wanted);
  });

  it('keeps direction marks where they mean something', () => {
    const hebrew = 'אב\u200e (x) \u2067גד\u2069';
    expect(removeBidi(hebrew, 'auto')).toBe(hebrew);
    expect(removeBidi(hebrew, 'remove')).toBe('אב (x) גד');
    expect(removeBidi('left\u200e only\u202c', 'auto')).toBe('left only');
    expect(removeBidi('אב \u202egnp.exe', 'auto')).toBe('אב gnp.exe');
    expect(removeBidi('אב \u2067גד', 'auto')).toBe('אב גד');
  });

  it('spaces', () => {
    const text = '\r\n  code  {\r\n\tx\u00a0= 1;  \r}\u2028\n\n\n\nend\u2029';
    expect(normalizeSpace(text, 'trim')).toBe('  code  {\n\tx = 1;\n}\n\nend');
    expect(normalizeSpace(text, 'collapse')).toBe('code {\nx = 1;\n}\n\nend');
  });

  it('quotes', () => {
    expect(straightenQuotes('“a” ‘b’ «c» ‹d› „e‟ it’s')).toBe(`"a" 'b' "c" 'd' „e" it's`.replace('„', '"'));
  });
});

describe('entities', () => {
  it.each([
    ['caf&eacute; &#8211; &#x1F95A; &amp;lt;', 'café – 🥚 &lt;'],
    ['R&D; AT&T &bogus; &copy &#0; &#xD800; 5 &lt 6', 'R&D; AT&T &bogus; &copy \ufffd \ufffd 5 &lt 6'],
    ['&#150;', '–'],
  ])('%s', (text, wanted) => {
    expect(decodeEntities(text)).toBe(wanted);
  });

  it('wait where tags stand', () => {
    expect(normalizeText('<p>a &lt; b</p>')).toBe('<p>a &lt; b</p>');
    expect(normalizeText('a &lt; b')).toBe('a < b');
    expect(normalizeText('a &lt; b', { entities: false })).toBe('a &lt; b');
  });
});

describe('cut words', () => {
  it('are joined where the word is attested, and else left', () => {
    const text =
      'The exam-\nple is an example. A well-\nknown one, well-known to all. Un-\nseen stays. Soft\u00ad\n  ware too.';
    expect(joinHyphens(text)).toBe(
      'The example is an example. A well-known one, well-known to all. Un-\nseen stays. Software too.'.replace(
        'Software',
        'Software',
      ),
    );
    expect(joinHyphens('Un-\nseen', (word) => word === 'unseen')).toBe('Unseen');
    expect(joinHyphens('1990-\n2000, A-\nB')).toBe('1990-\n2000, A-\nB');
  });
});

describe('normalizeText', () => {
  it('gives forms and small letters on demand', () => {
    expect(normalizeText('e\u0301 ﬁ ²')).toBe('é ﬁ ²');
    expect(normalizeText('e\u0301 ﬁ ²', { unicode: 'NFKC' })).toBe('é fi 2');
    expect(normalizeText('e\u0301', { unicode: 'none' })).toBe('e\u0301');
    expect(normalizeText('DIŞI I', { lowerCase: true, language: 'tr' })).toBe('dışı ı');
    expect(normalizeText('DIŞI', { lowerCase: true, language: 'x invalid' })).toBe('dişi');
  });

  it('is done after one call, on any text', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\u200c',
        '\u200d',
        '\u200b',
        '\u202e',
        '\u2067',
        '\u2069',
        '\r',
        '\n',
        '\u2028',
        '\u0085',
        '\u00a0',
        ' ',
        '\u00ad',
        'ي',
        'क',
        '्',
        '👩',
        '\ud800',
        '\udc00',
        '\ufeff',
        '\u{e0041}',
        '🏴',
        'a',
        '\u0301',
      ),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }),
        fc.constantFrom('NFC', 'NFKC'),
        fc.constantFrom('trim', 'collapse'),
        (pieces, unicode, whitespace) => {
          const options = { unicode, whitespace, mojibake: false, entities: false, quotes: 'ascii' } as {
            unicode: 'NFC';
            whitespace: 'trim';
          };
          const once = normalizeText(pieces.join(''), options);
          expect(normalizeText(once, options)).toBe(once);
          expect(once.isWellFormed()).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes time in proportion to the text', () => {
    const start = process.cpuUsage();
    for (const piece of [
      '&',
      '&amp',
      '\u200d',
      '\u00ad\n',
      'a-\n',
      ' ',
      '\n',
      ' \n',
      '\u202e\n',
      '<a ',
      '\u{e0041}',
      'a',
    ])
      normalizeText(piece.repeat(50_000), { hyphenation: true, whitespace: 'collapse', quotes: 'ascii' });
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(4);
  });
});

describe('step normalize', () => {
  const document = (text: string): Document => ({ id: '1', source: 's', text });
  const create = async (options: object, folder = '.') =>
    (await normalizeStep.create(normalizeStep.options.parse(options), { folder, seed: 0 })) as {
      apply(d: Document): unknown;
    };

  it('returns the same object where nothing changed, a new one where something did, and drops what is empty', async () => {
    const { apply } = await create({});
    const fine = document('fine');
    expect(apply(fine)).toBe(fine);
    expect(apply(document('schÃ¶n\u200b  '))).toEqual(document('schön'));
    expect(apply(document('\u200b \n'))).toMatchObject({ drop: 'empty' });
  });

  it('reads its list of words from the folder of the project', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'abovo-normalize-'));
    try {
      await writeFile(join(folder, 'words.txt'), 'Hühnerei\n');
      const { apply } = await create({ hyphenation: true, wordList: 'words.txt' }, folder);
      expect(apply(document('ein Hühner-\nei'))).toEqual(document('ein Hühnerei'));
      await expect(create({ wordList: 'none.txt' }, folder)).rejects.toThrow(/expected a list of words/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
