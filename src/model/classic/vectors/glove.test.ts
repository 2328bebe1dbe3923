import { describe, expect, it } from 'vitest';
import { Random } from '../../../base/core/index.js';
import { countCooccurrences } from './cooccurrence.js';
import type { SpillStore } from './cooccurrence.js';
import { buildCorpus } from './corpus.js';
import { cosine, trainGlove } from './index.js';

/** Files in memory. */
function memoryStore(): SpillStore & { appended: number } {
  const files = new Map<number, Uint8Array>();
  return {
    appended: 0,
    append(bucket, bytes) {
      this.appended++;
      files.set(bucket, Buffer.concat([files.get(bucket) ?? new Uint8Array(0), bytes]));
      return Promise.resolve();
    },
    read: (bucket) => Promise.resolve(files.get(bucket) ?? new Uint8Array(0)),
    replace: (bucket, bytes) => Promise.resolve(void files.set(bucket, bytes)),
  };
}

function text(sentences: number, words: number): string[] {
  const random = new Random(4);
  return Array.from({ length: sentences }, () =>
    Array.from({ length: 5 + random.int(20) }, () => `w${Math.floor(words * random.float() ** 2)}`).join(' '),
  );
}

describe('co-occurrences', () => {
  it.each([false, true])('are counts of 1/distance within the window; beyond memory: %s', async (spilled) => {
    const corpus = await buildCorpus(text(300, 60), { minCount: 1 });
    const expected = new Map<string, number>();
    for (let s = 0; s + 1 < corpus.starts.length; s++) {
      const ids = corpus.ids.subarray(corpus.starts[s], corpus.starts[s + 1]);
      // Each position looks left and right, as word and context; a pair is filed under its lower id.
      for (let i = 0; i < ids.length; i++) {
        for (let j = Math.max(0, i - 4); j <= Math.min(ids.length - 1, i + 4); j++) {
          if (i === j || ids[i]! > ids[j]!) continue;
          const key = `${ids[i]} ${ids[j]}`;
          expected.set(key, (expected.get(key) ?? 0) + 1 / Math.abs(i - j));
        }
      }
    }
    const spill = memoryStore();
    const options = spilled ? { maxPairs: 50, spill } : { maxPairs: 1e6 };
    const counts = await countCooccurrences(corpus, { window: 4, ...options });
    expect(spill.appended > 100).toBe(spilled);
    expect([counts.pairs, counts.parts]).toEqual([expected.size, spilled ? 64 : 1]);
    for (let part = 0; part < counts.parts; part++) {
      const { first, second, count } = await counts.part(part);
      for (let i = 0; i < first.length; i++) {
        const key = `${first[i]} ${second[i]}`;
        expect(count[i]! / expected.get(key)!, key).toBeCloseTo(1, 10);
        expected.delete(key);
      }
    }
    expect(expected.size).toBe(0);
  });
});

describe('GloVe', () => {
  it('learns less loss each epoch, the same from the same seed, in memory and beyond it', async () => {
    const sentences = text(200, 40);
    const train = async (options: object) => trainGlove(sentences, { dim: 8, minCount: 1, window: 5, ...options });
    const losses = [];
    for (const epochs of [1, 5, 25]) losses.push((await train({ epochs })).figures.loss);
    expect(losses[1]! < losses[0]! && losses[2]! < losses[1]!).toBe(true);
    const [one, same, other] = [await train({ seed: 3 }), await train({ seed: 3 }), await train({ seed: 4 })];
    expect(one.vectors.data).toEqual(same.vectors.data);
    expect(one.vectors.data).not.toEqual(other.vectors.data);
    const beyond = await train({ seed: 3, maxPairs: 1000, spill: memoryStore() });
    expect(beyond.figures.loss / one.figures.loss).toBeCloseTo(1, 0);
  });

  it('brings words together that have the same neighbours', async () => {
    const random = new Random(5);
    const sentences = Array.from({ length: 2000 }, () => {
      const [subject, verb] =
        random.int(2) === 0 ? ['hen cock chick', 'pecks clucks'] : ['node edge arc', 'links joins'];
      return `${random.pick(subject.split(' '))} ${random.pick(verb.split(' '))} ${random.pick(['well', 'here', 'now'])}`;
    });
    const { vectors } = await trainGlove(sentences, { dim: 10, window: 2, epochs: 30, xMax: 10 });
    const like = (a: string, b: string): number => cosine(vectors.vector(a)!, vectors.vector(b)!);
    expect(Math.min(like('hen', 'cock'), like('node', 'arc'))).toBeGreaterThan(
      Math.max(like('hen', 'node'), like('cock', 'arc')),
    );
  });

  it('refuses options out of range', async () => {
    await expect(trainGlove(['a'], { xMax: 0 })).rejects.toThrow(/GloVe: expected xMax to be a number from/);
    await expect(trainGlove(['a'], {})).rejects.toThrow(/words that occur 5 times/);
  });
});
