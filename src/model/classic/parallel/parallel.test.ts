import { describe, expect, it } from 'vitest';
import { Random } from '../../../base/core/index.js';
import { NearestIndex } from '../vectors/index.js';
import { trainClassifierThreads, trainFastTextThreads, trainWord2vecThreads } from './index.node.js';

const random = new Random(3);
const kinds = ['hen egg nest chick feather', 'graph node edge tensor kernel'].map((words) => words.split(' '));
const sentences = Array.from({ length: 2000 }, () => {
  const words = random.pick(kinds);
  return Array.from({ length: 8 }, () => random.pick(words)).join(' ');
});

describe('two threads', () => {
  it('train words that come out as on one, and tell progress', async () => {
    const stages = new Set<string>();
    const { vectors, figures } = await trainWord2vecThreads(sentences, {
      threads: 2,
      algorithm: 'skipgram',
      dim: 16,
      sample: 0,
      epochs: 10,
      rate: 0.05,
      onProgress: ({ stage, done, total }) => stages.add(`${stage} ${done === total}`),
    });
    expect(figures.words).toBe(10 * 8 * 2000);
    expect(stages).toContain('word2vec true');
    const [found] = new NearestIndex(vectors).search([vectors.vector('hen')!], { top: 5 });
    expect(found!.map(({ word }) => word).sort()).toEqual([...kinds[0]!].sort());
  });

  it('train models of n-grams and classifiers', async () => {
    const { model } = await trainFastTextThreads(sentences, { threads: 2, dim: 8, buckets: 500, sample: 0 });
    expect(model.vector('hens')).toHaveLength(8);
    const examples = sentences.map((text) => ({
      text,
      labels: [kinds[0]!.includes(text.split(' ')[0]!) ? 'egg' : 'graph'],
    }));
    const classifier = await trainClassifierThreads(examples, { threads: 2, dim: 8, rate: 0.5 });
    expect(classifier.model.predict('egg nest')[0]).toMatchObject({ label: '__label__egg' });
    expect(classifier.model.predict('edge node')[0]!.probability).toBeGreaterThan(0.9);
  });

  it('are one where one is asked for: repeatable', async () => {
    const train = async () =>
      (await trainWord2vecThreads(sentences.slice(0, 300), { threads: 1, dim: 4 })).vectors.data;
    expect(await train()).toEqual(await train());
  });

  it('stop when they are told to', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const training = trainWord2vecThreads(sentences, {
      threads: 2,
      dim: 50,
      epochs: 100_000,
      signal: abort.signal,
      onProgress: () => abort.abort(reason),
    });
    await expect(training).rejects.toBe(reason);
  });
});
