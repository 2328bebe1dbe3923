import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { InvalidInput } from '../../../base/core/index.js';
import { floatText, parseFloatBytes } from './float-text.js';
import { WordVectors, readVectors, writeVectors } from './index.js';
import type { ReadVectorsOptions } from './index.js';

const golden = join(repositoryRoot, 'test/golden/vectors');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (pieces: Iterable<Uint8Array>): Uint8Array => Buffer.concat([...pieces]);
/** In pieces of n bytes, so that words and numbers are cut anywhere. */
function* cut(bytes: Uint8Array, n: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += n) yield bytes.subarray(at, at + n);
}
const read = (text: string | Uint8Array, options?: ReadVectorsOptions) => {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  return readVectors([bytes], { size: bytes.length, ...options });
};

/** A binary record as gensim writes it. */
const record = (word: string, ...floats: number[]): Uint8Array =>
  Buffer.concat([bytesOf(`${word} `), new Uint8Array(Float32Array.from(floats).buffer)]);

describe('gensim’s files', () => {
  it('text and binary hold the same vectors', async () => {
    const [text, binary] = ['gensim.txt', 'gensim.bin'].map((name) => readFileSync(join(golden, name)));
    const fromText = await readVectors(cut(text!, 13), { size: text!.length });
    const fromBinary = await readVectors(cut(binary!, 7), { size: binary!.length });
    expect(fromText.words).toContain('яйцо');
    expect(fromText.words).toHaveLength(22);
    for (const word of fromText.words) expect(fromText.vector(word)).toEqual(fromBinary.vector(word));
  });

  it('are written again as they were: binary but for the line breaks, text number for number', async () => {
    const binary = readFileSync(join(golden, 'gensim.bin'));
    const vectors = await read(binary);
    const again = await readVectors(writeVectors(vectors, 'binary'));
    expect([again.words, again.data]).toEqual([vectors.words, vectors.data]);
    const text = readFileSync(join(golden, 'gensim.txt'), 'utf8');
    const numbers = (of: string) =>
      of.split('\n').map((line) => line.split(' ').map((field) => Number(field) || field));
    const written = Buffer.from(joined(writeVectors(await read(text), 'text'))).toString();
    expect(numbers(written)).toEqual(numbers(text));
  });
});

