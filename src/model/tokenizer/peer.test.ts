import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type TestContext, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot, testData } from '../../../test/support.js';
import { both, hardText, hardTexts } from '../../../test/tokenizer-peer.js';
import { llama2cTokenizerJson, parseLlama2cTokenizer } from '../exchange/index.js';
import { Tokenizer } from './tokenizer.js';
import { trainBpe } from './training/index.js';

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as object;

function realTexts(context: Pick<TestContext, 'skip'>): string[] {
  const wikitext = readFileSync(testData(context, 'pretrain', 'wikitext-2', 'valid.txt'), 'utf8');
  const udhr = gunzipSync(readFileSync(testData(context, 'lid', 'udhr', 'udhr.jsonl.gz'))).toString();
  const sentences = udhr
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text);
  const folder = join(repositoryRoot, 'src/model/tokenizer');
  const code = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  return [wikitext.slice(0, 60_000), ...sentences.filter((_, i) => i % 64 === 0), ...code.slice(0, 8)];
}

describe('files equal the native package on real text and on random Unicode', () => {
  const llama2 = (context: TestContext) => {
    const bin = readFileSync(testData(context, 'tokenizers', 'llama2', 'tokenizer.bin'));
    return llama2cTokenizerJson(parseLlama2cTokenizer(bin, 32000));
  };
  const file = (name: string) => (context: TestContext) =>
    read(testData(context, 'tokenizers', name, 'tokenizer.json'));
  const files: Record<string, (context: TestContext) => object> = {
    gpt2: file('gpt2'),
    // Its vocabulary lacks bytes.
    'torchtitan-test': file('torchtitan-test'),
    'bert-base-uncased': file('bert-base-uncased'),
    't5-small': file('t5-small'),
    'llama2, converted from tokenizer.bin': llama2,
  };
  it.for(Object.keys(files))('%s', async (name, context) => {
    const { compare } = both(files[name](context));
    const texts = realTexts(context);
    for (const text of texts) await compare(text.slice(0, 100_000));
    await fc.assert(
      fc.asyncProperty(hardText, fc.option(hardText, { nil: undefined }), (text, pair) => compare(text, { pair })),
      { numRuns: 120 },
    );
  });
});

describe('vectors', () => {
  interface Vector {
    readonly text: string;
    readonly ids: Record<string, number[]>;
  }
  it('of GPT-2, BERT and Llama 2 come out right', (context) => {
    const vectors = read(testData(context, 'tokenizers', 'vectors', 'multilingual-vectors.json')) as Vector[];
    const gpt2 = Tokenizer.fromJson(read(testData(context, 'tokenizers', 'gpt2', 'tokenizer.json')));
    const bin = readFileSync(testData(context, 'tokenizers', 'llama2', 'tokenizer.bin'));
    const bert = Tokenizer.fromJson(read(testData(context, 'tokenizers', 'bert-base-uncased', 'tokenizer.json')));
    const llama = Tokenizer.fromJson(llama2cTokenizerJson(parseLlama2cTokenizer(bin, 32000)));
    expect(vectors).toHaveLength(53);
    for (const { text, ids } of vectors) {
      expect(gpt2.encode(text)).toEqual(ids.hf_gpt2);
      expect(bert.encode(text), text).toEqual(ids.hf_bert);
      expect(gpt2.encode(text, { parseSpecial: false })).toEqual(ids.r50k_base);
      expect(llama.encode(text, { addSpecialTokens: false }), text).toEqual(ids.spm_llama2);
    }
  });

  it('of transformers.js come out right', (context) => {
    const cases = read(testData(context, 'tokenizers', 'vectors', 'transformersjs-vectors.json')) as Record<
      string,
      Record<string, { text: string; text_pair?: string; ids: number[] }>
    >;
    for (const [name, folder] of [
      ['Xenova/gpt2', 'gpt2'],
      ['Xenova/bert-base-uncased', 'bert-base-uncased'],
    ]) {
      const tokenizer = Tokenizer.fromJson(read(testData(context, 'tokenizers', folder, 'tokenizer.json')));
      for (const { text, text_pair: pair, ids } of Object.values(cases[name])) {
        expect(tokenizer.encode(text, { pair }), text).toEqual(ids);
      }
    }
  });
});

