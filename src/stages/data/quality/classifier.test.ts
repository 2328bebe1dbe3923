import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import type { DocumentStep } from '../pipeline/index.js';
import {
  areaUnderCurve,
  calibrationError,
  loadTextClassifier,
  saveTextClassifier,
  steps,
  trainTextClassifier,
} from './index.js';
import { bestThreshold } from './metrics.js';

const kitchen = 'stir the soup with salt butter onions and pepper then bake bread in a hot oven until brown'.split(' ');
const garden = 'plant seeds in wet soil prune the roses water the lawn and pull weeds near the old fence'.split(' ');
const made = (words: readonly string[], seed: number) =>
  Array.from({ length: 12 }, (_, i) => words[(seed * 5 + i * (1 + (seed % 7))) % words.length]).join(' ');
const examples = Array.from({ length: 300 }, (_, i) => ({
  text: `${made(i % 2 ? kitchen : garden, i)} ${i}`,
  label: i % 2 ? 'kitchen' : 'garden',
}));

describe('metrics', () => {
  it('are those of the textbooks', () => {
    expect(areaUnderCurve([0.1, 0.4, 0.35, 0.8], [false, false, true, true])).toBe(0.75);
    expect(areaUnderCurve([1, 1], [true, false])).toBe(0.5);
    expect(areaUnderCurve([1], [true])).toBeNaN();
    expect(calibrationError([0.95, 0.95], [true, false])).toBeCloseTo(0.45);
    expect(bestThreshold([0.9, 0.8, 0.3, 0.1], [true, true, false, false])).toBeCloseTo(0.55);
  });
});

describe('a classifier', () => {
  it('learns, is measured on what it has not seen, and is read again with its temperature', async () => {
    const { classifier, report } = await trainTextClassifier(examples, { epochs: 8, buckets: 5000 });
    expect(report.trained + report.calibrated + report.measured).toBe(300);
    expect(report.accuracy).toBeGreaterThan(0.9);
    expect(report.classes.map(({ label }) => label).sort()).toEqual(['garden', 'kitchen']);
    const again = await trainTextClassifier(examples, { epochs: 8, buckets: 5000 });
    expect(again.report).toEqual(report);

    const folder = await mkdtemp(join(tmpdir(), 'abovo-classifier-'));
    try {
      const path = join(folder, 'topics.bin');
      await saveTextClassifier(path, classifier, report);
      const loaded = await loadTextClassifier(path);
      const text = 'salt the butter';
      expect([...loaded.probabilities(text)]).toEqual([...classifier.probabilities(text)]);
      expect(loaded.probabilities('').reduce((a, b) => a + b)).toBeCloseTo(1);

      const definition = steps.find(({ name }) => name === 'classifierFilter')!;
      const make = (options: object) =>
        definition.create(definition.options.parse(options), { folder, seed: 1 }) as Promise<DocumentStep>;
      const keep = await make({ model: 'topics.bin', label: 'kitchen' });
      const document = (text: string) => ({ id: '1', source: 'test', text });
      expect(await keep.apply(document('bake bread with butter and onions'))).toMatchObject({
        metadata: { classifier: { kitchen: expect.any(Number) } },
      });
      expect(await keep.apply(document('prune the roses and water the lawn'))).toMatchObject({
        drop: 'classifier:kitchen',
      });
      const drop = await make({ model: 'topics.bin', label: 'kitchen', action: 'drop' });
      expect(await drop.apply(document('bake bread with butter and onions'))).toHaveProperty('drop');
      await expect(make({ model: 'topics.bin', label: 'cellar' })).rejects.toThrow(/expected one of the labels/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses examples of one label, and labels with spaces', async () => {
    await expect(trainTextClassifier([{ text: 'a', label: 'x' }])).rejects.toThrow(/two labels or more, got 1/);
    await expect(trainTextClassifier([{ text: 'a', label: 'x y' }])).rejects.toThrow(/without white space/);
  });

  it('tells reviews of films from speeches', async (context) => {
    const read = (name: string, label: string) =>
      gunzipSync(readFileSync(testData(context, 'pretrain/nltk-english', name)))
        .toString()
        .trim()
        .split('\n')
        .slice(0, 120)
        .flatMap((line) => {
          const { text } = JSON.parse(line) as { text: string };
          return [0, 1, 2, 3]
            .map((i) => ({ text: text.slice(i * 500, i * 500 + 400), label }))
            .filter((item) => item.text.length > 200);
        });
    const { report } = await trainTextClassifier(
      [...read('movie_reviews.jsonl.gz', 'review'), ...read('inaugural.jsonl.gz', 'speech')],
      { epochs: 10, buckets: 20_000, dim: 10 },
    );
    expect(report.accuracy).toBeGreaterThan(0.85);
    for (const { auc } of report.classes) expect(auc).toBeGreaterThan(0.9);
  });
});
