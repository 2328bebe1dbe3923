import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { AbovoError, InvalidInput } from '../../base/core/index.js';
import { hardText } from '../../../test/tokenizer-peer.js';
import { decoderReaders } from './decoders.js';
import { normalizerReaders } from './normalizers.js';
import { gpt4Pattern } from './patterns.js';
import { postProcessorReaders } from './post-processors.js';
import { preTokenizerReaders } from './pre-tokenizers.js';
import { Tokenizer } from './tokenizer.js';
import { trainBpe, trainWordPiece } from './training/index.js';

const corpus =
  'It’s the egg that the hen laid, don\'t you know?\n\nÄpfel über 日本語 123 4567 "eggs" and eggs and eggs.\nEverything in the world that lives comes from an egg, or so it was said.';

let bytes: Tokenizer;
let gpt4: Tokenizer;
let pieces: Tokenizer;
let words: Tokenizer;
beforeAll(async () => {
  bytes = await trainBpe([corpus], { vocabSize: 320 });
  gpt4 = await trainBpe([corpus], { vocabSize: 300, pattern: gpt4Pattern(2) });
  pieces = await trainBpe([corpus], { vocabSize: 340, kind: 'sentencepiece' });
  words = await trainWordPiece([corpus], { vocabSize: 80 });
});

