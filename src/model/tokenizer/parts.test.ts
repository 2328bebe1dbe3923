import { describe, expect, it } from 'vitest';
import { both, characters, hardTexts } from '../../../test/tokenizer-peer.js';
import { decoderReaders } from './decoders.js';
import { modelReaders } from './models.js';
import { normalizerReaders } from './normalizers.js';
import { postProcessorReaders } from './post-processors.js';
import { preTokenizerReaders } from './pre-tokenizers.js';

// Every part of tokenizer.json beside the native package, with a model that has a token for each character.
const model = { type: 'BPE', vocab: characters, merges: [], unk_token: '<unk>', byte_fallback: false };
const base = { version: '1.0', added_tokens: [], model };
const texts = hardTexts(150, 5);

const special = (content: string, more: object = {}) => ({
  id: characters[content] ?? Object.keys(characters).length,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...more,
});

type Cases = Record<string, object>;
const covered = new Set<string>();

/** Compares each case on all texts; every third is half of a pair. */
function compareAll(cases: Cases, decode = false): void {
  for (const { type } of Object.values(cases).flatMap(partsOf)) covered.add(type);
  it.each(Object.entries(cases))('%s', async (_, json) => {
    const { compare } = both({ ...base, ...json });
    for (const [i, text] of texts.entries()) {
      await compare(text, { decode, pair: i % 3 === 0 ? texts[(i + 7) % texts.length] : undefined });
    }
  });
}

/** Everything in a case that has a type. */
function partsOf(value: unknown): { type: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(partsOf);
  return 'type' in value ? [value as { type: string }, ...inner] : inner;
}

const sequence = (parts: object[], name: string) =>
  parts.length === 1 ? parts[0] : { type: 'Sequence', [name]: parts };
const normalizer = (...parts: object[]) => ({ normalizer: sequence(parts, 'normalizers') });
const preTokenizer = (...parts: object[]) => ({ pre_tokenizer: sequence(parts, 'pretokenizers') });
const bert = (more: object = {}) => ({
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
  ...more,
});
const byteLevel = (more: object = {}) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: true,
  ...more,
});
const behaviors = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];

describe('normalizers equal the native package', () => {
  const strip = { type: 'Strip', strip_left: true, strip_right: true };
  compareAll({
    ...Object.fromEntries(
      ['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents', 'Nmt', 'ByteLevel'].map((type) => [
        type,
        normalizer({ type }),
      ]),
    ),
    BertNormalizer: normalizer(bert()),
    'BertNormalizer, capitals kept': normalizer(bert({ lowercase: false })),
    'BertNormalizer, accents kept': normalizer(bert({ strip_accents: false })),
    'BertNormalizer, nothing but accents': normalizer(
      bert({ clean_text: false, handle_chinese_chars: false, strip_accents: true, lowercase: false }),
    ),
    Strip: normalizer(strip),
    'Strip at the left': normalizer({ ...strip, strip_right: false }),
    Prepend: normalizer({ type: 'Prepend', prepend: '▁' }),
    'Replace a text': normalizer({ type: 'Replace', pattern: { String: ' ' }, content: '▁▁' }),
    'Replace a pattern': normalizer({ type: 'Replace', pattern: { Regex: String.raw`\s{2,}|[a-f]+` }, content: '--' }),
    'Replace by nothing': normalizer({ type: 'Replace', pattern: { Regex: '[a-zA-Z]' }, content: '' }),
    'one after another': normalizer(
      { type: 'NFD' },
      { type: 'StripAccents' },
      { type: 'Lowercase' },
      strip,
      { type: 'Replace', pattern: { String: 'e' }, content: 'EE' },
      { type: 'Prepend', prepend: '_x' },
    ),
    'with added tokens in normalized text': {
      ...normalizer({ type: 'Lowercase' }),
      added_tokens: [
        special('[CLS]', { rstrip: true }),
        special('[SEP]', { lstrip: true }),
        special('é', { single_word: true, special: false, normalized: true }),
        special('hello', { special: false, normalized: true, lstrip: true, rstrip: true }),
      ],
    },
  });
});

