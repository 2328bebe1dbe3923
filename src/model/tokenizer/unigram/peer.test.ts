import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import native from 'tokenizers';
import { type TestContext, describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import { Tokenizer } from '../tokenizer.js';

/** Ours beside the native `tokenizers` package (0.23.2): ids, tokens, offsets and decoded text of one file. */
function both(json: object) {
  const ours = Tokenizer.fromJson(json);
  const theirs = native.Tokenizer.fromString(JSON.stringify(json));
  return async (text: string) => {
    const expected = await theirs.encode(text);
    const ids = expected.getIds();
    const encoding = ours.encodeWithOffsets(text);
    same(ours.encode(text), ids, text);
    same(
      encoding,
      {
        ids,
        tokens: ids.map((id) => theirs.idToToken(id)),
        offsets: expected.getOffsets(),
        typeIds: expected.getTypeIds(),
      },
      text,
    );
    same(ours.decode(ids), await theirs.decode(ids, true), text);
  };
}

/** Like `toEqual`, but quick for long lists. */
function same(ours: unknown, theirs: unknown, text: string): void {
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) expect(ours, JSON.stringify(text.slice(0, 200))).toEqual(theirs);
}

const t5 = (context: Pick<TestContext, 'skip'>) =>
  JSON.parse(readFileSync(testData(context, 'tokenizers', 't5-small', 'tokenizer.json'), 'utf8')) as Record<
    string,
    unknown
  >;

const alphabet = fc.constantFrom(
  ...['a', 'e', 'Z', 'é', 'e\u0301', 'a\u030a', 'ß', 'ﬁ', '½', '①', '㍿', '﷽', 'ａ', 'İ', 'ſ', '\u0958', '\u0301'],
  ...['日本', '한', '\u1112\u1161\u11ab', '\u1161', 'ｶﾞ', 'กำ', 'नि', 'க்ஷ', 'ກຳ', '\u0600', '\u0600a', '\u05d0\u05b8'],
  ...['😀', '👩\u200d👧', '👍🏽', '🇩🇪', '𝒜', '\u{10ffff}', '\u{e0041}', '©\u200d®', '\u{1d15e}', '\u2126', '\u0344'],
  ...[' ', '  ', '\n', '\r\n', '\r', '\t', '\u00a0', '\u0085', '\ufeff', '\u200b', '\u3000', '▁', '\u2028', '\ufffd'],
  ...[
    'the ',
    ' Encoding',
    '...',
    '----',
    'aaaa',
    '<s>',
    '</s>',
    '<unk>',
    '<extra_id_0>',
    '<0x0A>',
    '\0',
    '\u0001',
    '\u00ad',
  ],
);
const mixed = fc.array(alphabet, { maxLength: 16 }).map((parts) => parts.join(''));
const texts = (numRuns: number) => [
  ...fc.sample(mixed, { numRuns, seed: 42 }),
  ...fc.sample(fc.string({ unit: 'grapheme', maxLength: 12 }), { numRuns, seed: 7 }),
  ...fc.sample(fc.string({ unit: 'binary', maxLength: 12 }), { numRuns, seed: 8 }),
];

describe('T5 equals the native package', () => {
  it('on the Universal Declaration of Human Rights and on WikiText', async (context) => {
    const compare = both(t5(context));
    const udhr = gunzipSync(readFileSync(testData(context, 'lid', 'udhr', 'udhr.jsonl.gz'))).toString();
    const sentences = udhr.trim().split('\n');
    for (const line of sentences.filter((_, i) => i % 8 === 0))
      await compare((JSON.parse(line) as { text: string }).text);
    const wikitext = readFileSync(testData(context, 'pretrain', 'wikitext-2', 'valid.txt'), 'utf8');
    await compare(wikitext.slice(0, 100_000));
    await compare(readFileSync(new URL(import.meta.url), 'utf8'));
  });

  it('on random text', async (context) => {
    const compare = both(t5(context));
    for (const text of texts(1500)) await compare(text);
  });
});

describe('pipelines equal the native package', () => {
  const token = (id: number, content: string) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const bytes = Array.from({ length: 256 }, (_, byte): [string, number] => [
    `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
    0,
  ]);
  const pieces: [string, number][] = [
    ['<unk>', 0],
    ['<s>', 0],
    ['</s>', 0],
    ...(
      [
        '▁',
        'a',
        'e',
        't',
        'h',
        'aa',
        'aaa',
        '..',
        '.',
        '...',
        '-',
        '--',
        'th',
        'the',
        '▁the',
        'é',
        '日',
        '日本',
        '😀',
        'e▁',
      ] as const
    ).map((piece, i): [string, number] => [piece, -1 - ((i * 7) % 5) - i / 10]),
  ];
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
  const base = (model: object, more: object = {}) => ({
    version: '1.0',
    added_tokens: [token(1, '<s>'), token(2, '</s>')],
    normalizer: null,
    pre_tokenizer: metaspace,
    post_processor: null,
    decoder: metaspace,
    model: { type: 'Unigram', unk_id: 0, vocab: pieces, byte_fallback: false, ...model },
    ...more,
  });
  const cases: Record<string, object> = {
    plain: base({}),
    'without a cut at spaces': base({}, { pre_tokenizer: { ...metaspace, split: false } }),
    'without a pre-tokenizer': base({}, { pre_tokenizer: null }),
    'byte fallback': base({ byte_fallback: true, vocab: [...pieces, ...bytes] }),
    'byte fallback with bytes missing': base({ byte_fallback: true, vocab: [...pieces, ...bytes.slice(0, 200)] }),
    'equal scores': base({ vocab: pieces.map(([piece]) => [piece, -2]) }),
    'positive scores': base({ vocab: pieces.map(([piece, score]) => [piece, score + 3]) }),
    'a piece given twice': base({ vocab: [...pieces, ['the', -9]] }),
  };
  it.each(Object.entries(cases))('%s', async (_, json) => {
    const compare = both(json);
    for (const text of texts(300)) await compare(text);
  });
});