describe('hostile tokenizer.json', () => {
  const model = () => bytes.toJson().model as Record<string, unknown>;
  it.each<[string, RegExp, () => unknown]>([
    ['no JSON', /expected JSON/, () => '{"model":'],
    ['nesting', /at most 64 values within values/, () => '['.repeat(2_000_000)],
    ['nesting in a part that nobody reads', /at most 64 values/, () => ({ ...bytes.toJson(), extra: nested(100) })],
    ['a file that leads back to itself', /at most 64 values/, () => cyclic()],
    [
      'sequences within sequences',
      /at most 64 steps/,
      () => ({ ...bytes.toJson(), normalizer: sequences(5, 'normalizers', { type: 'NFC' }) }),
    ],
    [
      'sequences within sequences of decoders',
      /at most 64 steps/,
      () => ({ ...bytes.toJson(), decoder: sequences(5, 'decoders', { type: 'Fuse' }) }),
    ],
    [
      'a deep sequence',
      /at most 6 nested sequences/,
      () => ({ ...bytes.toJson(), pre_tokenizer: sequences(9, 'pretokenizers', {}, 1) }),
    ],
    [
      'a text to put in of a megabyte',
      /content: expected at most 256 characters/,
      () => ({
        ...bytes.toJson(),
        normalizer: { type: 'Replace', pattern: { String: 'a' }, content: 'a'.repeat(1e6) },
      }),
    ],
    [
      'bytes of bytes of bytes',
      /at most 4 ByteLevel steps/,
      () => ({ ...bytes.toJson(), pre_tokenizer: sequences(1, 'pretokenizers', { type: 'ByteLevel' }, 9) }),
    ],
    [
      'a vast added token',
      /1 to 1000 characters/,
      () => ({ ...bytes.toJson(), added_tokens: [{ id: 500, content: 'x'.repeat(1e6) }] }),
    ],
    [
      'a vast piece of WordPiece',
      /tokens of at most 1000 characters/,
      () => ({ model: { type: 'WordPiece', vocab: { ['x'.repeat(2000)]: 0 } } }),
    ],
    [
      'half a character',
      /tokens of whole characters/,
      () => ({ model: { type: 'WordLevel', vocab: { '\ud800': 0 } } }),
    ],
    [
      'another model',
      /model\.type: expected "BPE", "Unigram", "WordLevel", "WordPiece", got "CharCNN"/,
      () => ({ model: { type: 'CharCNN', vocab: {} } }),
    ],
    [
      'a merge of strangers',
      /model\.merges\[0\]: expected tokens of the vocabulary/,
      () => ({ model: { ...model(), merges: ['zz qq'] } }),
    ],
    [
      'a merge of three',
      /model\.merges\[0\]: expected two tokens/,
      () => ({ model: { ...model(), merges: ['a b c'] } }),
    ],
    [
      'one id twice',
      /expected an id of its own/,
      () => ({ model: { type: 'BPE', vocab: { a: 0, b: 0 }, merges: [] } }),
    ],
    ['a negative id', /whole number/, () => ({ model: { type: 'BPE', vocab: { a: -1 }, merges: [] } })],
    ['vast gaps', /without vast gaps/, () => ({ model: { type: 'BPE', vocab: { a: 3_999_999 }, merges: [] } })],
    [
      'a taken id',
      /expected an id that is free/,
      () => ({ ...bytes.toJson(), added_tokens: [{ id: 5, content: '<x>', special: true }] }),
    ],
    [
      'an empty added token',
      /added_tokens\[0\]\.content/,
      () => ({ ...bytes.toJson(), added_tokens: [{ id: 500, content: '' }] }),
    ],
    [
      'a catastrophic pattern',
      /unbounded repeat/,
      () => ({
        ...bytes.toJson(),
        pre_tokenizer: { type: 'Split', pattern: { Regex: '(a*)*' }, behavior: 'Isolated' },
      }),
    ],
    [
      'an unknown step',
      /pre_tokenizer\.type: expected BertPreTokenizer/,
      () => ({ ...bytes.toJson(), pre_tokenizer: { type: 'Magic' } }),
    ],
    [
      'a template id out of range',
      /expected ids from 0/,
      () => ({
        ...bytes.toJson(),
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: 'x' } }, { Sequence: { id: 'A' } }],
          special_tokens: { x: { ids: [9999] } },
        },
      }),
    ],
    ['dropout', /model\.dropout/, () => ({ model: { ...model(), dropout: 1.5 } })],
    [
      'a normalizer that matches nothing',
      /matches no empty text/,
      () => ({ ...bytes.toJson(), normalizer: { type: 'Replace', pattern: { Regex: 'x*' }, content: 'y' } }),
    ],
  ])('%s', (_, message, json) => {
    expect(() => Tokenizer.fromJson(json())).toThrow(message);
    expect(() => Tokenizer.fromJson(json())).toThrow(InvalidInput);
  });

  it('is refused or works, whatever is changed in it', () => {
    const files = [bytes, gpt4, pieces].map((tokenizer) => JSON.stringify(tokenizer.toJson()));
    const steps = fc.constantFrom<unknown>(
      ...[
        null,
        {},
        [],
        '',
        -1,
        1e9,
        0.5,
        true,
        'Sequence',
        ['a', 'b'],
        { type: 'NFC' },
        { type: 'Sequence', normalizers: [] },
      ],
      ...[
        { type: 'Metaspace' },
        { type: 'ByteLevel' },
        { type: 'Strip', content: 'x', start: 5 },
        { String: 'a' },
        { Regex: 'a|' },
      ],
    );
    const property = fc.property(
      fc.nat(2),
      fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 }),
      steps,
      (file, path, value) => {
        const json = JSON.parse(files[file]) as Record<string, unknown>;
        let target: Record<string, unknown> = json;
        for (const [i, step] of path.entries()) {
          const keys = Object.keys(target);
          if (keys.length === 0) break;
          const key = keys[step % keys.length];
          const inner = target[key];
          if (i === path.length - 1 || typeof inner !== 'object' || inner === null) {
            target[key] = value;
            break;
          }
          target = inner as Record<string, unknown>;
        }
        try {
          const tokenizer = Tokenizer.fromJson(json);
          const { ids } = tokenizer.encodeWithOffsets('The egg ▁<s> 1é');
          expect(tokenizer.encode('The egg ▁<s> 1é')).toEqual(ids);
          tokenizer.decode(ids);
        } catch (error) {
          if (!(error instanceof AbovoError)) throw error;
          expect(error.kind).toBe('caller');
        }
      },
    );
    fc.assert(property, { numRuns: 600 });
  });

  it.each<[string, object, string]>([
    [
      'a chain of replacements that doubles a text 64 times',
      { normalizer: sequences(1, 'normalizers', { type: 'Replace', pattern: { String: 'a' }, content: 'aa' }, 60) },
      'a',
    ],
    ['bytes of bytes in a normalizer', { normalizer: sequences(1, 'normalizers', { type: 'ByteLevel' }, 60) }, 'é'],
    [
      'replacements of 256 letters',
      {
        normalizer: sequences(
          1,
          'normalizers',
          { type: 'Replace', pattern: { String: 'a' }, content: 'a'.repeat(256) },
          3,
        ),
      },
      'a'.repeat(1e4),
    ],
  ])('cannot make a text grow without bound: %s', (_, part, text) => {
    const tokenizer = Tokenizer.fromJson({ ...bytes.toJson(), ...part });
    expect(() => tokenizer.encode(text)).toThrow(/steps that make a text at most 64 times longer|too long/);
    expect(() => tokenizer.encode(text)).toThrow(InvalidInput);
    expect(() => tokenizer.encodeWithOffsets(text)).toThrow(InvalidInput);
  });

  it('cannot make decoded text grow without bound', () => {
    const replace = { type: 'Replace', pattern: { String: 'g' }, content: 'gg' };
    const tokenizer = Tokenizer.fromJson({ ...bytes.toJson(), decoder: sequences(1, 'decoders', replace, 60) });
    expect(() => tokenizer.decode(tokenizer.encode('egg'))).toThrow(InvalidInput);
  });

  it.each<[string, (tokenizer: Tokenizer) => object]>([
    [
      'added tokens that nearly match',
      (base) => ({ ...base.toJson(), added_tokens: [{ id: 400, content: `${'a'.repeat(999)}b`, special: true }] }),
    ],
    [
      'a pattern that nearly matches',
      (base) => ({
        ...base.toJson(),
        pre_tokenizer: { type: 'Split', pattern: { Regex: 'a{1,40}b' }, behavior: 'Isolated' },
      }),
    ],
    [
      'a word without end',
      () => ({
        model: {
          type: 'WordPiece',
          vocab: { '[UNK]': 0, a: 1, '##a': 2, [`##${'a'.repeat(900)}b`]: 3 },
          max_input_chars_per_word: 1e9,
        },
      }),
    ],
    [
      'merges of one letter',
      (base) => ({
        model: {
          ...(base.toJson().model as object),
          type: 'BPE',
          vocab: powers,
          merges: Object.keys(powers)
            .slice(0, -1)
            .map((power) => `${power} ${power}`),
        },
      }),
    ],
  ])('takes a long text in bounded time: %s', (_, file) => {
    const start = performance.now();
    Tokenizer.fromJson(file(bytes)).encode('a'.repeat(50_000));
    expect(performance.now() - start).toBeLessThan(8000);
  });

  it('of any parts is refused or works', () => {
    const leaf = fc.oneof(
      fc.constantFrom<unknown>(
        '',
        'a',
        '▁',
        '##',
        'Removed',
        'Isolated',
        'first',
        '<s>',
        null,
        true,
        false,
        0,
        1,
        2,
        9,
        -1,
        0.5,
      ),
      fc.constantFrom<unknown>({ String: ' ' }, { Regex: '\\s+|a*' }, { Regex: '[a' }, ['a', 1], ['[SEP]', 2], [], {}),
    );
    const fields = [
      'behavior cleanup clean_text cls content delimiter individual_digits invert length lowercase pad_token pair pattern',
      'precompiled_charsmap prefix prepend prepend_scheme replacement sep single split start stop strip_accents strip_left suffix',
      'special_tokens trim_offsets add_prefix_space use_regex word_delimiter_token handle_chinese_chars',
    ].flatMap((line) => line.split(' '));
    const partOf = (types: readonly string[]) =>
      fc
        .tuple(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...fields), leaf, { maxKeys: 5 }))
        .map(([type, more]) => ({ ...more, type }));
    const some = (types: readonly string[], name: string) =>
      fc.oneof(
        fc.constant(null),
        partOf(types),
        fc.array(partOf(types), { maxLength: 3 }).map((list) => ({ type: 'Sequence', [name]: list })),
      );
    const json = fc.record({
      normalizer: some(Object.keys(normalizerReaders), 'normalizers'),
      pre_tokenizer: some(Object.keys(preTokenizerReaders), 'pretokenizers'),
      post_processor: some(Object.keys(postProcessorReaders), 'processors'),
      decoder: some(Object.keys(decoderReaders), 'decoders'),
    });
    const models = [bytes, pieces, words].map((tokenizer) => tokenizer.toJson().model);
    let worked = 0;
    fc.assert(
      fc.property(json, fc.constantFrom(...models), hardText, (parts, model, text) => {
        try {
          const tokenizer = Tokenizer.fromJson({ ...parts, model, added_tokens: [] });
          const { ids } = tokenizer.encodeWithOffsets(text, { pair: text });
          expect(tokenizer.encode(text, { pair: text })).toEqual(ids);
          tokenizer.decode(ids);
          worked++;
        } catch (error) {
          if (!(error instanceof AbovoError)) throw error;
          expect(error.kind).toBe('caller');
        }
      }),
      { numRuns: 1500 },
    );
    expect(worked).toBeGreaterThan(200);
  });
});

/** Sequences in sequences: `width` of them at each of `depth` levels, `part` innermost. */
function sequences(depth: number, name: string, part: object, width = 60): object {
  if (depth === 0) return part;
  const inner = sequences(depth - 1, name, part, width);
  return { type: 'Sequence', [name]: Array.from({ length: depth === 1 ? width : Math.min(width, 8) }, () => inner) };
}

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function cyclic(): object {
  const file: Record<string, unknown> = { model: { type: 'WordLevel', vocab: { a: 0 } } };
  const sequence = { type: 'Sequence', normalizers: [] as unknown[] };
  sequence.normalizers.push(sequence, sequence);
  file.normalizer = sequence;
  return file;
}

/** a, aa, aaaa, … */
const powers = Object.fromEntries(Array.from({ length: 10 }, (_, i) => ['a'.repeat(2 ** i), i]));