describe('pre-tokenizers equal the native package', () => {
  const types = ['BertPreTokenizer', 'Whitespace', 'WhitespaceSplit', 'UnicodeScripts'];
  const metaspace = (prepend_scheme: string, split: boolean) => ({
    type: 'Metaspace',
    replacement: '▁',
    prepend_scheme,
    split,
  });
  const pattern = { Regex: String.raw`\s+|\w` };
  const sets = { Regex: String.raw`[[:alpha:]&&[^a-z]]+|[[:punct:]]|\b` };
  compareAll({
    ...Object.fromEntries(types.map((type) => [type, preTokenizer({ type })])),
    ...Object.fromEntries(
      behaviors.map((behavior) => [`Punctuation ${behavior}`, preTokenizer({ type: 'Punctuation', behavior })]),
    ),
    ...Object.fromEntries(
      behaviors.flatMap((behavior) =>
        [false, true].flatMap((invert) => [
          [`Split at a pattern, ${behavior} ${invert}`, preTokenizer({ type: 'Split', pattern, behavior, invert })],
          [
            `Split at a text, ${behavior} ${invert}`,
            preTokenizer({ type: 'Split', pattern: { String: 'e' }, behavior, invert }),
          ],
        ]),
      ),
    ),
    ...Object.fromEntries(
      ['always', 'first', 'never'].flatMap((scheme) =>
        [true, false].map((split) => [
          `Metaspace ${scheme} ${split}`,
          {
            ...preTokenizer(metaspace(scheme, split)),
            added_tokens: [special('[CLS]'), special('[SEP]', { lstrip: true })],
          },
        ]),
      ),
    ),
    'Split at sets within sets': preTokenizer({ type: 'Split', pattern: sets, behavior: 'Isolated', invert: false }),
    Digits: preTokenizer({ type: 'Digits', individual_digits: false }),
    'Digits one by one': preTokenizer({ type: 'Digits', individual_digits: true }),
    CharDelimiterSplit: preTokenizer({ type: 'CharDelimiterSplit', delimiter: '|' }),
    FixedLength: preTokenizer({ type: 'FixedLength', length: 3 }),
    'white space, then Metaspace': preTokenizer({ type: 'WhitespaceSplit' }, metaspace('first', true)),
    'ByteLevel before a model that knows few bytes': preTokenizer(byteLevel({ add_prefix_space: true })),
    'ByteLevel, then digits': preTokenizer(byteLevel({ use_regex: false }), {
      type: 'Digits',
      individual_digits: true,
    }),
    'ByteLevel twice': preTokenizer(byteLevel(), byteLevel()),
  });
});

describe('post-processors equal the native package', () => {
  const token = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const text = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  const template = {
    type: 'TemplateProcessing',
    single: [token('[CLS]', 3), text('A', 4), token('[SEP]', 5), text('A', 6)],
    pair: [text('B', 1), token('[SEP]', 0), text('A', 0)],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [2, 2], tokens: ['[SEP]', '[SEP]'] },
    },
  };
  const ends = { cls: ['[CLS]', 1], sep: ['[SEP]', 2] };
  const roberta = (more: object = {}) => ({
    type: 'RobertaProcessing',
    ...ends,
    trim_offsets: true,
    add_prefix_space: true,
    ...more,
  });
  const cases: Cases = {
    template,
    'BERT’s': { type: 'BertProcessing', ...ends },
    'RoBERTa’s': roberta(),
    'RoBERTa’s, spaces kept': roberta({ trim_offsets: false }),
    'RoBERTa’s, no space before': roberta({ add_prefix_space: false }),
    'byte level': byteLevel(),
    'byte level, then a template': sequence([byteLevel(), template], 'processors'),
    'byte level twice': sequence([byteLevel({ add_prefix_space: true }), byteLevel()], 'processors'),
    'BERT’s, then a template': sequence([{ type: 'BertProcessing', ...ends }, template], 'processors'),
  };
  compareAll(
    Object.fromEntries(
      Object.entries(cases).flatMap(([name, post_processor]) => [
        [name, { ...preTokenizer(byteLevel({ add_prefix_space: true })), post_processor }],
        [
          `${name}, after words`,
          { ...preTokenizer({ type: 'WhitespaceSplit' }), post_processor, added_tokens: [special('[CLS]')] },
        ],
      ]),
    ),
  );
});

