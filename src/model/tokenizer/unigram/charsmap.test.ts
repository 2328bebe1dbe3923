import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { type TestContext, describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import { InvalidInput } from '../../../base/core/index.js';
import { readNormalizers } from '../normalizers.js';
import { parseSentencePiece } from '../sentencepiece/index.js';
import { Charsmap } from './charsmap.js';
import { PrecompiledNormalizer, toBase64 } from './precompiled.js';
import { Trie } from './trie.js';

const blobOf = (context: Pick<TestContext, 'skip'>) =>
  parseSentencePiece(readFileSync(testData(context, 'tokenizers', 't5-small', 'spiece.model'))).charsmap as Uint8Array;

describe('the built-in nmt_nfkc against the compiled rules of SentencePiece', () => {
  const builtIn = readNormalizers({ type: 'Sequence', normalizers: [{ type: 'Nmt' }, { type: 'NFKC' }] });

  it('is the same on every code point but two', (context) => {
    const compiled = new PrecompiledNormalizer(new Charsmap(blobOf(context)), 'longest');
    const different: string[] = [];
    for (let point = 1; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const char = String.fromCodePoint(point);
      const [mine, theirs] = [builtIn.apply(char), compiled.apply(char)];
      if (mine !== theirs) different.push(`${point.toString(16)}: ${mine} ${theirs}`);
    }
    // SentencePiece keeps the full-width tilde, which Japanese writes for a wave dash, and is older than the square ideograph.
    expect(different).toEqual(['ff5e: ~ ～', '1f23b: 配 🈻']);
  });

  it('is the same for every rule, sequences included', (context) => {
    const rules = new Charsmap(blobOf(context)).rules();
    expect(rules).toHaveLength(224_711);
    expect(rules.filter(([key, replacement]) => builtIn.apply(key) !== replacement)).toEqual([]);
  });
});

/** A compiled charsmap of one rule, `a` to the text at offset 0; `change` makes it wrong. */
function tiny(change: (units: number[], texts: number[]) => void = () => {}): Uint8Array {
  // Root with offset 1; its child by byte 0x61 at 1 ^ 0x61 = 0x60, a leaf at that ^ 1.
  const units = Array<number>(0x64).fill(0);
  units[0] = 1 << 10;
  units[0x60] = (1 << 10) | 0x100 | 0x61;
  units[0x61] = 0x80000000;
  const texts = [0x62, 0x63, 0];
  change(units, texts);
  const blob = new Uint8Array(4 + 4 * units.length + texts.length);
  const view = new DataView(blob.buffer);
  view.setUint32(0, 4 * units.length, true);
  units.forEach((unit, i) => view.setUint32(4 + 4 * i, unit, true));
  blob.set(texts, 4 + 4 * units.length);
  return blob;
}

describe('a compiled charsmap', () => {
  it('of one rule', () => {
    const map = new Charsmap(tiny());
    expect(map.rules()).toEqual([['a', 'bc']]);
    expect(new PrecompiledNormalizer(map, 'longest').apply('xaxa')).toBe('xbcxbc');
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(3), 'bytes, got 3'],
    ['a trie longer than the file', Uint8Array.of(255, 255, 0, 0, 0, 0, 0, 0), 'a trie that fits'],
    ['a replacement outside', tiny((units) => (units[0x61] = 0x80000fff)), 'replacements within'],
    ['a replacement that is not UTF-8', tiny((_, texts) => (texts[0] = 0xff)), 'replacements in UTF-8'],
    // The node behind `a` leads by `a` to itself.
    ['a key without end', tiny((units) => (units[0x60] = (0x61 << 10) | 0x61)), 'a trie without circles'],
  ])('refuses %s', (_, blob, message) => {
    const read = () => {
      const map = new Charsmap(blob);
      map.match('aaa', 0, 3, true);
      map.rules();
    };
    expect(read).toThrow(InvalidInput);
    expect(read).toThrow(message);
  });

  it('of any bytes does no harm', () => {
    const change = fc.array(fc.tuple(fc.nat(0x63), fc.nat(0x7fffffff)), { maxLength: 20 });
    fc.assert(
      fc.property(change, fc.string({ unit: 'grapheme', maxLength: 8 }), fc.boolean(), (changes, text, longest) => {
        const blob = tiny((units) => changes.forEach(([at, unit]) => (units[at] = unit)));
        const json = {
          type: 'Precompiled',
          precompiled_charsmap: toBase64(blob),
          match: longest ? 'longest' : 'cluster',
        };
        try {
          readNormalizers(json).apply(`a${text}a`);
        } catch (error) {
          if (!(error instanceof InvalidInput)) throw error;
        }
      }),
    );
  });
});

describe('the trie', () => {
  it('knows its keys and no others; of equal ones the last counts', () => {
    const keys = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '日', '😀', '\uffff'), maxLength: 5 }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(keys, keys, (known, asked) => {
        const trie = new Trie(known.map((key, i): [string, number] => [key, i]));
        for (const key of [...known, ...asked]) {
          expect([key, trie.get(key)]).toEqual([key, key === '' ? -1 : known.lastIndexOf(key)]);
        }
      }),
    );
  });
});
