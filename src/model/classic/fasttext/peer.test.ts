import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { InvalidInput } from '../../../base/core/index.js';
import { overWordNgrams } from './hash.js';
import { readFastText, writeFastText } from './index.js';

const golden = join(repositoryRoot, 'test/golden/vectors');
const expected = JSON.parse(readFileSync(join(golden, 'expected.json'), 'utf8')) as {
  readonly fasttext: Record<
    string,
    {
      readonly vectors: Record<string, readonly number[]>;
      readonly subwords: Record<string, readonly number[]>;
      readonly predictions?: Record<string, readonly [label: string, probability: number][]>;
    }
  >;
};
const bytesOf = (name: string): Uint8Array => Uint8Array.from(readFileSync(join(golden, name)));
const open = (name: string) => {
  const bytes = bytesOf(name);
  return readFastText([bytes], { size: bytes.length, name });
};
/** fastText's sigmoid: a table of 512 steps from -8 to 8. */
const tableSigmoid = (x: number): number =>
  x < -8 ? 0 : x > 8 ? 1 : 1 / (1 + Math.exp(-((Math.floor(((x + 8) * 512) / 16) * 16) / 512 - 8)));

describe.each(Object.entries(expected.fasttext))('fastText’s %s', (name, { vectors, subwords }) => {
  it('has the same rows and vectors for known, unknown and foreign words', async () => {
    const model = await open(name);
    for (const [word, rows] of Object.entries(subwords)) expect(model.dictionary.rowsOf(word), word).toEqual(rows);
    for (const [word, numbers] of Object.entries(vectors)) {
      const vector = model.vector(word) ?? new Float32Array(model.dim);
      numbers.forEach((value, i) => expect(Math.abs(vector[i]! - value), word).toBeLessThan(1e-6));
    }
  });

  it('is read again as it was written', async () => {
    const model = await open(name);
    const bytes = Buffer.concat([...writeFastText(model)]);
    if (!name.endsWith('.ftz')) expect(bytes.equals(bytesOf(name))).toBe(true);
    const again = await readFastText([bytes], { size: bytes.length });
    expect([again.settings, again.input, again.output]).toEqual([model.settings, model.input, model.output]);
    for (const word of Object.keys(vectors)) expect(again.vector(word)).toEqual(model.vector(word));
  });
});

it.each(Object.entries(expected.fasttext).filter(([, { predictions }]) => predictions))(
  'fastText’s %s gives the same labels with the same probabilities',
  async (name, { predictions }) => {
    const model = await open(name);
    for (const [text, wanted] of Object.entries(predictions ?? {})) {
      const found = model.predict(text, { top: 10 });
      expect(found).toHaveLength(wanted.length);
      for (const [label, probability] of wanted) {
        const own = found.find((prediction) => prediction.label === label)!.probability;
        const told = model.settings.loss === 'one-vs-all' ? tableSigmoid(Math.log(own / (1 - own))) : own;
        expect(Math.abs(told + 1e-5 - probability), `${text}: ${label}`).toBeLessThan(2e-6);
      }
    }
  },
);

describe('damaged models', () => {
  const damaged = async (change: (bytes: Uint8Array, view: DataView) => void, name = 'supervised-softmax.bin') => {
    const bytes = bytesOf(name);
    change(bytes, new DataView(bytes.buffer));
    const error = await readFastText([bytes], { size: bytes.length, name }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInput);
    return (error as Error).message;
  };

  // Offsets: magic, version, dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate, t, size.
  it.each<[string, number, number, RegExp]>([
    ['magic', 0, 7, /the magic number of fastText from 793712314 to 793712314, got 7/],
    ['version', 4, 13, /version from 11 to 12, got 13/],
    ['dim', 8, 0, /dim from 1 to 65536, got 0/],
    ['another dim', 8, 5, /columns of the input matrix from 5 to 5, got 4/],
    ['loss', 32, 9, /loss from 1 to 4, got 9/],
    ['model', 36, 0, /model from 1 to 3, got 0/],
    ['bucket', 40, -1, /bucket from 0 to/],
    ['another bucket', 40, 7, /rows of the input matrix/],
    ['entries', 64, 2 ** 27, /entries of the dictionary from 0 to 100000000/],
    ['more entries', 64, 90_000_000, /got 90000000 and|expected 90000000 words and labels/],
    ['labels', 72, 5, /words and labels, got/],
  ])('are refused by name: %s', async (_, offset, value, message) => {
    const text = await damaged((__, view) => view.setInt32(offset, value, true));
    expect(text).toMatch(/^supervised-softmax\.bin at byte \d+: expected /);
    expect(text).toMatch(message);
  });

  it('are refused where a number is not finite, or bytes are missing or too many', async () => {
    const nan = await damaged((bytes, view) => view.setFloat32(bytes.length - 4, Number.NaN, true));
    expect(nan).toMatch(/finite numbers in the output matrix, got NaN in row 3/);
    const bytes = bytesOf('skipgram.bin');
    await expect(readFastText([bytes.subarray(0, -4)])).rejects.toThrow(
      /\(the output matrix\), got \d+ and then the end/,
    );
    await expect(readFastText([bytes, Uint8Array.of(1)])).rejects.toThrow(/expected the end after the output matrix/);
    await expect(readFastText([])).rejects.toThrow(/fastText model at byte 0: expected 4 bytes/);
  });

  it('of any kind end in a model or an InvalidInput', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(expected.fasttext)),
        fc.array(fc.tuple(fc.oneof(fc.nat(120), fc.nat(30_000)), fc.nat(255)), { maxLength: 4 }),
        fc.option(fc.nat(30_000)),
        fc.boolean(),
        async (name, changes, end, sized) => {
          const whole = bytesOf(name);
          for (const [at, value] of changes) if (at < whole.length) whole[at] = value;
          const bytes = whole.subarray(0, end ?? whole.length);
          try {
            // Without the size, memory is taken before the end is seen: small models only.
            const model = await readFastText([bytes], { size: sized ? bytes.length : bytes.length + 1e6 });
            expect(model.input.length % model.dim).toBe(0);
            model.vector('word');
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidInput);
          }
        },
      ),
      { numRuns: 400 },
    ));
});

it('hashes runs of words in 64 bits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      (hashes, length, buckets) => {
        const wanted: number[] = [];
        const signed = hashes.map((hash) => BigInt(hash | 0));
        for (let i = 0; i < signed.length; i++) {
          let h = BigInt.asUintN(64, signed[i]!);
          for (let j = i + 1; j < signed.length && j < i + length; j++) {
            h = BigInt.asUintN(64, h * 116049371n + signed[j]!);
            wanted.push(Number(h % BigInt(buckets)));
          }
        }
        const found: number[] = [];
        overWordNgrams(hashes, length, buckets, (bucket) => found.push(bucket));
        expect(found).toEqual(wanted);
      },
    ),
  );
});
