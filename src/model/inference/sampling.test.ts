import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SamplingParams } from '../../base/contract/index.js';
import { Sampler, largest, logSumExp, noToken, topLogprobs, validateSampling } from './index.js';

const row = (...values: number[]) => Float32Array.from(values);

/** Share of each token over many draws. */
function shares(logits: number[], params: SamplingParams, draws = 20_000): number[] {
  const sampler = new Sampler(params, [], 11);
  const counts = logits.map(() => 0);
  for (let i = 0; i < draws; i++) counts[sampler.next(row(...logits))]!++;
  return counts.map((count) => count / draws);
}

const softmax = (logits: number[]) => {
  const normalizer = logSumExp(row(...logits));
  return logits.map((value) => Math.exp(value - normalizer));
};

function expectShares(actual: number[], expected: number[]): void {
  expected.forEach((share, id) => {
    if (share === 0) expect(actual[id]).toBe(0);
    // Five standard errors of 20,000 draws.
    else expect(Math.abs((actual[id] as number) - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / 20_000));
  });
}

describe('largest', () => {
  it('equals a full sort', () => {
    const values = fc.array(fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, 1, -1)), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 320 }), (list, k) => {
        const data = Float32Array.from(list);
        const sorted = Array.from(data.keys()).sort((a, b) => {
          const [x, y] = [data[a] as number, data[b] as number];
          return x === y ? a - b : y > x ? 1 : -1;
        });
        expect(Array.from(largest(data, k))).toEqual(sorted.slice(0, k));
      }),
      { numRuns: 300 },
    );
  });
});

