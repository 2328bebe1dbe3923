import { describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import { Random } from '../../../base/core/index.js';
import type { Document } from '../document.js';
import {
  UnionFind,
  agreement,
  bandCurve,
  deduplicate,
  exactStep,
  jaccard,
  type MinHashOptions,
  minHashPresets,
  minHashSettings,
  minHashSignatures,
  minHashStep,
  steps,
  textSimilarity,
} from './index.js';
import { Shingler } from './shingles.js';
import { distinct } from './signature.js';
import { jsonDocuments, madeUpWord, perturbed } from './testing.js';

const document = (id: string, text: string, more: Partial<Document> = {}): Document => ({
  id,
  text,
  source: 's',
  ...more,
});
const ids = (documents: readonly Document[]): string => documents.map(({ id }) => id).join('');

describe('exact deduplication', () => {
  const documents = [
    document('a', 'The hen laid an egg.', { time: '2020-01-01', source: 'x', metadata: { score: 1 } }),
    document('b', 'the HEN — laid an égg', { time: '2024-01-01', source: 'y', metadata: { score: 3 } }),
    document('c', 'The hen laid an egg.', { source: 'y', metadata: { score: 2 } }),
    document('d', 'The hen laid two eggs.'),
  ];

  it.each([
    ['normalized, the longest stays', {}, 'bd'],
    ['raw', { normalize: false }, 'abd'],
    ['the first', { keep: 'first' }, 'ad'],
    ['the newest', { keep: 'newest' }, 'bd'],
    ['the best score', { keep: { highest: 'score' } }, 'bd'],
    ['by source', { keep: { sources: ['z', 'x', 'y'] } }, 'ad'],
    ['within a source', { keep: 'first', within: 'source' }, 'abd'],
    ['within a field', { keep: 'first', within: 'score' }, 'abcd'],
  ] as const)('%s', async (_, options, expected) => {
    const { kept, verdicts } = await deduplicate(documents, exactStep(structuredClone(options) as object));
    expect(ids(kept)).toBe(expected);
    expect(verdicts.map(({ index }) => index)).toEqual(verdicts.map(({ index }) => index).sort((a, b) => a - b));
    for (const { drop } of verdicts) expect(drop).toBe('exactDuplicate');
  });

  it('says which copy stayed', async () => {
    const { verdicts } = await deduplicate(documents, exactStep({ keep: { highest: 'score' } }));
    expect(verdicts.map(({ detail }) => detail)).toEqual(['copy of b', 'copy of b']);
  });
});

describe('MinHash-LSH', () => {
  it('marks near-duplicates instead of dropping them, where asked', async () => {
    const text = Array.from({ length: 60 }, (_, i) => madeUpWord(i)).join(' ');
    const documents = [
      document('a', `${text} end`),
      document('b', `${text} end of it`),
      document('c', 'Something else that nobody else says about a hen and her egg.'),
    ];
    const { kept, verdicts } = await deduplicate(documents, minHashStep({ action: 'mark' }));
    expect(kept.map(({ metadata }) => metadata?.cluster)).toEqual(['b', 'b', undefined]);
    expect(verdicts).toEqual([
      { index: 0, metadata: { cluster: 'b' } },
      { index: 1, metadata: { cluster: 'b' } },
    ]);
  });

  it('has the published settings and their curves', () => {
    const at = (name: keyof typeof minHashPresets) =>
      [0.7, 0.8, 0.9].map((s) => Number(bandCurve(s, minHashPresets[name]).toFixed(3)));
    expect(at('datatrove')).toEqual([0.565, 0.924, 1]);
    expect(at('curator')).toEqual([0.177, 0.677, 0.997]);
    expect(at('marin')).toEqual([0.405, 0.903, 1]);
    expect(at('recall')[1]).toBeGreaterThan(0.995);
    expect(minHashSettings({ preset: 'marin', bands: 9 })).toMatchObject({
      bands: 9,
      rows: 11,
      mostCharacters: 500_000,
    });
  });

  it.each(['datatrove', 'curator', 'marin', 'recall'] as const)(
    'estimates Jaccard similarity within its variance: %s',
    (preset) => {
      const random = new Random(7);
      const signatures = minHashSignatures({ preset });
      const places = minHashPresets[preset].bands * minHashPresets[preset].rows;
      const text = Array.from({ length: 400 }, () => madeUpWord(random.int(5000))).join(' ');
      let squares = 0;
      let bias = 0;
      const rounds = 60;
      for (let round = 0; round < rounds; round++) {
        const one = perturbed(text, 0.04, random);
        const other = perturbed(text, 0.04, random);
        const exact = textSimilarity(one, other, { preset });
        const error = agreement(signatures(one)!, signatures(other)!) - exact;
        expect(exact).toBeLessThan(1);
        squares += error ** 2 / ((exact * (1 - exact)) / places);
        bias += error / rounds;
      }
      expect(Math.abs(bias)).toBeLessThan(0.03);
      // Mean of squared errors in units of the theory's variance: 1, here of 60 draws.
      expect(squares / rounds).toBeLessThan(2);
    },
  );

  it('finds near-duplicates of real text: recall and precision against every pair’s Jaccard similarity', async (context) => {
    const path = testData(context, 'pretrain/nltk-english/movie_reviews.jsonl.gz');
    const random = new Random(11);
    const documents: Document[] = [];
    for (const { text } of jsonDocuments(path).slice(0, 130)) {
      const short = text
        .split(' ')
        .slice(0, 120 + random.int(130))
        .join(' ');
      documents.push(document(`${documents.length}`, short));
      for (let copy = 0; copy < 3; copy++) {
        documents.push(document(`${documents.length}`, perturbed(short, 0.002 + random.float() * 0.03, random)));
      }
    }
    random.shuffle(documents);
    const shingler = new Shingler(minHashSettings({}));
    const sets = documents.map(({ text }) => distinct(shingler.shingles(text)));
    const pairs: [number, number, number][] = [];
    for (let i = 1; i < sets.length; i++) {
      for (let j = 0; j < i; j++) {
        const similarity = jaccard(sets[i]!, sets[j]!);
        if (similarity > 0.3) pairs.push([i, j, similarity]);
      }
    }
    const above = pairs.filter(([, , similarity]) => similarity > 0.8);
    expect(above.length).toBeGreaterThan(200);

    const measure = async (options: MinHashOptions) => {
      const { verdicts } = await deduplicate(documents, minHashStep({ ...options, keep: 'first' }));
      const places = new Map(documents.map(({ id }, index) => [id, index]));
      const clusters = new UnionFind(documents.length);
      for (const { index, detail } of verdicts) clusters.union(index, places.get(detail!.replace('copy of ', ''))!);
      const together = pairs.filter(([i, j]) => clusters.find(i) === clusters.find(j));
      const found = above.filter(([i, j]) => clusters.find(i) === clusters.find(j)).length;
      // Pairs in one cluster that are less alike than 0.5 are false, whatever joined them.
      const wrong = together.filter(([, , similarity]) => similarity < 0.5).length;
      return { recall: found / above.length, precision: 1 - wrong / together.length };
    };
    const plain = await measure({});
    expect(plain.recall).toBeGreaterThanOrEqual(0.95);
    expect(plain.precision).toBeGreaterThan(0.9);
    const verified = await measure({ preset: 'recall', verify: 0.8 });
    expect(verified.recall).toBeGreaterThanOrEqual(0.99);
    expect(verified.precision).toBeGreaterThanOrEqual(plain.precision);
    if (process.env.ABOVO_PRINT) console.log({ pairs: pairs.length, above: above.length, plain, verified });
  });

  it('joins short and empty texts only where they are equal', async () => {
    const documents = ['', '', 'one', 'One!', 'two', '—'].map((text, i) => document(`${i}`, text));
    const { kept } = await deduplicate(documents, minHashStep({ keep: 'first' }));
    expect(ids(kept)).toBe('01245');
  });

  it('gives the same in every run and another thing for another seed', () => {
    const text = 'one two three four five six seven';
    expect(minHashSignatures({ seed: 3 })(text)).toEqual(minHashSignatures({ seed: 3 })(text));
    expect(minHashSignatures({ seed: 3 })(text)).not.toEqual(minHashSignatures({ seed: 4 })(text));
  });
});

describe('steps', () => {
  it('have names, versions and defaults', async () => {
    expect(steps.map(({ name }) => name)).toEqual([
      'exactDedup',
      'minHashDedup',
      'substringDedup',
      'sentenceDedup',
      'semanticDedup',
    ]);
    for (const definition of steps) {
      expect(definition.version).toBeGreaterThan(0);
      if (definition.name === 'semanticDedup') continue;
      const step = await definition.create(definition.options.parse({}), { folder: '.', seed: 1 });
      expect('decide' in step).toBe(true);
      expect(definition.options.safeParse({ nonsense: 1 }).success).toBe(false);
    }
  });
});
