import { describe, expect, it } from 'vitest';
import { Random } from '../../../base/core/index.js';
import { buildCorpus, NearestIndex, trainWord2vec } from './index.js';
import type { Word2vecOptions } from './index.js';
import { aliasTable, codeTree, keepChances } from './sampling.js';

/** Sentences about one of two things each: words of a kind stand together, `and` with both. */
function sentences(count: number): string[] {
  const random = new Random(3);
  const kinds = ['hen egg nest chick feather', 'graph node edge tensor kernel'].map((words) => words.split(' '));
  return Array.from({ length: count }, () => {
    const words = random.pick(kinds);
    return Array.from({ length: 8 }, (_, i) => (i % 4 === 3 ? 'and' : random.pick(words))).join(' ');
  });
}

const small = { dim: 16, epochs: 8, sample: 0, window: 3, rate: 0.05 } as const;

describe('word2vec', () => {
  it.each<Word2vecOptions>([
    { algorithm: 'cbow' },
    { algorithm: 'cbow', mean: false },
    { algorithm: 'cbow', loss: 'hierarchical' },
    { algorithm: 'skipgram' },
    { algorithm: 'skipgram', loss: 'hierarchical' },
  ])('brings words together that stand together: %j', async (options) => {
    const { vectors, figures } = await trainWord2vec(sentences(1500), { ...small, ...options });
    const index = new NearestIndex(vectors);
    for (const [word, kind] of [
      ['hen', 'egg nest chick feather'],
      ['tensor', 'graph node edge kernel'],
    ] as const) {
      const found = index.search([vectors.vector(word)!], { top: 4, exclude: () => [vectors.indexOf(word)] })[0]!;
      const others = found.map((neighbour) => neighbour.word).filter((other) => other !== 'and');
      for (const other of others) expect(kind.split(' ')).toContain(other);
    }
    expect(figures.words).toBe(8 * 1500 * 8);
    expect(figures.loss).toBeGreaterThan(0);
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
