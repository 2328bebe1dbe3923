import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { Random } from '../../../base/core/index.js';
import { buildCorpus, cosine, trainWord2vec } from './index.js';
import type { Word2vecOptions } from './index.js';
import { aliasTable, codeTree, keepChances } from './sampling.js';

const kinds = ['hen egg nest chick feather', 'graph node edge tensor kernel'].map((words) => words.split(' '));

/** Sentences about one of two things each, `and` with both; drawn as the fixture's script draws them. */
function sentences(count: number): string[] {
  let state = 1;
  const draw = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % n;
  };
  return Array.from({ length: count }, () => {
    const kind = kinds[draw(2)]!;
    return Array.from({ length: 8 }, (_, i) => (i % 4 === 3 ? 'and' : kind[draw(5)])).join(' ');
  });
}

const small = { dim: 16, epochs: 8, sample: 0, window: 3, rate: 0.05 } as const;

const expected = JSON.parse(readFileSync(join(repositoryRoot, 'test/golden/vectors/expected.json'), 'utf8')) as {
  readonly word2vec: readonly {
    readonly options: Readonly<Record<'sg' | 'cbow_mean' | 'hs', number | undefined>>;
    readonly within: number;
    readonly across: number;
  }[];
};
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('word2vec', () => {
  it.each(expected.word2vec)('brings words as near to each other as gensim does: $options', async (wanted) => {
    const { sg, cbow_mean, hs } = wanted.options;
    const algorithm = sg ? 'skipgram' : 'cbow';
    const [within, across]: [number[], number[]] = [[], []];
    for (const seed of [1, 2, 3]) {
      const { vectors, figures } = await trainWord2vec(sentences(1500), {
        ...small,
        algorithm,
        seed,
        mean: cbow_mean !== 0,
        loss: hs ? 'hierarchical' : 'negative',
      });
      expect(figures.words).toBe(8 * 1500 * 8);
      const like = (a: string, b: string): number => cosine(vectors.vector(a)!, vectors.vector(b)!);
      for (const kind of kinds) for (const a of kind) for (const b of kind) if (a !== b) within.push(like(a, b));
      for (const a of kinds[0]!) for (const b of kinds[1]!) across.push(like(a, b));
    }
    expect(Math.abs(mean(within) - wanted.within)).toBeLessThan(0.01);
    expect(Math.abs(mean(across) - wanted.across)).toBeLessThan(wanted.across > 0.9 ? 0.01 : 0.05);
    expect(mean(within) - mean(across)).toBeGreaterThan(0.01);
  });

  it('gives the same vectors for the same seed, others for another', async () => {
    const train = async (options: Word2vecOptions) =>
      (await trainWord2vec(sentences(300), { ...small, ...options })).vectors.data;
    for (const algorithm of ['cbow', 'skipgram'] as const) {
      const first = await train({ algorithm, sample: 0.01, seed: 5 });
      expect(await train({ algorithm, sample: 0.01, seed: 5 })).toEqual(first);
      expect(await train({ algorithm, sample: 0.01, seed: 6 })).not.toEqual(first);
    }
  });

  it('tells progress with words per second, loss and the time that is left, and can be stopped', async () => {
    const stages: string[] = [];
    const abort = new AbortController();
    const reason = new Error('enough');
    const training = trainWord2vec(sentences(3000), {
      ...small,
      epochs: 1000,
      signal: abort.signal,
      onProgress({ stage, figures }) {
        stages.push(`${stage} ${Object.keys(figures ?? {}).join(' ')}`);
        abort.abort(reason);
      },
    });
    await expect(training).rejects.toBe(reason);
    expect(stages).toEqual(['word2vec loss words/s ETA']);
  });

  it('refuses options out of range and a text without frequent words', async () => {
    await expect(trainWord2vec(['a b'], {})).rejects.toThrow(/words that occur 5 times or more, got 2 words/);
    await expect(trainWord2vec(sentences(9), { dim: 0 })).rejects.toThrow(/expected dim to be a whole number from 1/);
    await expect(trainWord2vec(sentences(9), { rate: 0.1, minRate: 0.2 })).rejects.toThrow(/minRate to be a number/);
  });
});

describe('a corpus', () => {
  it('has words by frequency, ties by appearance, and sentences without rare words', async () => {
    const corpus = await buildCorpus(['b a  a', 'rare', 'c\tb c', [], ['c', 'a b']], { minCount: 2 });
    expect(corpus.words).toEqual(['c', 'b', 'a']);
    expect([...corpus.counts]).toEqual([3, 2, 2]);
    expect([...corpus.ids]).toEqual([1, 2, 2, 0, 1, 0, 0]);
    expect([...corpus.starts]).toEqual([0, 3, 6, 7]);
    expect(corpus.read).toBe(9);
  });

  it('cuts long sentences', async () => {
    const corpus = await buildCorpus(['a b c d e'], { minCount: 1, maxSentence: 2 });
    expect([...corpus.starts]).toEqual([0, 2, 4, 5]);
  });

  it('forgets rare words to stay within bounds, and keeps the frequent ones', async () => {
    const random = new Random(1);
    const words = Array.from({ length: 30_000 }, (_, i) => (i % 3 === 0 ? 'often' : `w${random.int(1e9)}`));
    const corpus = await buildCorpus([words], { minCount: 5, maxWords: 1000 });
    expect(corpus.words).toEqual(['often']);
    expect(corpus.ids).toHaveLength(10_000);
  });
});

describe('sampling', () => {
  it('draws by weight from an alias table', () => {
    const weights = [5, 0, 1, 3, 0.5, 0.5];
    const { own, other } = aliasTable(weights);
    const chance = weights.map(() => 0);
    own.forEach((share, i) => {
      chance[i]! += share / 2 ** 32 / weights.length;
      chance[other[i]!]! += (1 - share / 2 ** 32) / weights.length;
    });
    weights.forEach((weight, i) => expect(chance[i]).toBeCloseTo(weight / 10, 12));
  });

  it('keeps rare words always and frequent ones by √(t/f) + t/f', () => {
    const keep = keepChances([9000, 999, 1], 0.001);
    const t = 0.001 / 0.9;
    expect(keep[0]! / 2 ** 32).toBeCloseTo(Math.sqrt(t) + t, 12);
    expect(keep[2]).toBe(2 ** 32);
    expect([...keepChances([1, 2], 0)]).toEqual([2 ** 32, 2 ** 32]);
  });

  it('makes codes without common beginnings and of least length', () => {
    const counts = [40, 30, 15, 10, 5];
    const { starts, nodes, turns } = codeTree(counts);
    const codes = counts.map((_, i) => [...turns.subarray(starts[i], starts[i + 1])].reverse().join(''));
    expect(codes.map((code) => code.length)).toEqual([1, 2, 3, 4, 4]);
    for (const a of codes) for (const b of codes) expect(a !== b && b.startsWith(a)).toBe(false);
    expect(Math.max(...nodes)).toBe(counts.length - 2);
  });
});
