import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { repositoryRoot, testData } from '../../../../test/support.js';
import { Random } from '../../../base/core/index.js';
import { NearestIndex, cosine } from '../vectors/index.js';
import { readFastText, trainClassifier, trainFastText, writeFastText } from './index.js';
import type { Example, FastTextOptions } from './index.js';

const expected = JSON.parse(readFileSync(join(repositoryRoot, 'test/golden/vectors/expected.json'), 'utf8')) as {
  readonly reviews: readonly {
    readonly options: Record<'lr' | 'epoch' | 'dim', number>;
    readonly examples: number;
    readonly accuracies: readonly number[];
  }[];
  readonly subwords: readonly {
    readonly options: { readonly model: 'skipgram' | 'cbow'; readonly loss?: 'hs' };
    readonly within: number;
    readonly across: number;
  }[];
};

describe('a classifier', () => {
  it.for(expected.reviews)('of film reviews is as good as fastText’s: $options', async (wanted, context) => {
    const path = testData(context, 'pretrain', 'nltk-english', 'movie_reviews.jsonl.gz');
    const reviews = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
    const train: Record<string, Example[]> = { neg: [], pos: [] };
    const heldOut: { text: string; label: string }[] = [];
    const seen: Record<string, number> = { neg: 0, pos: 0 };
    for (const line of reviews) {
      const { text, label } = JSON.parse(line) as { text: string; label: 'neg' | 'pos' };
      if (seen[label]!++ % 10 === 9) heldOut.push({ text, label });
      else train[label]!.push({ text, labels: [label] });
    }
    const pairs = train.neg!.slice(0, Math.min(train.neg!.length, train.pos!.length));
    const examples = pairs.flatMap((example, i) => [example, train.pos![i]!]);
    const { lr: rate, epoch: epochs, dim } = wanted.options;
    const { model } = await trainClassifier(examples, { rate, epochs, dim });
    const right = heldOut.filter(({ text, label }) => model.predict(text)[0]?.label === `__label__${label}`).length;
    expect(heldOut).toHaveLength(wanted.examples);
    // Two of 174 reviews beside the middle of three runs of the real program.
    const middle = [...wanted.accuracies].sort((a, b) => a - b)[1]!;
    expect(Math.abs(right / heldOut.length - middle)).toBeLessThanOrEqual(2.01 / heldOut.length);
  });

  const examples: Example[] = Array.from({ length: 60 }, (_, i) =>
    i % 2 ? `__label__egg the hen laid ${i}` : { text: `a graph has edges ${i}`, labels: ['graph', '__label__maths'] },
  );

  it('takes lines and examples, several labels, and repeats from a seed', async () => {
    const options = { dim: 5, epochs: 30, rate: 0.5, wordNgrams: 2, buckets: 100, minn: 2, maxn: 3 };
    const { model, figures } = await trainClassifier(examples, options);
    expect(model.labels).toEqual(['__label__graph', '__label__maths', '__label__egg']);
    expect(model.predict('the hen')[0]).toMatchObject({ label: '__label__egg' });
    const graph = model.predict('edges of a graph\nand more', { top: 3 });
    expect(graph[2]!.label).toBe('__label__egg');
    expect(graph.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    expect(model.predict('the hen', { top: 3, threshold: 0.9 })).toHaveLength(1);
    expect(figures.loss).toBeLessThan(0.7);
    const again = await trainClassifier(examples, options);
    expect(again.model.input).toEqual(model.input);
    expect((await trainClassifier(examples, { ...options, seed: 2 })).model.input).not.toEqual(model.input);
    const read = await readFastText(writeFastText(model));
    expect(read.predict('the hen', { top: 3 })).toEqual(model.predict('the hen', { top: 3 }));
  });

  it('refuses examples without labels, labels with spaces, and questions to models of words', async () => {
    await expect(trainClassifier(['no label here'])).rejects.toThrow(/examples with labels \(__label__NAME\)/);
    await expect(trainClassifier([{ text: 'a', labels: ['x y'] }])).rejects.toThrow(/labels without white space/);
    await expect(trainClassifier(examples, { minn: 4, maxn: 3 })).rejects.toThrow(
      /minn to be a whole number from 1 to 3/,
    );
    const words = await trainFastText(['a b'], { minCount: 1, dim: 2, buckets: 5 });
    expect(() => words.model.predict('a')).toThrow(/expected a classifier, got a model of words \(skipgram\)/);
  });
});

describe('subword vectors', () => {
  /** Words of two kinds with endings of their own, each kind among itself. */
  const random = new Random(9);
  const stems = ['hen', 'egg', 'nest', 'chick', 'feath', 'farm', 'coop', 'yolk'];
  const kinds = [stems.map((stem) => `${stem}lings`), stems.map((stem) => `${stem}metrics`)] as const;
  const lines = Array.from({ length: 1500 }, () => {
    const words = random.pick(kinds);
    return Array.from({ length: 6 }, () => random.pick(words)).join(' ');
  });

  it.each<FastTextOptions>([
    { algorithm: 'skipgram' },
    { algorithm: 'cbow' },
    { algorithm: 'skipgram', loss: 'hierarchical' },
  ])('put unseen words beside words with their n-grams: %j', async (options) => {
    const { model } = await trainFastText(lines, { dim: 12, buckets: 2000, sample: 0, epochs: 3, ...options });
    expect(model.has('chocolings')).toBe(false);
    const vectors = model.wordVectors();
    const [found] = new NearestIndex(vectors).search([model.vector('chocolings')!], { top: 5 });
    for (const { word } of found!) expect(word).toMatch(/lings$/);
    expect(model.dictionary.indexOf('</s>')).toBe(0);
    const read = await readFastText(writeFastText(model));
    expect(read.vector('chocolings')).toEqual(model.vector('chocolings'));
  });

  it.each(expected.subwords)('bring words as near to each other as fastText does: $options', async (wanted) => {
    const [one, other] = ['hen egg nest chick feather', 'graph node edge tensor kernel'].map((kind) => kind.split(' '));
    // The sentences of the fixture's script.
    let state = 1;
    const draw = (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 16) % n;
    };
    const sentences = Array.from({ length: 1500 }, () => {
      const kind = draw(2) === 0 ? one! : other!;
      return Array.from({ length: 8 }, (_, i) => (i % 4 === 3 ? 'and' : kind[draw(5)])).join(' ');
    });
    const { model, loss } = wanted.options;
    const [within, across]: [number[], number[]] = [[], []];
    for (const seed of [1, 2, 3]) {
      const trained = await trainFastText(sentences, {
        ...{ algorithm: model, loss: loss ? 'hierarchical' : 'negative', seed },
        ...{ dim: 16, epochs: 8, window: 3, sample: 1, buckets: 1000 },
      });
      const like = (a: string, b: string): number => cosine(trained.model.vector(a)!, trained.model.vector(b)!);
      for (const kind of [one!, other!])
        for (const a of kind) for (const b of kind) if (a !== b) within.push(like(a, b));
      for (const a of one!) for (const b of other!) across.push(like(a, b));
    }
    const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
    expect(Math.abs(mean(within) - wanted.within)).toBeLessThan(0.02);
    expect(Math.abs(mean(across) - wanted.across)).toBeLessThan(wanted.across > 0.9 ? 0.01 : 0.06);
  });

  it('repeat from a seed', async () => {
    const train = async (seed: number) =>
      (await trainFastText(lines.slice(0, 200), { dim: 5, buckets: 100, seed })).model.input;
    const first = await train(1);
    expect(await train(1)).toEqual(first);
    expect(await train(2)).not.toEqual(first);
  });
});
