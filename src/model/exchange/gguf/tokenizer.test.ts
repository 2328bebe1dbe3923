import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AbovoError, InvalidInput, Random } from '../../../base/core/index.js';
import { Tokenizer, gpt4Pattern, trainBpe, trainUnigram, trainWordPiece } from '../../tokenizer/index.js';
import type { GgufValue } from './metadata.js';
import { preTokenizerFor, preTokenizerJson, preTokenizers } from './pre-tokenizers.js';
import { ggufTokenizer } from './tokenizer-in.js';
import { ggufTokenizerMetadata } from './tokenizer-out.js';
import type { TokenizerToWrite } from './tokenizer-out.js';
import { fromPhantom, toPhantom } from './word-piece.js';

const text = ['the quick brown fox jumps over the lazy dog and the dog sleeps in the sun, 12 times'];
const none = { bos: null, eos: null, pad: null, unk: null, cls: null, sep: null, mask: null };
const write = (tokenizer: Tokenizer, options: Partial<TokenizerToWrite> = {}) =>
  ggufTokenizerMetadata({
    tokenizer,
    ids: none,
    ends: [],
    vocabSize: tokenizer.vocabSize,
    approximate: false,
    ...options,
  });
/** The same tokenizer with parts of its tokenizer.json replaced. */
const changed = (tokenizer: Tokenizer, parts: object) => Tokenizer.fromJson({ ...tokenizer.toJson(), ...parts });

