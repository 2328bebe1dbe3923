// The native `tokenizers` package as the judge of ours, and texts that are hard on both.
import fc from 'fast-check';
import native from 'tokenizers';
import { expect } from 'vitest';
import { Tokenizer } from '../src/model/tokenizer/index.js';

interface Parts {
  readonly pair?: string;
  /** What decoding gives; false where the peer's would panic. */
  readonly decode?: boolean;
}

/** Ours and the native package (0.23.2) on one file; compares ids, tokens, offsets, types and decoded text. */
export function both(json: object) {
  const ours = Tokenizer.fromJson(json);
  const theirs = native.Tokenizer.fromString(JSON.stringify(json));
  return {
    ours,
    async compare(text: string, { decode = true, pair }: Parts = {}) {
      const expected = await theirs.encode(text, pair ?? null);
      const ids = expected.getIds();
      same(ours.encode(text, { pair }), ids, text);
      const encoding = ours.encodeWithOffsets(text, { pair });
      same(encoding.ids, ids, text);
      // The peer names an added token by the text it took, spaces included; here a token has one name.
      same(
        encoding.tokens,
        ids.map((id) => theirs.idToToken(id)),
        text,
      );
      same(encoding.offsets, expected.getOffsets(), text);
      same(encoding.typeIds, expected.getTypeIds(), text);
      same(ours.encodeWithTypes(text, { pair }), { ids, typeIds: expected.getTypeIds() }, text);
      const plain = (await theirs.encode(text, pair ?? null, { addSpecialTokens: false })).getIds();
      same(ours.encode(text, { pair, addSpecialTokens: false }), plain, text);
      if (!decode) return;
      same(ours.decode(ids), await theirs.decode(ids, true), text);
      same(ours.decode(ids, { skipSpecialTokens: false }), await theirs.decode(ids, false), text);
      if (text.length < 2000) {
        const stream = ours.decoder();
        let streamed = '';
        for (const id of ids) streamed += stream.push(id);
        same(streamed + stream.end(), ours.decode(ids), text);
      }
    },
  };
}

/** Like `toEqual`, but quick for long lists. */
export function same(ours: unknown, theirs: unknown, text: string): void {
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) expect(ours, JSON.stringify(text.slice(0, 200))).toEqual(theirs);
}

const snippets = [
  ...[
    'a',
    'Z',
    'é',
    'e\u0301',
    'ß',
    'ſ',
    'İ',
    'Σ',
    'ΑΣ ',
    '日本',
    '漢字',
    'カナ',
    'ひら',
    'ー',
    '한',
    '가',
    '\u1112\u1161\u11ab',
  ],
  ...[
    '😀',
    '👩‍👧',
    '1',
    '234',
    '①',
    '٣',
    'x²',
    '½',
    '𝒜',
    'ﬁ',
    'Ⅷ',
    'ｆｕｌｌ',
    'नमस्ते',
    'ไทย',
    '\u0958',
    'ẛ̣',
    '\u0344',
    '\u0f73',
  ],
  ...[
    ' ',
    '  ',
    '\n',
    '\r\n',
    '\t',
    '\u00a0',
    '\u0085',
    '\ufeff',
    '\u3000',
    '\u200b',
    '\u200d',
    '\u00ad',
    '\0',
    '\ufffd',
  ],
  ...[
    '▁',
    '▁▁',
    "'s",
    "'LL",
    "'ſ",
    "don't ",
    '!',
    '/*',
    '__',
    '...',
    '¿',
    '«',
    '|',
    '##',
    '</w>',
    'Ġ',
    '<0x0A>',
    '\u{10ffff}',
  ],
  ...['the ', 'token', ' Encoding', 'Hello', 'naïve', 'low er', 'unaffable', 'a\u0323\u0307', '\u{1d15e}', '\u{1d1bf}'],
  ...['<s>', '</s>', '<sep>', ' <sep> ', '[SEP]', '[CLS]', '<unk>'],
];

/** Any Unicode character but surrogates, common blocks more often than rare ones. */
const anyCharacter = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0x80, max: 0x2fff }),
    fc.integer({ min: 0x3000, max: 0xffff }),
    fc.integer({ min: 0x10000, max: 0x32000 }),
    fc.integer({ min: 0x32000, max: 0x10ffff }),
  )
  .map((point) => String.fromCodePoint(point >= 0xd800 && point <= 0xdfff ? point - 0x800 : point));

/** Texts of snippets and of any characters. */
export const hardText = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...snippets) }, { weight: 2, arbitrary: anyCharacter }), {
    maxLength: 14,
  })
  .map((parts) => parts.join(''));

/** Samples that are the same in every run. */
export function hardTexts(count: number, seed: number): string[] {
  return fc.sample(hardText, { numRuns: count, seed });
}

/** Characters of the snippets and of Latin, each a token, for pipelines whose model should change nothing. */
export const characters: Readonly<Record<string, number>> = (() => {
  const all = new Set(['<unk>', '[CLS]', '[SEP]', ...snippets.flatMap((snippet) => [...snippet])]);
  for (let point = 32; point < 0x250; point++) all.add(String.fromCodePoint(point));
  for (let byte = 0; byte < 256; byte++) all.add(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  return Object.fromEntries([...all].map((char, id) => [char, id]));
})();
