import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packDocuments } from './pack.js';
import { documentsInMemory } from './token-documents.js';

/** Documents whose token ids are all different, so that each can be followed. */
function distinct(lengths: readonly number[]) {
  let next = 0;
  return lengths.map((length) => ({ ids: Array.from({ length }, () => next++), bytes: length }));
}

describe('packDocuments', () => {
  it('uses every token once an epoch, with the right target and segment', () => {
    const property = fc.property(
      fc.array(fc.integer({ min: 0, max: 70 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 33 }),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(3),
      (lengths, sequenceLength, batchSize, epoch) => {
        fc.pre(lengths.some((length) => length > 0));
        const documents = distinct(lengths);
        const source = packDocuments(documentsInMemory(documents), { sequenceLength, batchSize, seed: 7 });
        const inputs: number[] = [];
        const targets: number[] = [];
        const nextOf = new Map(documents.flatMap(({ ids }) => ids.slice(0, -1).map((id, i) => [id, ids[i + 1]])));
        const documentOf = new Map(documents.flatMap(({ ids }, i) => ids.map((id) => [id, i])));
        for (let b = 0; b < source.batchesPerEpoch; b++) {
          const batch = source.batch(epoch * source.batchesPerEpoch + b);
          for (let row = 0; row < batchSize; row++) {
            const seen = new Map<number, number>();
            for (let at = row * sequenceLength; at < (row + 1) * sequenceLength; at++) {
              const segment = batch.segments[at];
              if (segment === 0) {
                expect([batch.ids[at], batch.targets[at]]).toEqual([0, -100]);
                continue;
              }
              const id = batch.ids[at];
              inputs.push(id);
              expect(batch.targets[at]).toBe(nextOf.get(id) ?? -100);
              if (batch.targets[at] !== -100) targets.push(batch.targets[at]);
              // A segment is one document and begins at 1, 2, … in order; within it tokens follow each other.
              const document = documentOf.get(id) as number;
              if (!seen.has(segment)) expect(segment).toBe(seen.size + 1);
              else expect(documents[document].ids[documents[document].ids.indexOf(id) - 1]).toBe(batch.ids[at - 1]);
              expect(seen.get(segment) ?? document).toBe(document);
              seen.set(segment, document);
            }
          }
        }
        const all = documents.flatMap(({ ids }) => ids);
        expect(inputs.sort((a, b) => a - b)).toEqual(all);
        expect(targets.sort((a, b) => a - b)).toEqual(documents.flatMap(({ ids }) => ids.slice(1)));
        expect(source.targets).toBe(targets.length);
      },
    );
    fc.assert(property, { numRuns: 150 });
  });

  it('is a pure function of seed and number, reshuffled every epoch', () => {
    const documents = documentsInMemory(distinct(Array.from({ length: 60 }, (_, i) => 1 + ((i * 7) % 23))));
    const options = { sequenceLength: 16, batchSize: 4, seed: 3 };
    const one = packDocuments(documents, options);
    const other = packDocuments(documents, options);
    const far = one.batchesPerEpoch * 5 + 2;
    const expected = one.batch(far);
    for (let i = 0; i < 3; i++) other.batch(i);
    expect(other.batch(far)).toEqual(expected);
    expect(one.batch(0).ids).not.toEqual(one.batch(one.batchesPerEpoch).ids);
    expect(packDocuments(documents, { ...options, seed: 4 }).batch(0).ids).not.toEqual(one.batch(0).ids);
  });

  it('packs short documents tightly', () => {
    const lengths = Array.from({ length: 5000 }, (_, i) => 5 + ((i * 7919) % 61));
    const source = packDocuments(documentsInMemory(distinct(lengths)), { sequenceLength: 256, batchSize: 8 });
    console.log(`packing efficiency: ${(100 * source.efficiency).toFixed(2)} % of ${source.rows} rows of 256`);
    expect(source.efficiency).toBeGreaterThan(0.995);
  });

  it('refuses nothing to pack and impossible sizes', () => {
    const empty = documentsInMemory([]);
    expect(() => packDocuments(empty, { sequenceLength: 8, batchSize: 1 })).toThrow(/expected documents with tokens/);
    const some = documentsInMemory([{ ids: [1, 2] }]);
    expect(() => packDocuments(some, { sequenceLength: 0, batchSize: 1 })).toThrow(/sequenceLength/);
    expect(() => packDocuments(some, { sequenceLength: 2, batchSize: 1 }).batch(-1)).toThrow(/from 0 on/);
  });
});