describe('tokenizers for GGUF', () => {
  const bpe = () => trainBpe(text, { vocabSize: 280 });

  it('say what llama.cpp cannot follow, and what it can', async () => {
    const tokenizer = await bpe();
    expect(() => write(tokenizer, { vocabSize: 279 })).toThrow("at most 279 tokens (the model's embedding), got 280");
    expect(() => write(changed(tokenizer, { normalizer: { type: 'Lowercase' } }))).toThrow(
      'without normalizer, got Lowercase',
    );
    const cut = (pre: object) => changed(tokenizer, { pre_tokenizer: pre });
    const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
    expect(() => write(cut({ ...bytes, add_prefix_space: true }))).toThrow('one of gpt-2, phi-2');
    const byTwo = { type: 'Split', pattern: { Regex: gpt4Pattern(2) }, behavior: 'Isolated', invert: false };
    expect(() => write(cut({ type: 'Sequence', pretokenizers: [byTwo, bytes] }))).toThrow('{1,2}');
    expect(() => write(cut({ type: 'Whitespace' }))).toThrow(
      'byte-level BPE, or SentencePiece-style BPE with byte fallback, or WordPiece of BERT (uncased), or Unigram of SentencePiece, got BPE with another',
    );
    const template = {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<|endoftext|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 0 } }],
      special_tokens: { '<|endoftext|>': { id: '<|endoftext|>', ids: [0], tokens: ['<|endoftext|>'] } },
    };
    const begun = changed(tokenizer, { post_processor: template });
    expect(write(begun).metadata.get('tokenizer.ggml.bos_token_id')?.value).toBe(0);
    expect(write(begun).metadata.get('tokenizer.ggml.add_bos_token')?.value).toBe(true);
    expect(() => write(begun, { ids: { ...none, bos: 5 } })).toThrow('its bos before a text');
    expect(write(changed(tokenizer, { normalizer: { type: 'NFC' } })).notes[0]).toContain('NFC');
  });

  it('fill the rows of the embedding that have no token, and leave them out again', async () => {
    const tokenizer = await bpe();
    const { metadata } = write(tokenizer, { vocabSize: 300 });
    const tokens = metadata.get('tokenizer.ggml.tokens')?.value as string[];
    expect(tokens.length).toBe(300);
    expect(new Set(tokens).size).toBe(300);
    expect(tokens.at(-1)).toBe('[PAD299]');
    const read = ggufTokenizer(metadata);
    expect(Tokenizer.fromJson(read?.json).vocabSize).toBe(280);
  });

  it('with merges that are not every split are written only where asked', async () => {
    const random = new Random(4);
    const words = Array.from({ length: 400 }, () =>
      Array.from({ length: 2 + random.int(5) }, () => 'anb'[random.int(3)]).join(''),
    );
    const tokenizer = await trainBpe([words.join(' ')], { vocabSize: 340, kind: 'sentencepiece' });
    expect(() => write(tokenizer)).toThrow(
      /llama\.cpp joins \d+ pairs that this tokenizer does not.*--approximate-tokenizer/,
    );
    const { metadata, notes } = write(tokenizer, { approximate: true });
    expect(notes[0]).toContain('some texts will have other tokens there');
    expect(metadata.get('tokenizer.ggml.add_space_prefix')?.value).toBe(false);
    const scores = metadata.get('tokenizer.ggml.scores')?.value as Float32Array;
    const merges = (tokenizer.toJson().model as { merges: string[] }).merges;
    const scoreOf = (merge: string) => scores[tokenizer.tokenToId(merge.replace(' ', '')) as number];
    for (let i = 1; i < merges.length; i++) expect(scoreOf(merges[i])).toBeLessThan(scoreOf(merges[i - 1]));
  });

  it('of WordPiece keep their pieces, and are refused where llama.cpp would change the text', async () => {
    const cased = await trainWordPiece(text, { vocabSize: 61 });
    expect(() => write(cased)).toThrow('llama.cpp lower-cases');
    expect(write(cased, { approximate: true }).notes[0]).toContain('this tokenizer does not');
    for (const piece of ['a', '##a', '[CLS]', '[unused1]', '[', '##]', '▁'])
      expect(fromPhantom(toPhantom(piece))).toBe(piece);
  });

  it('of Unigram are refused where llama.cpp would change the text or its pieces', async () => {
    const plain = await trainUnigram(text, { vocabSize: 34, normalization: 'identity' });
    expect(write(plain).notes.join()).not.toContain('llama.cpp knows');
    const rules = await trainUnigram(text, { vocabSize: 34 });
    expect(() => write(rules)).toThrow(/normalizations of SentencePiece files alone.*--approximate-tokenizer/);
    const { metadata, notes } = write(rules, { approximate: true });
    expect(notes[0]).toContain('some texts will have other tokens');
    expect(metadata.get('tokenizer.ggml.add_space_prefix')?.value).toBe(true);
    expect(metadata.get('tokenizer.ggml.unknown_token_id')?.value).toBe(0);
    const bytes = await trainUnigram(text, { vocabSize: 290, normalization: 'identity', byteFallback: true });
    expect(() => write(bytes)).toThrow('gives unknown characters no bytes');
  });

  it('are cut as each row of the table says, and found again', () => {
    for (const row of preTokenizers) expect(preTokenizerFor(preTokenizerJson(row), row.ignoreMerges)).toBe(row);
    const possessive = String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`;
    const split = { type: 'Split', pattern: { Regex: possessive }, behavior: 'Removed', invert: true };
    const bytes = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };
    expect(preTokenizerFor({ type: 'Sequence', pretokenizers: [split, bytes] }, true).names[0]).toBe('llama-bpe');
  });
});

describe('tokenizers from GGUF', () => {
  const texts = (value: string[]): GgufValue => ({ type: 'array', of: 'string', value });
  const id = (value: number): GgufValue => ({ type: 'u32', value });
  const word = (value: string): GgufValue => ({ type: 'string', value });
  const read = (entries: Record<string, GgufValue>) =>
    ggufTokenizer(new Map(Object.entries(entries).map(([key, value]) => [`tokenizer.ggml.${key}`, value])));
  const base = { model: word('gpt2'), pre: word('gpt-2'), tokens: texts(['a', 'b', 'ab']), merges: texts(['a b']) };

  it('name what is not supported and what is', () => {
    expect(ggufTokenizer(new Map())).toBeUndefined();
    expect(Object.keys(read(base)?.json ?? {})).toContain('model');
    expect(() => read({ ...base, model: word('rwkv') })).toThrow('one of gpt2, llama, bert, t5, got "rwkv"');
    expect(() => read({ ...base, pre: word('tekken') })).toThrow(
      /one of gpt-2, .*minerva-7b, default, got "tekken"; give/,
    );
    expect(() => read({ ...base, tokens: texts(['a', 'a']) })).toThrow('each token once, got "a" as 0 and 1');
    expect(() => read({ ...base, tokens: texts([]) })).toThrow('to hold tokens');
    expect(() => read({ ...base, merges: texts(['ab']) })).toThrow('merge 0 to be two tokens');
    expect(() => read({ ...base, merges: word('a b') })).toThrow('an array of texts');
    expect(() => read({ ...base, add_bos_token: { type: 'bool', value: true } })).toThrow('the id of the token');
    expect(() => read({ ...base, model: word('llama') })).toThrow('tokenizer.ggml.scores');
    expect(() => read({ ...base, model: word('t5'), eos_token_id: id(0) })).toThrow('tokenizer.ggml.scores');
    const scores: GgufValue = { type: 'array', of: 'f32', value: Float32Array.of(0, -1, -2) };
    const pieces = { ...base, model: word('t5'), eos_token_id: id(0), scores };
    expect(read(pieces)?.json.model).toMatchObject({ type: 'Unigram', unk_id: 2 });
    expect(() => read({ ...pieces, precompiled_charsmap: scores })).toThrow('an array of bytes');
    expect(() => read({ ...base, model: word('bert') })).toThrow('the id of the token');
    const around = { cls_token_id: { type: 'u32', value: 0 }, seperator_token_id: { type: 'u32', value: 1 } } as const;
    expect(() => read({ ...base, model: word('bert'), ...around })).toThrow('[UNK], [CLS] and [SEP]');
    const short: GgufValue = { type: 'array', of: 'i32', value: Int32Array.of(1) };
    expect(() => read({ ...base, token_type: short })).toThrow('an array of 3 numbers');
  });

  it('end in a tokenizer or an error of the caller, whatever the metadata', () => {
    const token = fc.constantFrom(
      'a',
      'b',
      'ab',
      '▁',
      '▁a',
      '<s>',
      '</s>',
      '<unk>',
      '<0x00>',
      '',
      'Ġ',
      '##a',
      '[CLS]',
      '__proto__',
    );
    const number = fc.oneof(fc.nat(12), fc.integer());
    const entries = fc.record({
      model: fc.constantFrom('gpt2', 'llama', 'bert'),
      pre: fc.constantFrom('gpt-2', 'llama-bpe', 'default'),
      tokens: fc.uniqueArray(token, { minLength: 1 }),
      merges: fc.array(fc.tuple(token, token).map((pair) => pair.join(' '))),
      types: fc.option(fc.array(number)),
      scores: fc.option(fc.array(fc.float())),
      bos: fc.option(number),
      eos: fc.option(number),
      unknown: fc.option(number),
      addBos: fc.option(fc.boolean()),
    });
    fc.assert(
      fc.property(entries, ({ model, pre, tokens, merges, types, scores, addBos, ...ids }) => {
        const metadata: Record<string, GgufValue> = {
          model: word(model),
          pre: word(pre),
          tokens: texts(tokens),
          merges: texts(merges),
        };
        const fit = (list: number[]) => tokens.map((_, i) => list[i] ?? 1);
        if (types) metadata.token_type = { type: 'array', of: 'i32', value: Int32Array.from(fit(types)) };
        if (scores) metadata.scores = { type: 'array', of: 'f32', value: Float32Array.from(fit(scores)) };
        for (const [role, value] of Object.entries(ids)) {
          if (value !== null) metadata[`${role}_token_id`] = { type: 'i32', value };
        }
        if (addBos !== null) metadata.add_bos_token = { type: 'bool', value: addBos };
        try {
          const found = read(metadata);
          Tokenizer.fromJson(found?.json).encode('a ab <s> b');
        } catch (error) {
          expect(error).toBeInstanceOf(AbovoError);
          expect(error).toBeInstanceOf(InvalidInput);
        }
      }),
      { numRuns: 500 },
    );
  });
});