describe('decoders equal the native package', () => {
  const decoders: Cases = {
    WordPiece: { type: 'WordPiece', prefix: '##', cleanup: true },
    'WordPiece without cleaning': { type: 'WordPiece', prefix: '#', cleanup: false },
    CTC: { type: 'CTC', pad_token: 'e', word_delimiter_token: '|', cleanup: true },
    'CTC without cleaning': { type: 'CTC', pad_token: 'a', word_delimiter_token: ' ', cleanup: false },
    BPEDecoder: { type: 'BPEDecoder', suffix: 'e' },
    'Metaspace, a space before': { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    Metaspace: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never', split: true },
    Fuse: { type: 'Fuse' },
    ByteFallback: { type: 'ByteFallback' },
    ByteLevel: byteLevel(),
    Replace: { type: 'Replace', pattern: { Regex: '[a-e]+' }, content: 'xx' },
    // The peer panics where `stop` is more than a text has.
    Strip: sequence([{ type: 'Fuse' }, { type: 'Strip', content: ' ', start: 2, stop: 0 }], 'decoders'),
    'Llama 2': sequence(
      [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
      'decoders',
    ),
  };
  const json = (decoder: object) => ({ decoder, model: { ...model, byte_fallback: true } });
  compareAll(Object.fromEntries(Object.entries(decoders).map(([name, decoder]) => [name, json(decoder)])), true);
});

describe('models equal the native package', () => {
  const tokens = (spell: (char: string) => string) =>
    Object.fromEntries(
      Object.keys(characters)
        .flatMap((char) => [char, spell(char)])
        .map((token, id) => [token, id]),
    );
  const words = { '<unk>': 0, '[CLS]': 1, '[SEP]': 2, the: 3, token: 4, Hello: 5, 日本: 6 };
  const wordPiece = { type: 'WordPiece', vocab: tokens((char) => `##${char}`), unk_token: '<unk>' };
  compareAll({
    WordLevel: {
      ...preTokenizer({ type: 'Whitespace' }),
      model: { type: 'WordLevel', vocab: words, unk_token: '<unk>' },
    },
    WordPiece: {
      ...preTokenizer({ type: 'Whitespace' }),
      model: { ...wordPiece, continuing_subword_prefix: '##', max_input_chars_per_word: 6 },
    },
    'WordPiece after bytes': {
      ...preTokenizer(byteLevel()),
      model: { ...wordPiece, continuing_subword_prefix: '##', max_input_chars_per_word: 100 },
    },
    'BPE with marks at the ends of words': {
      ...preTokenizer({ type: 'WhitespaceSplit' }),
      model: { ...model, vocab: tokens((char) => `${char}</w>`), end_of_word_suffix: '</w>' },
    },
    'BPE with unknown characters in one': { model: { ...model, fuse_unk: true } },
    'BPE that drops what it does not know': { model: { ...model, unk_token: null } },
    'BPE that drops words and knows merges': {
      ...preTokenizer({ type: 'WhitespaceSplit' }),
      model: { ...model, vocab: { a: 0, b: 1, 日: 2, o: 3, k: 4, ok: 5, n: 6 }, merges: ['o k'], unk_token: null },
    },
    'BPE of few bytes': {
      ...preTokenizer(byteLevel()),
      model: {
        ...model,
        vocab: { a: 0, Ġ: 1, o: 2, k: 3, ok: 4, Ġo: 5, Ã: 6, '¥': 7, æ: 8 },
        merges: ['o k', 'Ġ o'],
        unk_token: null,
      },
    },
  });
});

// Judged elsewhere: on real files, and in their own rooms.
const elsewhere = ['Precompiled', 'Unigram'];

it('leaves no part out', () => {
  const all = [normalizerReaders, preTokenizerReaders, postProcessorReaders, decoderReaders, modelReaders].flatMap(
    (table) => Object.keys(table),
  );
  expect(all.filter((type) => !covered.has(type) && !elsewhere.includes(type))).toEqual([]);
});
