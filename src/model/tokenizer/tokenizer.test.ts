/// <reference lib="es2024.string" />
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { AbovoError, InvalidInput } from '../../base/core/index.js';
import { bytesToEscaped, escapedToBytes } from './bytes.js';
import { compilePattern } from './regex.js';
import { gpt2Pattern, gpt4Pattern, o200kPattern, scannerFor } from './patterns.js';
import { Tokenizer } from './tokenizer.js';
import { trainBpe } from './training/index.js';

const corpus =
  'It’s the egg that the hen laid, don\'t you know?\n\nÄpfel über 日本語 123 4567 "eggs" and eggs and eggs.\nEverything in the world that lives comes from an egg, or so it was said.';

let bytes: Tokenizer;
let gpt4: Tokenizer;
let pieces: Tokenizer;
beforeAll(async () => {
  bytes = await trainBpe([corpus], { vocabSize: 320 });
  gpt4 = await trainBpe([corpus], { vocabSize: 300, pattern: gpt4Pattern(2) });
  pieces = await trainBpe([corpus], { vocabSize: 340, kind: 'sentencepiece' });
});

const part = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom(
    "'s",
    "'LL",
    ' ',
    '  ',
    '\n',
    '\r\n',
    '\u0085',
    '\ufeff',
    'egg',
    ' the',
    '12345',
    '𝒜𝟙',
    '<|endoftext|>',
    '👩‍👧',
  ),
);
const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''));
/** Bytes with valid and broken UTF-8 in them. */
const raw = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      text.map((value) => new TextEncoder().encode(value)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((bytes) => [...bytes])));

