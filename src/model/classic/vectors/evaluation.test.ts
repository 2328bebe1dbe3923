import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot, testData } from '../../../../test/support.js';
import { Random } from '../../../base/core/index.js';
import {
  NearestIndex,
  WordVectors,
  parseAnalogies,
  parseSimilarities,
  readVectors,
  scoreAnalogies,
  scoreSimilarities,
} from './index.js';
import { pearson, ranks } from './similarity.js';

const golden = join(repositoryRoot, 'test/golden/vectors');
const expected = JSON.parse(readFileSync(join(golden, 'expected.json'), 'utf8')) as {
  readonly evaluation: readonly {
    readonly restrict: number;
    readonly ignoreCase: boolean;
    readonly sections: Record<string, [number, number]>;
    readonly accuracy: number;
    readonly pearson: number;
    readonly spearman: number;
    readonly unknownPercent: number;
  }[];
  readonly neighbours: Record<string, [string, number][]>;
};
const vectors = await readVectors([readFileSync(join(golden, 'gensim.bin'))]);

describe('evaluation is gensim’s', () => {
  it.for(expected.evaluation)('on analogies: $restrict words, ignoring case $ignoreCase', (wanted, context) => {
    const questions = parseAnalogies(readFileSync(testData(context, 'wordsim', 'questions-words.txt'), 'utf8'));
    const { sections, accuracy, ...options } = wanted;
    const scores = scoreAnalogies(vectors, questions, options);
    expect(Object.fromEntries(scores.slice(0, -1).map((s) => [s.section, [s.correct, s.asked]]))).toEqual(sections);
    expect(scores.at(-1)).toMatchObject({ section: 'total', accuracy });
  });

  it.for(expected.evaluation)('on similarities: $restrict words, ignoring case $ignoreCase', (wanted, context) => {
    const pairs = parseSimilarities(readFileSync(testData(context, 'wordsim', 'wordsim353.tsv'), 'utf8'));
    const score = scoreSimilarities(vectors, pairs, wanted);
    expect(score.pearson).toBeCloseTo(wanted.pearson, 6);
    expect(score.spearman).toBeCloseTo(wanted.spearman, 10);
    expect((100 * score.unknown) / pairs.length).toBeCloseTo(wanted.unknownPercent, 10);
  });

  it.each(Object.entries(expected.neighbours))('on neighbours of %s', (word, neighbours) => {
    const row = vectors.indexOf(word);
    const found = new NearestIndex(vectors).search([vectors.row(row)], { top: 5, exclude: () => [row] })[0]!;
    expect(found.map((neighbour) => neighbour.word)).toEqual(neighbours.map(([other]) => other));
    found.forEach(({ similarity }, i) => expect(similarity).toBeCloseTo(neighbours[i]![1], 5));
  });
});

describe('neighbours', () => {
  it('are those of a plain search, for many queries at once', () => {
    const random = new Random(2);
    const words = Array.from({ length: 1300 }, (_, i) => `w${i}`);
    const data = Float32Array.from({ length: 1300 * 7 }, () => random.normal());
    const some = new WordVectors(words, 7, data);
    const queries = Array.from({ length: 9 }, () => Float32Array.from({ length: 7 }, () => random.normal()));
    const found = new NearestIndex(some).search(queries, { top: 6, exclude: (query) => [query, 1299] });
    for (const [q, query] of queries.entries()) {
      const cosine = (i: number): number => {
        const row = some.row(i);
        return row.reduce((sum, v, k) => sum + v * query[k]!, 0) / Math.hypot(...row) / Math.hypot(...query);
      };
      const order = words.map((_, i) => i).filter((i) => i !== q && i !== 1299);
      order.sort((a, b) => cosine(b) - cosine(a));
      expect(found[q]!.map(({ index }) => index)).toEqual(order.slice(0, 6));
      expect(found[q]![0]!.similarity).toBeCloseTo(cosine(order[0]!), 5);
    }
  });

  it('of few words are few; queries and numbers out of range are refused', () => {
    const two = new WordVectors(['a', 'b'], 2, Float32Array.of(1, 0, 0, 0));
    const index = new NearestIndex(two);
    expect(index.search([Float32Array.of(2, 0)])[0]!.map(({ word, similarity }) => [word, similarity])).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
    expect(() => index.search([Float32Array.of(1)])).toThrow(/a query of 2 floats, got 1/);
    expect(() => index.search([], { top: 0 })).toThrow(/top to be a whole number/);
    expect(() => new WordVectors(['a'], 2, new Float32Array(3))).toThrow(/1 rows of 2 floats, got 3/);
  });
});

describe('files of questions and pairs', () => {
  it('name the line that is wrong', () => {
    expect(() => parseAnalogies('a b c d\n')).toThrow(/line 1: expected a section/);
    expect(() => parseAnalogies(': x\na b c d\na b c\n')).toThrow(/line 3: expected four words/);
    expect(() => parseSimilarities('# remark\na\tb\tc\n')).toThrow(/line 2: expected two words and a number/);
    expect(parseSimilarities('a\tb\t1.5\r\n\n')).toEqual([['a', 'b', 1.5]]);
  });

  it('give ranks with ties, and correlations', () => {
    expect(ranks([3, 1, 3, 2, 3])).toEqual([4, 1, 4, 2, 4]);
    expect(pearson([1, 2, 3], [2, 4, 6.5])).toBeCloseTo(0.9979487157886735, 12);
    const none = scoreSimilarities(vectors, [['qqq', 'zzz', 1]]);
    expect(none).toEqual({ spearman: Number.NaN, pearson: Number.NaN, pairs: 0, unknown: 1 });
  });
});
