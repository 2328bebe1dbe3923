import { describe, expect, it } from 'vitest';
import { Random } from '../../../base/core/index.js';
import { trainBpe } from './bpe.js';
import { countWords } from './count.js';
import { WordCounter } from './word-counter.js';

const countsOf = (counter: WordCounter) =>
  new Map(Array.from({ length: counter.size }, (_, word) => [counter.text(word), counter.count(word)]));

describe('WordCounter', () => {
  it('forgets the rarest pieces where there are too many, and says how wrong its counts may be', () => {
    const random = new Random(7);
    const counter = new WordCounter(1024);
    const exact = new Map<string, number>();
    for (let i = 0; i < 200_000; i++) {
      // Ranks by Zipf's law: some words come often, most once.
      const word = `w${Math.floor(1 / (random.float() + 1e-5))}`;
      exact.set(word, (exact.get(word) ?? 0) + 1);
      counter.add(word, 0, word.length);
    }
    const counts = countsOf(counter);
    expect(counter.forgotten).toBeGreaterThan(0);
    let all = counter.forgotten;
    for (const [word, count] of counts) {
      const times = exact.get(word) as number;
      expect(count).toBeLessThanOrEqual(times);
      expect(count).toBeGreaterThanOrEqual(times - counter.error);
      all += count;
    }
    expect(all).toBe(200_000);
    for (const [word, times] of exact) if (times > counter.error) expect(counts.has(word)).toBe(true);
  });

  it('refuses a piece that is too long for its memory', () => {
    const counter = new WordCounter(100);
    expect(() => counter.add('x'.repeat(200), 0, 200)).toThrow(/pieces of at most 50 characters/);
  });
});

describe('countWords', () => {
  it('trains the same vocabulary in little memory, but for rare words', async () => {
    const random = new Random(1);
    const common = ['the', 'egg', 'hen', 'lays', 'an', 'and', 'breaks', 'nest', 'shell', 'yolk'];
    const texts = function* () {
      for (let i = 0; i < 3000; i++) {
        const words = Array.from({ length: 20 }, () => common[random.int(common.length)]);
        yield `${words.join(' ')} ${random.int(1e9).toString(36)}\n`;
      }
    };
    const format = { normalizer: null, pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false } };
    const counter = await countWords(texts(), format, [], { mostDistinct: 8192 });
    expect(counter.forgotten).toBeGreaterThan(0);
    expect(counter.size).toBeLessThan(2000);
    const tokenizer = await trainBpe(texts(), { vocabSize: 290, mostDistinct: 8192 });
    expect(tokenizer.encode(' breaks the shell')).toHaveLength(3);
  });
});