describe('pipelines equal the native package', () => {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  const split = (Regex: string, behavior = 'Isolated', invert = false) => ({
    type: 'Sequence',
    pretokenizers: [{ type: 'Split', pattern: { Regex }, behavior, invert }, byteLevel],
  });
  const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  const cl100k = String.raw`${contraction}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
  const o200k = String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
  const possessive = String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`;
  const token = (id: number, content: string, more: object = {}) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
    ...more,
  });
  const template = {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '<s>', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '</s>', type_id: 0 } },
    ],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: {
      '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] },
      '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] },
    },
  };
  let bytes: Record<string, unknown>;
  let pieces: Record<string, unknown>;
  beforeAll(async () => {
    const text = readFileSync(join(repositoryRoot, 'src/model/tokenizer/peer.test.ts'), 'utf8');
    const corpus = [`${text} ${text.toUpperCase()} Ärger über naïve Füße 日本語 한국어 écoute 12 345 ①②`];
    const specialTokens = ['<unk>', '<s>', '</s>'];
    bytes = (await trainBpe(corpus, { vocabSize: 700, specialTokens })).toJson();
    pieces = (await trainBpe(corpus, { vocabSize: 700, kind: 'sentencepiece', characterCoverage: 1 })).toJson();
  });

  const texts = hardTexts(100, 42);

  const byteLevelCases: Record<string, object> = {
    'GPT-2 with a space before, trimmed offsets': {
      pre_tokenizer: { ...byteLevel, add_prefix_space: true, use_regex: true },
      post_processor: { ...byteLevel, add_prefix_space: true },
    },
    'cl100k pattern': { pre_tokenizer: split(cl100k) },
    'o200k pattern': { pre_tokenizer: split(o200k) },
    'possessive pattern': { pre_tokenizer: split(possessive) },
    'pattern removed and inverted': { pre_tokenizer: split(cl100k, 'Removed', true) },
    'words merged with the pattern before': { pre_tokenizer: split(String.raw`\s+`, 'MergedWithPrevious') },
    'words merged with the pattern after': { pre_tokenizer: split(String.raw`\p{L}|\d`, 'MergedWithNext') },
    'contiguous matches': { pre_tokenizer: split('[^aeiou]', 'Contiguous') },
    'digits one by one, then GPT-2': {
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Digits', individual_digits: true },
          { ...byteLevel, use_regex: true },
        ],
      },
    },
    'punctuation, then bytes': {
      pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Punctuation', behavior: 'Isolated' }, byteLevel] },
    },
    'NFC and a template': {
      normalizer: { type: 'NFC' },
      post_processor: { type: 'Sequence', processors: [{ ...byteLevel, trim_offsets: false }, template] },
    },
    'NFKC, lower case, accents stripped': {
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'NFKD' },
          { type: 'Lowercase' },
          { type: 'StripAccents' },
          { type: 'Strip', strip_left: true, strip_right: true },
        ],
      },
    },
    'ignored merges': { model: { ignore_merges: true } },
    'added tokens of all kinds': {
      added_tokens: [
        token(1, '<s>', { rstrip: true }),
        token(2, '</s>', { lstrip: true }),
        token(700, '<sep>', { lstrip: true, rstrip: true, special: false, normalized: true }),
        token(701, 'unaffable', { single_word: true, special: false }),
      ],
    },
    'a beginning and an end (Roberta)': {
      post_processor: {
        type: 'RobertaProcessing',
        sep: ['</s>', 2],
        cls: ['<s>', 1],
        trim_offsets: true,
        add_prefix_space: false,
      },
    },
  };

  it.each(Object.entries(byteLevelCases))('byte-level: %s', async (_, change) => {
    const model = { ...(bytes.model as object), ...(change as { model?: object }).model };
    const { compare } = both({ ...bytes, ...change, model });
    for (const text of texts) await compare(text);
  });

  const prepend = {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  };
  const pieceCases: Record<string, object> = {
    'as trained': {},
    'a space before every part': {
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    },
    'a space before the first part': {
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false },
    },
    'Llama 2: normalizer, no pre-tokenizer, template': {
      normalizer: prepend,
      pre_tokenizer: null,
      post_processor: template,
    },
    'Metaspace decoder': { decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true } },
    'unknown characters, fused': { model: { byte_fallback: false, fuse_unk: true } },
    'unknown characters, one by one': { model: { byte_fallback: false, fuse_unk: false } },
    'words by white space': { pre_tokenizer: { type: 'WhitespaceSplit' } },
    'words and punctuation': { pre_tokenizer: { type: 'Whitespace' } },
    'a replaced pattern': {
      normalizer: { type: 'Replace', pattern: { Regex: String.raw`\s{2,}|[a-f]+` }, content: '--' },
    },
  };
  it.each(Object.entries(pieceCases))('SentencePiece-style: %s', async (_, change) => {
    const model = { ...(pieces.model as object), ...(change as { model?: object }).model };
    const { compare } = both({ ...pieces, ...change, model });
    for (const text of texts) await compare(text);
  });
});
