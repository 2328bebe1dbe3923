import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import { readFastText, writeFastText } from './index.js';
import { readVectors } from '../vectors/index.js';

interface Recorded {
  readonly predict_prob: readonly { readonly text: string; readonly prediction: Record<string, number> }[];
  readonly vectors_lee_fasttext_new: Record<string, readonly number[]>;
  readonly vectors_crime: Record<string, readonly number[]>;
}

type Context = Parameters<typeof testData>[0];
const folder = (context: Context, name: string): string => testData(context, 'checkpoints', 'fasttext', name);
const open = async (path: string) => {
  const bytes = readFileSync(path);
  return readFastText([bytes], { size: bytes.length, name: path });
};

describe('models of the real program', () => {
  const recorded = (context: Context) =>
    JSON.parse(readFileSync(folder(context, 'fasttext-cli.json'), 'utf8')) as Recorded;

  it('predicts what fastText predicts', async (context) => {
    const model = await open(folder(context, 'pang_lee_polarity_fasttext.bin'));
    const { predict_prob } = recorded(context);
    expect(predict_prob).toHaveLength(30);
    for (const { text, prediction } of predict_prob) {
      const predictions = model.predict(text, { top: 2 });
      expect(predictions).toHaveLength(2);
      // The program adds 1e-5 before it takes the logarithm, and prints six digits.
      for (const { label, probability } of predictions) {
        expect(Math.abs(probability + 1e-5 - prediction[label]!)).toBeLessThan(1e-6);
      }
    }
  });

  it.for([
    ['lee_fasttext_new.bin', 'vectors_lee_fasttext_new'],
    ['crime-and-punishment.bin', 'vectors_crime'],
  ] as const)('composes known and unknown words as fastText does: %s', async ([name, key], context) => {
    const model = await open(folder(context, name));
    for (const [word, expected] of Object.entries(recorded(context)[key])) {
      const vector = model.vector(word)!;
      // Five digits were printed.
      expected.forEach((value, i) => expect(Math.abs(vector[i]! / value - 1), word).toBeLessThan(6e-5));
    }
  });

  it.for(['crime-and-punishment', 'pang_lee_polarity_fasttext'])(
    'has the vectors of the .vec file beside it: %s',
    async (name, context) => {
      const model = await open(folder(context, `${name}.bin`));
      const listed = await readVectors([readFileSync(folder(context, `${name}.vec`))], { brokenText: 'replace' });
      const own = model.wordVectors();
      expect(listed.words).toEqual(own.words);
      listed.data.forEach((value, i) => {
        if (Math.abs(own.data[i]! - value) > 1e-4 * Math.abs(value) + 1e-6) expect(own.data[i]).toBe(value);
      });
    },
  );

  it.for(['pang_lee_polarity_fasttext.bin', 'lee_fasttext_new.bin', 'crime-and-punishment.bin'])(
    'writes the file it read, byte for byte: %s',
    async (name, context) => {
      const path = folder(context, name);
      const bytes = readFileSync(path);
      const written = Buffer.concat([...writeFastText(await open(path))]);
      // Old files differ in their version only.
      bytes.writeInt32LE(12, 4);
      expect(written.equals(bytes)).toBe(true);
    },
  );
});
