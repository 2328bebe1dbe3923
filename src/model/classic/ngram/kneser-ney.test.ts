import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trainKneserNey } from './index.js';

const documents = fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 30 }), {
  minLength: 1,
  maxLength: 8,
});
const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** The definition, word for word and slow: n-grams as strings, nothing shared with the model. */
function reference(docs: number[][], order: number, vocabSize: number) {
  const grams = (n: number) => {
    const raw = new Map<string, number>();
    const first = new Map<string, number>();
    for (const doc of docs) {
      for (let t = 0; t + n <= doc.length; t++) {
        const key = doc.slice(t, t + n).join(' ');
        raw.set(key, (raw.get(key) ?? 0) + 1);
        if (t === 0) first.set(key, (first.get(key) ?? 0) + 1);
      }
    }
    return { raw, first };
  };
  const adjusted = (n: number): Map<string, number> => {
    const { raw, first } = grams(n);
    if (n === order) return n === 1 ? new Map([...raw].map(([k, c]) => [k, c - (first.get(k) ?? 0)])) : raw;
    const counts = new Map<string, number>(n === 1 ? [] : first);
    for (const key of grams(n + 1).raw.keys()) {
      const suffix = key.split(' ').slice(1).join(' ');
      counts.set(suffix, (counts.get(suffix) ?? 0) + 1);
    }
    return counts;
  };
  return (context: number[], token: number, discounts: readonly (readonly number[])[]): number => {
    const at = (n: number): number => {
      if (n === 0) return 1 / vocabSize;
      const prefix = context.slice(context.length - (n - 1)).join(' ');
      const lower = at(n - 1);
      if (n > 1 && context.length < n - 1) return lower;
      let total = 0;
      let freed = 0;
      let kept = 0;
      for (const [key, count] of adjusted(n)) {
        const words = key.split(' ');
        if (words.slice(0, -1).join(' ') !== prefix || count === 0) continue;
        const d = discounts[n - 1]![Math.min(count, 3) - 1]!;
        total += count;
        freed += d;
        if (words.at(-1) === String(token)) kept = count - d;
      }
      return total === 0 ? lower : (kept + freed * lower) / total;
    };
    return at(Math.min(order, context.length + 1));
  };
}

describe('Kneser-Ney', () => {
  it('gives probabilities that sum to one after any context', () => {
    fc.assert(
      fc.property(
        documents,
        fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 7 }),
        fc.integer({ min: 1, max: 5 }),
        (docs, context, order) => {
          const model = trainKneserNey(docs, { vocabSize: 7, order });
          expect(sum(model.distribution(context))).toBeCloseTo(1, 10);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('agrees with the definition written out over strings', () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 1, max: 4 }), (docs, order) => {
        const model = trainKneserNey(docs, { vocabSize: 7, order });
        const expected = reference(docs, order, 7);
        const ids = docs[0]!;
        model.logprobs(ids).forEach((logprob, t) => {
          expect(Math.exp(logprob)).toBeCloseTo(expected(ids.slice(0, t + 1), ids[t + 1]!, model.discounts), 10);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('knows a repeated text better than a shuffled one', () => {
    const text = Array.from({ length: 2000 }, (_, i) => (i * i) % 17);
    const model = trainKneserNey([text], { vocabSize: 17 });
    const shuffled = [...text].sort((a, b) => ((a * 7) % 17) - ((b * 7) % 17));
    expect(sum(model.logprobs(text))).toBeGreaterThan(sum(model.logprobs(shuffled)));
    expect(model.ngrams).toHaveLength(5);
  });

  it('refuses ids outside the vocabulary, a wrong order and more n-grams than allowed', () => {
    expect(() => trainKneserNey([[0, 9]], { vocabSize: 4 })).toThrow(/expected ids below 4, got 9/);
    expect(() => trainKneserNey([[0]], { vocabSize: 4, order: 0 })).toThrow(/order from 1 to 10/);
    expect(() => trainKneserNey([[0, 1, 2, 3, 0, 2]], { vocabSize: 4, maxNgrams: 2 })).toThrow(/at most 2 n-grams/);
    expect(() => trainKneserNey([[0, 1]], { vocabSize: 2 }).logprobs([0, 2])).toThrow(/expected ids below 2/);
  });
});
