import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WordScanner } from './index.js';

const scanner = new WordScanner();
const normalized = (text: string): string => String.fromCharCode(...scanner.scan(text).normalized);

describe('normalization', () => {
  it.each([
    ['Hello,   WORLD!', 'hello world'],
    ['Crème brûlée — Ångström', 'creme brulee angstrom'],
    ['cre\u0300me', 'creme'],
    ['It costs $1,234 or 3.14 % of 99.', 'it costs 0 or 0 of 0'],
    ['1,234.56', '0 0'],
    ['١٢٣ and १२', '0 and 0'],
    ['日本語です', '日 本 語 て す'],
    ['한국어 문장', '한국어 문장'],
    ['a\u0000b\tc\u00a0d', 'a b c d'],
    ['\u{1F600}egg\u{1F600}', 'egg'],
    ['\u{20000}\u{20001}', '\u{20000} \u{20001}'],
    ['\u{10400}\u{10428}x', '\u{10428}\u{10428}x'],
    ['\u{1109a}\u{1d7d7}', '\u{11099}0'],
    ['lone \ud800 half', 'lone half'],
    ['İstanbul', 'istanbul'],
    ['ক\u09cb খ', 'ক\u09c7\u09be খ'],
    ['', ''],
    ['...', ''],
  ])('%s', (text, expected) => {
    expect(normalized(text)).toBe(expected);
  });

  it('gives composed and decomposed text the same words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        // Hangul apart is another spelling that few use; it stays apart.
        if (/\p{Script=Hangul}/u.test(text.normalize('NFD'))) return;
        expect(normalized(text.normalize('NFD'))).toBe(normalized(text.normalize('NFC')));
      }),
    );
  });

  it('takes any text, finds words where they stand, and normalizes normal text to itself', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), (text) => {
        const { count, starts, ends } = scanner.scan(text);
        const again = normalized(text);
        expect(again === '' ? 0 : again.split(' ').length).toBe(count);
        for (let i = 0; i < count; i++) {
          expect(ends[i]).toBeGreaterThan(starts[i]);
          expect(ends[i]).toBeLessThanOrEqual(text.length);
          if (i > 0) expect(starts[i]).toBeGreaterThanOrEqual(ends[i - 1]);
        }
        expect(normalized(again)).toBe(again);
      }),
    );
  });

  it('counts the words of scripts without spaces', () => {
    expect(scanner.scan('a 日本 b 語').unspaced).toBe(3);
    expect(scanner.scan('한국어 a ภา').unspaced).toBe(2);
  });

  it('hashes words, not their places', () => {
    const { hashes } = scanner.scan('egg Egg, hen EGG');
    const [a, b, c, d] = Array.from(hashes.subarray(0, 4));
    expect([b, d]).toEqual([a, a]);
    expect(c).not.toBe(a);
  });
});
