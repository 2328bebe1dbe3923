import { expect, it } from 'vitest';
import type { BatchSource } from '../../base/contract/index.js';
import { mixBatches } from './index.js';

const source = (id: number, batchesPerEpoch: number): BatchSource => ({
  batchSize: 1,
  sequenceLength: 2,
  batchesPerEpoch,
  batch: (index) => ({
    batchSize: 1,
    sequenceLength: 2,
    ids: Int32Array.of(id, index),
    targets: new Int32Array(2),
    segments: new Int32Array(2),
  }),
});

it('draws batches by weight, each source in its own order, whatever is asked for first', () => {
  const parts = [
    { source: source(7, 300), weight: 3 },
    { source: source(8, 300), weight: 1 },
  ];
  const mixed = mixBatches(parts, 5);
  const seen = Array.from({ length: 400 }, (_, n) => [...mixed.batch(n).ids]);
  const of = (id: number) => seen.filter(([part]) => part === id).map(([, index]) => index);
  expect(of(7)).toEqual(of(7).map((_, i) => i));
  expect(of(8)).toEqual(of(8).map((_, i) => i));
  expect(of(7).length / 400).toBeCloseTo(0.75, 1);
  expect(mixed.batchesPerEpoch).toBe(400);
  const again = mixBatches(parts, 5);
  expect([...again.batch(399).ids]).toEqual(seen[399]);
  expect([...again.batch(3).ids]).toEqual(seen[3]);
  expect(() => mixBatches([{ source: source(1, 1), weight: 0 }], 1)).toThrow('expected weights');
});