describe('Sampler', () => {
  const logits = [2, 1, 0.5, 0, -1, -3];
  const p = softmax(logits);

  it('is greedy at temperature 0, ties going to the lower id', () => {
    expect(new Sampler({ temperature: 0 }, [], 1).next(row(1, 3, 3, 2))).toBe(1);
  });

  it('follows the distribution', () => {
    expectShares(shares(logits, {}), p);
    expectShares(shares([2, 0, -40, -1e30, -Infinity], { temperature: 1 }), [...softmax([2, 0]), 0, 0, 0]);
    expectShares(shares(logits, { temperature: 2 }), softmax(logits.map((value) => value / 2)));
  });

  it('draws the same where the sum is known', () => {
    const list = fc.array(fc.float({ min: -60, max: 60, noNaN: true }), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(list, fc.integer(), (values, seed) => {
        const logits = row(...values);
        const [known, unknown] = [new Sampler({ seed }, [], 0), new Sampler({ seed }, [], 0)];
        for (let draw = 0; draw < 5; draw++) {
          expect(known.next(logits.slice(), logSumExp(logits))).toBe(unknown.next(logits.slice()));
        }
      }),
      { seed: 1 },
    );
    // Rounded to f32, the sum of large logits may lie below the largest of them.
    const large = row(3e6, 3e6 - 1, 0);
    expect([0, 1]).toContain(new Sampler({ seed: 1 }, [], 0).next(large, Math.fround(logSumExp(large)) - 0.5));
    // Bias and penalties change the sum.
    const biased = new Sampler({ logitBias: { 0: 100 } }, [], 1);
    expect(biased.next(row(0, 5, 5), logSumExp(row(0, 5, 5)))).toBe(0);
  });

  it('keeps k, the nucleus, and what min-p allows', () => {
    const cut = (keep: (share: number, id: number) => boolean) => {
      const kept = p.map((share, id) => (keep(share, id) ? share : 0));
      const sum = kept.reduce((a, b) => a + b, 0);
      return kept.map((share) => share / sum);
    };
    expectShares(
      shares(logits, { topK: 2 }),
      cut((_, id) => id < 2),
    );
    // 0.586 + 0.216 reach 0.7.
    expectShares(
      shares(logits, { topP: 0.7 }),
      cut((_, id) => id < 2),
    );
    expectShares(
      shares(logits, { minP: 0.2 }),
      cut((share) => share >= 0.2 * (p[0] as number)),
    );
    // Top-p counts the mass of what top-k left: 0.586 / (0.586 + 0.216) = 0.73 of two.
    expect(shares(logits, { topK: 2, topP: 0.7 })).toEqual([1, 0, 0, 0, 0, 0]);
    expectShares(
      shares(logits, { topP: 0.95, minP: 0.3 }),
      cut((share) => share >= 0.3 * (p[0] as number)),
    );
  });

  it('keeps nine tenths of equal tokens, the first ones', () => {
    const flat = Array.from({ length: 200 }, () => 0);
    const sampler = new Sampler({ topP: 0.9 }, [], 5);
    const seen = new Set(Array.from({ length: 5000 }, () => sampler.next(row(...flat))));
    expect(seen.size).toBe(180);
  });

  it('repeats with a seed', () => {
    const draw = (seed: number) => {
      const sampler = new Sampler({ seed }, [], 0);
      return Array.from({ length: 40 }, () => sampler.next(row(...logits)));
    };
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });

  it('applies bias and penalties', () => {
    expect(new Sampler({ temperature: 0, logitBias: { 2: 100 } }, [], 1).next(row(1, 0, 0))).toBe(2);
    expect(new Sampler({ temperature: 0, repetitionPenalty: 2 }, [0], 1).next(row(3, 2, 0))).toBe(1);
    expect(new Sampler({ temperature: 0, repetitionPenalty: 2 }, [0], 1).next(row(-1, -1.5, -9))).toBe(1);
    const presence = new Sampler({ temperature: 0, presencePenalty: 2 }, [0], 1);
    expect([0, 1, 2].map(() => presence.next(row(3, 2, 0)))).toEqual([0, 1, 0]);
    const frequency = new Sampler({ temperature: 0, frequencyPenalty: 0.6 }, [], 1);
    expect([0, 1, 2, 3].map(() => frequency.next(row(3, 2, 0)))).toEqual([0, 0, 1, 0]);
  });

  it.each([
    [{ temperature: -1 }, 'temperature'],
    [{ temperature: Number.NaN }, 'temperature'],
    [{ topP: 0 }, 'topP'],
    [{ minP: 2 }, 'minP'],
    [{ repetitionPenalty: 0 }, 'repetitionPenalty'],
    [{ logitBias: { 9: 1 } }, 'logitBias'],
  ])('refuses %j', (params, field) => {
    expect(() => validateSampling(params, 6)).toThrow(field);
  });
});

it('ranks log-probabilities', () => {
  const logits = row(0, 2, 1);
  const top = topLogprobs(logits, logSumExp(logits), 2);
  expect(top.map(([id]) => id)).toEqual([1, 2]);
  expect(Math.exp(top[0]?.[1] as number)).toBeCloseTo(Math.E ** 2 / (1 + Math.E + Math.E ** 2), 6);
});

it.each([{ temperature: 0 }, {}, { topK: 2 }, { topP: 0.5 }, { minP: 0.1 }])(
  'ends where all is forbidden: %j',
  (params) => {
    const sampler = new Sampler({ ...params, noRepeatNgram: 1, seed: 1 }, [1], 1);
    const written = Array.from({ length: 4 }, () => sampler.next(row(3, 2, 1)));
    expect(written.slice(0, 2).sort()).toEqual([0, 2]);
    expect(written.slice(2)).toEqual([noToken, noToken]);
  },
);

it('forbids what would repeat a sequence of prompt and output', () => {
  // Always the likeliest of 0, 1, 2 that is left: pairs of the prompt (0 1) and of what was written do not come again.
  const sampler = new Sampler({ temperature: 0, noRepeatNgram: 2 }, [0, 1], 1);
  const written = Array.from({ length: 4 }, () => sampler.next(row(3, 2, 1)));
  expect(written).toEqual([0, 0, 2, 0]);
});
