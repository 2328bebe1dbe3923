import fc from 'fast-check';
import iconv from 'iconv-lite';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot, testData } from '../../../../test/support.js';
import { decodeWith, fixMojibake } from './index.js';

const fix = (text: string): string => fixMojibake(text).text;
/** Decodes UTF-8 in other encodings, in turn; bytes without a character become C1 controls, as in browsers. */
const breakWith = (text: string, ...encodings: string[]): string =>
  encodings.reduce(
    (broken, encoding) =>
      encoding === 'cp437'
        ? iconv.decode(Buffer.from(broken), encoding)
        : decodeWith(Buffer.from(broken), encoding).text,
    text,
  );

describe('fixMojibake', () => {
  it.each([
    ['schön', ['windows-1252']],
    ['schön wär’s, „Größe“ – naïve café… 5 €', ['windows-1252']],
    ['schön wär’s', ['windows-1252', 'windows-1252', 'windows-1252']],
    ['Съешь же ещё этих мягких булок', ['windows-1251']],
    ['Съешь же ещё этих мягких булок', ['windows-1252', 'windows-1252']],
    ['Příliš žluťoučký kůň', ['windows-1250']],
    ['l’été à la plage', ['macintosh']],
    ['Ελληνικά', ['latin1']],
    ['先有鸡还是先有蛋', ['windows-1252']],
    ['👍 fine 🎉', ['windows-1252']],
    ['правильное питание', ['cp437']],
  ])('%s, broken by %s', (text, encodings) => {
    const broken = breakWith(text, ...encodings);
    expect(broken).not.toBe(text);
    expect(fix(broken)).toBe(text);
  });

  it('mends a broken part and leaves the rest', () => {
    expect(fix('Größe und GrÃ¶ÃŸe, café und cafÃ©')).toBe('Größe und Größe, café und café');
  });

  it('reads what spaces and lost bytes have damaged', () => {
    expect(fix('voilÃ le travail')).toBe('voilà le travail');
    expect(fix('il va Ã la rÃ©union, trÃ¨s tÃ´t')).toBe('il va à la réunion, très tôt');
  });

  it('reads C1 controls as windows-1252', () => {
    expect(fix('it\u0092s \u0093so\u0094')).toBe('it’s “so”');
  });

  it('says what it did', () => {
    expect(fixMojibake('cafÃ©').repairs).toEqual([{ codec: 'windows-1252', runs: 1 }]);
    expect(fixMojibake('café').repairs).toEqual([]);
  });

  it.each([
    'MARQUÉ…',
    'NESTLÉ® requiere',
    'RETWEET SE VOCÊ…',
    'higher values (“+” and “×” curves)',
    '4288×…',
    '2012—∞',
    'C O N C L U S Ã O',
    'SELKÄ EDELLÄ MAAHAN',
    'MAÇÃ DO AMOR',
    '(-1/2)! = √π',
    '∆°',
    'Річ у тім, що її немає',
    'да»… и «нет»…',
    'İSTANBUL’DA ÇIĞLIK',
    '5×£35',
    'ÅÄÖ åäö',
    'À l’œuvre',
    'TRANSFORMATORIŲ™',
    '┌─┬─┐',
    'x → y ≥ z ± 5 °C',
    'naïveté, œuvre, ångström',
    '東京「大阪」…',
  ])('leaves %s as it is', (text) => {
    expect(fixMojibake(text)).toEqual({ text, repairs: [] });
  });

  it('is done after one call', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'Ã',
        '©',
        '¶',
        'â',
        '€',
        '™',
        '\u0080',
        '\u0092',
        'Р',
        'ї',
        'С',
        '√',
        '≤',
        '╨',
        '┐',
        '�',
        ' ',
        '\u00a0',
        'é',
        'ö',
        '中',
        '😀',
        'x',
        'É',
        'Ä',
        '°',
      ),
      fc.string({ unit: 'grapheme' }),
      fc
        .tuple(fc.string({ unit: 'grapheme' }), fc.constantFrom('windows-1252', 'windows-1251', 'macintosh', 'cp437'))
        .map(([text, encoding]) => breakWith(text, encoding)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const once = fix(pieces.join(''));
        expect(fix(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  it('takes time in proportion to the text', () => {
    const start = process.cpuUsage();
    for (const piece of ['Ã', 'Ã©', 'â€™', 'Ã ', 'РїСЂ', 'Ã\u0083Â', 'âÃ', 'É…']) fix(piece.repeat(20_000));
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(6);
  });
});

describe('beside ftfy', () => {
  const golden = JSON.parse(readFileSync(join(repositoryRoot, 'test/golden/mojibake/ftfy.json'), 'utf8')) as {
    peer: string;
    cases: { text: string; codecs: string[]; broken: string; ftfy: string }[];
  };

  it('repairs at least as many of the texts that ftfy was given', () => {
    const right = (of: (item: (typeof golden.cases)[number]) => string) =>
      golden.cases.filter((item) => of(item) === item.text).length;
    expect(golden.cases.length).toBeGreaterThan(100);
    expect(right((item) => fix(item.broken))).toBeGreaterThanOrEqual(right((item) => item.ftfy));
  });
});

describe('texts of 300 languages', () => {
  const texts = (context: Parameters<typeof testData>[0]): string[] =>
    gunzipSync(readFileSync(testData(context, 'lid/udhr/udhr.jsonl.gz')))
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { text: string }).text.normalize('NFC'));

  it('come back unchanged, but for C1 controls', (context) => {
    const changed = texts(context).filter((text) => !/[\u0080-\u009f]/.test(text) && fix(text) !== text);
    expect(changed).toEqual([]);
  });

  it('are repaired, 95 of 100 where windows-1252, 1250 or 1251 broke them', (context) => {
    const all = texts(context).filter(
      (text, i) => i % 8 === 0 && /[^\0-\x9f]/.test(text) && !/[\u0080-\u009f]/.test(text),
    );
    for (const encoding of ['windows-1252', 'windows-1250', 'windows-1251']) {
      const broken = all
        .map((text) => [text, breakWith(text, encoding)] as const)
        .filter(([, wrong]) => !wrong.includes('\ufffd'));
      const right = broken.filter(([text, wrong]) => fix(wrong) === text).length;
      expect(right / broken.length, encoding).toBeGreaterThan(0.95);
    }
  });
});
