import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordSorter, UnionFind } from './index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-sorter-'));
});
afterAll(() => rm(folder, { recursive: true }));

let number = 0;
async function sorted(keys: readonly (readonly [number, number])[], memoryBytes?: number) {
  const sorter = new RecordSorter({ words: 3, keyWords: 2, folder, name: `t${number++}`, memoryBytes });
  for (const [i, [a, b]] of keys.entries()) {
    if (sorter.full) await sorter.spill();
    sorter.add(a, b, i);
  }
  const out: number[][] = [];
  for await (const block of sorter.sorted()) {
    for (let at = 0; at < block.length; at += 3) out.push(Array.from(block.subarray(at, at + 3)));
  }
  return { out, runs: sorter.runs };
}

describe('records', () => {
  it('are sorted in memory and on disk as a stable sort does', async () => {
    const word = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffffffff }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(word, word), { maxLength: 700, size: 'max' }), async (keys) => {
        const expected = keys.map(([a, b], i) => [a, b, i]).sort((x, y) => x[0] - y[0] || x[1] - y[1]);
        expect((await sorted(keys)).out).toEqual(expected);
        const spilled = await sorted(keys, 800);
        expect(spilled.out).toEqual(expected);
        if (keys.length > 128) expect(spilled.runs).toBeGreaterThan(1);
      }),
      { numRuns: 40 },
    );
    expect((await readdir(folder)).length).toBeGreaterThan(0);
  });
});

describe('union-find', () => {
  it('has the lowest index of a cluster as its root, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(19), fc.nat(19)), { maxLength: 30 }), (pairs) => {
        const one = new UnionFind(20);
        const other = new UnionFind(20);
        for (const [a, b] of pairs) one.union(a, b);
        for (const [a, b] of pairs.toReversed()) other.union(b, a);
        for (let i = 0; i < 20; i++) {
          expect(one.find(i)).toBeLessThanOrEqual(i);
          expect(other.find(i)).toBe(one.find(i));
        }
      }),
    );
  });
});
