import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AbovoError, Random } from '../../base/core/index.js';
import { testData } from '../../../test/support.js';
import { Tokenizer } from '../tokenizer/index.js';
import { llama2cTokenizerJson, parseLlama2cCheckpoint, parseLlama2cTokenizer } from './index.js';
import type { Llama2cVocabulary } from './index.js';

/** A checkpoint with the given header and enough random weights. */
function checkpoint(header: number[], floats: number): Uint8Array {
  const bytes = new Uint8Array(28 + 4 * floats);
  const view = new DataView(bytes.buffer);
  header.forEach((value, i) => view.setInt32(4 * i, value, true));
  const random = new Random(1);
  for (let i = 0; i < floats; i++) view.setFloat32(28 + 4 * i, random.normal(), true);
  return bytes;
}

// dim 4, hidden 6, 1 layer, 2 heads, 1 kv head, vocabulary 5, length 3.
const header = [4, 6, 1, 2, 1, 5, 3];
const floats = 5 * 4 + 4 + 16 + 8 + 8 + 16 + 4 + 24 * 3 + 4 + 2 * 3;

describe('llama2.c checkpoint', () => {
  it('reads every tensor, tied or not', () => {
    const tied = parseLlama2cCheckpoint(checkpoint(header, floats));
    expect(tied.config).toMatchObject({ numKvHeads: 1, headSize: 2, tieEmbeddings: true, contextLength: 3 });
    expect(tied.params['lm_head.weight']).toBeUndefined();
    const untied = parseLlama2cCheckpoint(checkpoint([4, 6, 1, 2, 1, -5, 3], floats + 20));
    expect(untied.params['lm_head.weight']?.shape).toEqual([5, 4]);
    expect(untied.params['model.norm.weight']).toEqual(tied.params['model.norm.weight']);
  });

  it('reorders rotary pairs into halves', () => {
    // One head of size 4: rows 0 1 2 3 become 0 2 1 3.
    const bytes = checkpoint([4, 6, 1, 1, 1, 5, 3], floats + 2 * 8 + 6);
    const view = new DataView(bytes.buffer);
    const start = 28 + 4 * (20 + 4);
    const column = (n: number) => view.getFloat32(start + 16 * n, true);
    const q = parseLlama2cCheckpoint(bytes).params['model.layers.0.self_attn.q_proj.weight']?.data as Float32Array;
    expect([q[0], q[4], q[8], q[12]]).toEqual([column(0), column(2), column(1), column(3)]);
  });

  it.each([
    [new Uint8Array(10), 'header of 28 bytes'],
    [checkpoint(header, floats - 1), 'bytes by its header'],
    [checkpoint(header, floats + 1), 'bytes by its header'],
    [checkpoint([0, 6, 1, 2, 1, 5, 3], floats), 'dim'],
    [checkpoint([4, 6, 1, 3, 1, 5, 3], floats), 'n_heads'],
    [checkpoint([6, 6, 1, 3, 2, 5, 3], floats), 'numKvHeads'],
    [checkpoint([4, 6, 1, 2, 1, 0, 3], floats), 'vocab_size'],
    [checkpoint([2 ** 30, 6, 1, 2, 1, 5, 3], floats), 'dim'],
    [checkpoint([4, 6, 1, 4, 1, 5, 3], floats), 'headSize'],
  ])('refuses broken file %#', (bytes, message) => {
    expect(() => parseLlama2cCheckpoint(bytes)).toThrow(message);
  });

  it('refuses weights that are not finite, naming the tensor', () => {
    const bytes = checkpoint(header, floats);
    new DataView(bytes.buffer).setFloat32(28 + 4 * 20, Number.NaN, true);
    expect(() => parseLlama2cCheckpoint(bytes)).toThrow('input_layernorm');
  });

  it('answers any bytes with a result or an error of the caller', () => {
    const valid = checkpoint(header, floats);
    const mutation = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(mutation, fc.nat(valid.length), fc.boolean(), (changes, end, cut) => {
        const bytes = valid.slice(0, cut ? end : valid.length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          parseLlama2cCheckpoint(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(AbovoError);
          expect((error as AbovoError).kind).toBe('caller');
        }
      }),
      { numRuns: 400 },
    );
  });
});

/** The encoder of llama2.c, from its description: characters or bytes, then the best-scored pair until none is left. */
function greedyEncode({ pieces, scores }: Llama2cVocabulary, text: string): number[] {
  const ids = new Map<string, number>();
  // Byte pieces and special ones are found by number only.
  pieces.forEach((piece, id) => {
    if (id >= 259 && !ids.has(piece)) ids.set(piece, id);
  });
  const tokens = [1];
  if (text === '') return tokens;
  for (const character of ` ${text}`) {
    const id = ids.get(character);
    if (id !== undefined) tokens.push(id);
    else for (const byte of new TextEncoder().encode(character)) tokens.push(byte + 3);
  }
  for (;;) {
    let best = -Infinity;
    let at = -1;
    let merged = 0;
    for (let i = 0; i + 1 < tokens.length; i++) {
      const [a, b] = [tokens[i] as number, tokens[i + 1] as number];
      if (a < 259 || b < 259) continue;
      const id = ids.get(`${pieces[a]}${pieces[b]}`);
      if (id !== undefined && (scores[id] as number) > best) [best, at, merged] = [scores[id] as number, i, id];
    }
    if (at < 0) return tokens;
    tokens.splice(at, 2, merged);
  }
}

describe('llama2.c tokenizer', () => {
  it('encodes as the greedy merging of llama2.c does', (context) => {
    const bytes = readFileSync(testData(context, 'checkpoints/stories260K/tok512.bin'));
    const vocabulary = parseLlama2cTokenizer(bytes, 512);
    const tokenizer = Tokenizer.fromJson(llama2cTokenizerJson(vocabulary));
    const word = fc.constantFrom(...vocabulary.pieces.slice(259), 'once', ' a', 'aaaa', 'the', 'ééé', '東', '🐢', '\n');
    const text = fc.oneof(
      fc.array(word, { maxLength: 12 }).map((words) => words.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (sample) => {
        // Names of special tokens in a text are those tokens here; llama2.c would spell them out.
        fc.pre(!/<unk>|<\/?s>|▁/.test(sample));
        expect([...tokenizer.encode(sample)]).toEqual(greedyEncode(vocabulary, sample));
      }),
      { numRuns: 500 },
    );
  });

  it('reads the 512 pieces of stories260K', (context) => {
    const bytes = readFileSync(testData(context, 'checkpoints/stories260K/tok512.bin'));
    const vocabulary = parseLlama2cTokenizer(bytes, 512);
    expect(vocabulary.pieces[261]).toBe(' a');
    const json = llama2cTokenizerJson(vocabulary) as { model: { merges: [string, string][] } };
    expect(json.model.merges[0]).toEqual(['▁', 't']);
    expect(() => parseLlama2cTokenizer(bytes, 511)).toThrow('left over');
    expect(() => parseLlama2cTokenizer(bytes, 513)).toThrow('ends at piece 512');
  });

  it('answers any bytes with a result or an error of the caller', (context) => {
    const valid = readFileSync(testData(context, 'checkpoints/stories260K/tok512.bin'));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(valid.length),
        fc.boolean(),
        (changes, end, cut) => {
          const bytes = Uint8Array.from(valid.subarray(0, cut ? end : valid.length));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          try {
            llama2cTokenizerJson(parseLlama2cTokenizer(bytes, 512));
          } catch (error) {
            expect((error as AbovoError).kind).toBe('caller');
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