describe('Tokenizer', () => {
  it('gives arbitrary bytes back', () => {
    fc.assert(
      fc.property(raw, (value) => {
        expect(escapedToBytes(bytesToEscaped(value))).toEqual(value);
        for (const tokenizer of [bytes, gpt4, pieces]) {
          // The mark of SentencePiece stands for a space, whoever wrote it.
          if (tokenizer === pieces && bytesToEscaped(value).includes('▁')) continue;
          const ids = tokenizer.encode(value);
          expect(tokenizer.decodeBytes(ids, { skipSpecialTokens: false })).toEqual(value);
          expect(tokenizer.encodeWithOffsets(value).ids).toEqual(ids);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('streams what it decodes, in whole characters', () => {
    fc.assert(
      fc.property(raw, fc.array(fc.nat(319), { maxLength: 30 }), (value, random) => {
        for (const tokenizer of [bytes, pieces]) {
          for (const ids of [tokenizer.encode(value), random]) {
            const decoder = tokenizer.decoder();
            const parts = ids.map((id) => decoder.push(id));
            parts.push(decoder.end());
            expect(parts.join('')).toBe(tokenizer.decode(ids));
            for (const piece of parts) expect(piece.isWellFormed()).toBe(true);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('gives offsets that tile the text', () => {
    fc.assert(
      fc.property(text, (value) => {
        const points = [...value.toWellFormed()];
        const { offsets, ids } = bytes.encodeWithOffsets(value);
        let end = 0;
        for (const [i, [from, to]] of offsets.entries()) {
          expect(from).toBeLessThanOrEqual(end);
          expect(to).toBeGreaterThan(from);
          end = to;
          const token = bytes.decode([ids[i]], { skipSpecialTokens: false });
          if (!token.includes('\ufffd')) expect(points.slice(from, to).join('')).toBe(token);
        }
        expect(end).toBe(points.length);
      }),
      { numRuns: 150 },
    );
  });

  it('takes the spelling of a special token as text where asked', () => {
    const end = bytes.tokenToId('<|endoftext|>') as number;
    expect(bytes.encode('egg<|endoftext|>')).toContain(end);
    const ids = bytes.encode('egg<|endoftext|>', { parseSpecial: false });
    expect(ids).not.toContain(end);
    expect(bytes.decode(ids)).toBe('egg<|endoftext|>');
    expect(bytes.decode(bytes.encode('egg<|endoftext|>'))).toBe('egg');
  });

  it('adds special tokens at the end', () => {
    const more = bytes.withSpecialTokens(['<|endoftext|>', '<|im_start|>']);
    expect([more.vocabSize, more.tokenToId('<|im_start|>')]).toEqual([321, 320]);
    expect(Tokenizer.fromJson(JSON.stringify(more.toJson())).encode('<|im_start|>egg')[0]).toBe(320);
  });

  it('merges long pieces as it merges short ones', () => {
    const json = bytes.toJson();
    const whole = Tokenizer.fromJson({
      ...json,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    });
    const word = ' the egg and eggs';
    // 17 letters a time are merged apart in the short piece; no merge crosses the beginning of a word.
    expect(whole.encode(word.repeat(40))).toEqual(Array.from({ length: 40 }, () => whole.encode(word)).flat());
    expect(whole.encode('a'.repeat(1_000_000)).length).toBeGreaterThan(0);
  });

  it('refuses ids outside the vocabulary', () => {
    expect(() => bytes.decode([320])).toThrow(/expected ids from 0 to 319, got 320/);
    expect(() => bytes.encode(5 as unknown as string)).toThrow(/expected a string or a Uint8Array/);
  });
});

describe('scanners', () => {
  const contraction = String.raw`'(?i:[sdmt]|ll|ve|re)`;
  it.each([
    gpt2Pattern,
    gpt4Pattern(1),
    gpt4Pattern(3),
    String.raw`${contraction}|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
    gpt4Pattern(3).replace('{1,3}', ''),
    gpt4Pattern(3).replace('{1,3}', '+'),
    o200kPattern,
  ])('do what the pattern says: %s', (pattern) => {
    const scanner = scannerFor(pattern);
    const expression = compilePattern(pattern);
    fc.assert(
      fc.property(raw.map(bytesToEscaped), (value) => {
        const found: string[] = [];
        for (let at = 0; at < value.length; ) {
          const end = scanner?.(value, at, value.length) as number;
          found.push(value.slice(at, end));
          at = end;
        }
        expect(found).toEqual(value.match(expression) ?? []);
      }),
      { numRuns: 250 },
    );
  });
});

describe('patterns', () => {
  it.each([
    '(a+)+',
    '(a|b)*',
    '(?:a?b?)*',
    '((a{1,9}){1,9}){1,9}',
    'a*a*a*a*a*',
    'a?'.repeat(13),
    '(?:(?:a|b){20}){20}',
  ])('that a text could keep busy for years are refused: %s', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(InvalidInput);
  });
  it.each([
    '(',
    ')',
    '[a',
    'a**',
    '\\',
    '\\q',
    '(?<n>a)',
    '[[:nonsense:]]',
    '[a&&]',
    '[[a]',
    '\\p{Nonsense}',
    'a'.repeat(10_001),
    '('.repeat(40),
  ])('that are not understood are refused: %s', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(InvalidInput);
  });
  it('of any kind compile or are refused', () => {
    const symbols = fc.constantFrom(
      ...'ab|()[]{}?*+\\^$.-&ps,1:=!<>i ',
      '\\s',
      '\\p{L}',
      '(?i:',
      '(?=',
      '{1,3}',
      '[^',
      ']+',
    );
    fc.assert(
      fc.property(fc.array(symbols, { maxLength: 16 }), (parts) => {
        try {
          compilePattern(parts.join('')).test('aab 1');
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInput);
        }
      }),
      { numRuns: 250 },
    );
  });
});

describe('hostile tokenizer.json', () => {
  const model = () => bytes.toJson().model as Record<string, unknown>;
  it.each<[string, RegExp, () => unknown]>([
    ['no JSON', /expected JSON/, () => '{"model":'],
    ['nesting', /expected/, () => '['.repeat(2_000_000)],
    [
      'another model',
      /model\.type: expected "BPE", "WordPiece", "Unigram", "WordLevel", got "CharCNN"/,
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
    ['dropout', /model\.dropout/, () => ({ model: { ...model(), dropout: 0.1 } })],
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
});
