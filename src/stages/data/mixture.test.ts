import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mixDocuments, sequenceBatches, stagesByScore } from './mixture.js';
import { packDocuments } from './pack.js';
import { documentsInMemory } from './token-documents.js';

const repeated = (length: number, value: number): number[] => Array.from({ length }, () => value);
const documents = (first: number, lengths: readonly number[]) =>
  documentsInMemory(lengths.map((length, i) => ({ ids: Array.from({ length }, () => first + i), bytes: length })));
const shareOf = (mixture: ReturnType<typeof mixDocuments>, name: string): number => {
  let tokens = 0;
  for (let i = 0; i < mixture.count; i++) if (mixture.partOf(i) === name) tokens += mixture.lengthOf(i);
  return tokens / mixture.tokens;
};

describe('mixDocuments', () => {
  const web = documents(1000, repeated(400, 20));
  const books = documents(5000, repeated(10, 20));

  it('gives each source its share, by weight and by temperature', () => {
    const half = mixDocuments([
      { name: 'web', documents: web, weight: 1 },
      { name: 'books', documents: books, weight: 1 },
    ]);
    expect(shareOf(half, 'books')).toBeCloseTo(0.5, 2);
    expect(half.epochs.books).toBeCloseTo(20.5);
    expect(half.tokens).toBeCloseTo(8200, -2);
    const even = mixDocuments(
      [
        { name: 'web', documents: web },
        { name: 'books', documents: books },
      ],
      { temperature: 2 },
    );
    // Shares of √8000 and √200.
    expect(shareOf(even, 'books')).toBeCloseTo(Math.sqrt(200) / (Math.sqrt(200) + Math.sqrt(8000)), 2);
  });

  it('takes every document so many times as there are whole epochs, and of the rest a seeded part', () => {
    const property = fc.property(
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 }),
      fc.double({ min: 0, max: 4, noNaN: true }),
      fc.nat(),
      (lengths, epochs, seed) => {
        const part = documents(1, lengths);
        const mixture = mixDocuments([{ name: 'a', documents: part, epochs }], { seed });
        const times = repeated(lengths.length, 0);
        const target = new Int32Array(1);
        for (let i = 0; i < mixture.count; i++) {
          mixture.copy(i, 0, 1, target, 0);
          times[target[0] - 1]++;
        }
        for (const count of times) expect([Math.floor(epochs), Math.floor(epochs) + 1]).toContain(count);
        // Nearer to what was asked than the longest document is long.
        expect(Math.abs(mixture.tokens - epochs * part.tokens)).toBeLessThanOrEqual(Math.max(...lengths) + 1);
      },
    );
    fc.assert(property);
  });

  it('is the same for one seed and packs into the same batches', () => {
    const mix = (seed: number) =>
      packDocuments(
        mixDocuments(
          [
            { name: 'web', documents: web, epochs: 0.3 },
            { name: 'books', documents: books, epochs: 2 },
          ],
          { seed },
        ),
        {
          sequenceLength: 64,
          batchSize: 2,
          seed: 1,
        },
      );
    expect(mix(3).batch(7)).toEqual(mix(3).batch(7));
    expect(mix(3).batch(7)).not.toEqual(mix(4).batch(7));
  });

  it('refuses what leaves nothing', () => {
    expect(() => mixDocuments([])).toThrow(/different names/);
    expect(() => mixDocuments([{ name: 'web', documents: web, weight: 0 }])).toThrow(/above 0/);
    expect(() => mixDocuments([{ name: 'web', documents: web, weight: 1, epochs: 1 }])).toThrow(/not both/);
  });
});

describe('a curriculum', () => {
  it('gives stages of rising score and the batches of one stage after another', () => {
    const part = documents(1, repeated(30, 8));
    const scores = Array.from({ length: 30 }, (_, i) => (i === 3 ? Number.NaN : (i * 7) % 30));
    const stages = stagesByScore(part, scores, 3);
    expect(stages.map(({ count }) => count)).toEqual([10, 10, 10]);
    const target = new Int32Array(1);
    const ids = stages.map((stage) =>
      Array.from({ length: stage.count }, (_, i) => (stage.copy(i, 0, 1, target, 0), scores[target[0] - 1])),
    );
    expect(Math.max(...ids[0])).toBeLessThan(Math.min(...ids[1]));
    expect(ids[2].at(-1)).toBeNaN();
    const packed = stages.map((stage) => packDocuments(stage, { sequenceLength: 16, batchSize: 1, seed: 1 }));
    const all = sequenceBatches(packed);
    expect(all.batchesPerEpoch).toBe(15);
    expect(all.batch(4)).toEqual(packed[0].batch(4));
    expect(all.batch(5)).toEqual(packed[1].batch(0));
    // The last stage goes on, in its next epoch.
    expect(all.batch(16)).toEqual(packed[2].batch(6));
    expect(() => stagesByScore(part, [1], 2)).toThrow(/30 scores/);
  });
});