describe('the formats', () => {
  it('come back as they went out', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }).chain((dim) =>
          fc.array(
            fc.tuple(
              fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((word) => !/\s/.test(word)),
              fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: dim, maxLength: dim }),
            ),
            { minLength: 1, maxLength: 8 },
          ),
        ),
        fc.constantFrom('text' as const, 'binary' as const),
        fc.integer({ min: 1, max: 40 }),
        async (rows, format, piece) => {
          const data = Float32Array.from(rows.flatMap(([, numbers]) => numbers));
          const vectors = new WordVectors(
            rows.map(([word]) => word),
            data.length / rows.length,
            data,
          );
          const bytes = joined(writeVectors(vectors, format));
          const again = await readVectors(cut(bytes, piece), { format, size: bytes.length });
          expect(again.words).toEqual(vectors.words);
          expect(new Uint8Array(again.data.buffer, 0, 4 * data.length)).toEqual(new Uint8Array(data.buffer));
        },
      ),
      { numRuns: 200 },
    ));

  it('are told apart by their first bytes', async () => {
    const words = async (bytes: Uint8Array | string) => (await read(bytes)).words;
    expect(await words('2 3\nthe 1 2 3 \n, -1.5e-3 .5 3\n')).toEqual(['the', ',']);
    expect(await words(Buffer.concat([bytesOf('2 1\n'), record('1', 7), record('\nb', 8)]))).toEqual(['1', 'b']);
    expect(await words('the 1 2 3\r\n. . . 4 5 6\r\nnew york 7 8 9\r\n')).toEqual(['the', '. . .', 'new york']);
    expect((await read('the 1 2 3\n. . . 4 5 6')).vector('. . .')).toEqual(Float32Array.of(4, 5, 6));
  });

  it('stop after a number of words', async () => {
    expect((await read('3 1\na 1\nb 2\nc 3\n', { limit: 2 })).words).toEqual(['a', 'b']);
    const binary = Buffer.concat([bytesOf('2 1\n'), record('a', 1), record('b', 2)]);
    expect((await read(binary, { limit: 1 })).words).toEqual(['a']);
  });

  it('keep the first of words that stand twice', async () => {
    const vectors = await read('a 1\nb 2\na 3\n', { format: 'glove' });
    expect([vectors.words.length, vectors.indexOf('a'), vectors.vector('a')]).toEqual([3, 0, Float32Array.of(1)]);
  });

  it.each<[string | Uint8Array, RegExp, ReadVectorsOptions?]>([
    ['', /expected vectors, got none/],
    ['2 3\nthe 1 2 3\n', /expected 2 words by the header, got 1/, { size: undefined }],
    ['2 3\nthe 1 2 3\n', /expected 12 bytes for 2 words of 3 numbers, got 10/],
    ['1 2\nthe 1 2\nb 1 2\n', /expected the end after 1 words/],
    ['1 2\nthe 1 2 3\n', /line 1 after the header, got more fields/],
    ['1 3\nthe 1 2\n', /expected a word and 3 numbers in line 1, got fewer fields/],
    ['1 2\nthe 1 x\n', /expected 2 finite numbers in line 1, got "x" for the 2th/, { format: 'text' }],
    ['1 2\nthe 1 1e39\n', /finite numbers in line 1, got "1e39"/],
    ['the\nb 1\n', /1 to 65536 numbers in the first line, got 0/],
    ['a 1 2\n\nb 1 2\n', /expected a word and its numbers in line 2, got nothing/],
    ['999999999 300\nthe 1\n', /expected a header of at most 100000000 words/],
    ['99999999 65536\nthe 1\n', /bytes for 99999999 words of 65536 numbers, got/],
    ['9 0\nthe 1\n', /1 to 65536 floats/],
    ['x\n', /expected a header/, { format: 'binary' }],
    [Buffer.from([0xff, 0xfe, 0x20, 0x31, 0x0a]), /expected word 1 to be UTF-8, got ff fe/],
    [Buffer.concat([bytesOf('2 1\n'), record('a', 1)]), /expected 10 bytes for 2 words of 1 floats/],
    [Buffer.concat([bytesOf('2 1\n'), record('a', 1)]), /2 words by the header, got 1 and then/, { size: undefined }],
    [Buffer.concat([bytesOf('1 1\n'), record('a', Number.NaN)]), /expected finite floats, got NaN for word 1/],
    [Buffer.concat([bytesOf('1 1\n'), record('a', 1), bytesOf('rest')]), /expected the end after 1 words/],
    [
      Buffer.concat([bytesOf('1 1\n'), Buffer.alloc(20_000, 97)]),
      /word 1 of at most 10000 bytes/,
      { format: 'binary' },
    ],
  ])('refuse damage %#, and say where', async (bytes, message, options) => {
    const error = await read(bytes, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInput);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^vectors at byte \d+: /);
  });

  it('put U+FFFD for broken text where asked to', async () => {
    const bytes = Buffer.concat([bytesOf('1 1\n'), Buffer.from([0x97]), bytesOf('x 5\n')]);
    expect((await read(bytes, { brokenText: 'replace' })).words).toEqual(['\ufffdx']);
  });

  it('survive any bytes: vectors or an InvalidInput', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.string({ maxLength: 200 }).map(bytesOf),
          fc
            .tuple(fc.constantFrom('gensim.bin', 'gensim.txt'), fc.array(fc.tuple(fc.nat(2000), fc.nat(255))), fc.nat())
            .map(([name, changes, end]) => {
              const bytes = Uint8Array.from(readFileSync(join(golden, name)).subarray(0, 2000));
              for (const [at, value] of changes) bytes[at] = value;
              return bytes.subarray(0, end % 2001);
            }),
        ),
        fc.constantFrom(undefined, 'text' as const, 'binary' as const, 'glove' as const),
        fc.boolean(),
        async (bytes, format, sized) => {
          try {
            const vectors = await readVectors(cut(bytes, 50), { format, size: sized ? bytes.length : undefined });
            expect(vectors.data.length).toBe(vectors.words.length * vectors.dim);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidInput);
          }
        },
      ),
      { numRuns: 400 },
    ));

  it('refuse to write words with white space, or leave them out', async () => {
    const vectors = new WordVectors(['new york', 'egg'], 1, Float32Array.of(1, 2));
    expect(() => [...writeVectors(vectors, 'text')]).toThrow(/without white space, got "new york"/);
    expect((await readVectors(writeVectors(vectors, 'binary', { spaced: 'skip' }))).words).toEqual(['egg']);
  });
});

describe('numbers in text', () => {
  const parse = (text: string): number => parseFloatBytes(bytesOf(text), 0, text.length);

  it('are read as JavaScript reads them', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.float(),
          fc.double(),
          fc.float().map((x) => x * 1e-3),
        ),
        (x) => {
          // -0 loses its sign in `String`.
          if (!Number.isFinite(x) || Object.is(x, -0)) return;
          expect(parse(String(x))).toBe(x);
          if (Math.abs(x) < 1e20) expect(parse(x.toFixed(9))).toBe(Number(x.toFixed(9)));
        },
      ),
    );
    for (const text of ['0', '-0', '.5', '5.', '00012.50', '123456789012345678', '1E5', '+1', '-1e-400']) {
      expect(parse(text)).toBe(Number(text));
    }
    for (const text of ['', '-', '.', '-.', '1e', '1.2.3', '0x10', 'nan', 'Infinity', '1 ', '--1']) {
      expect(parse(text), text).toBeNaN();
    }
  });

  it('are written as short as a float allows', () => {
    fc.assert(fc.property(fc.float({ noNaN: true }), (x) => Object.is(Math.fround(Number(floatText(x))), x)));
    expect([floatText(Math.fround(0.1)), floatText(1), floatText(Math.fround(1e-20))]).toEqual(['0.1', '1', '1e-20']);
  });
});
