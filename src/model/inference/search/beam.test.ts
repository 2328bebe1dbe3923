import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../base/core/index.js';
import { advanceBeams, startBeams } from './index.js';
import type { BeamOptions, BeamState } from './index.js';

/** A random model of short memory: log-probabilities [V] after a token, and after nothing. */
function chain(V: number, seed: number): (last: number | undefined) => number[] {
  const random = new Random(seed);
  const rows = Array.from({ length: V + 1 }, () => {
    const logits = Array.from({ length: V }, () => 3 * random.float());
    const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
    return logits.map((x) => x - total);
  });
  return (last) => rows[last ?? V] as number[];
}

function searchAll(V: number, seed: number, options: BeamOptions): BeamState {
  const model = chain(V, seed);
  let state = startBeams(options);
  while (!state.done) {
    const rows = state.running.flatMap(({ ids }) => model(ids.at(-1)));
    state = advanceBeams(state, Float32Array.from(rows), options);
  }
  return state;
}

/** Scores of every answer that ends with the stop token or at the greatest length, best first. */
function everyScore(V: number, seed: number, { maxTokens, stopTokenIds, lengthPenalty = 1 }: BeamOptions): number[] {
  const model = chain(V, seed);
  const scores: number[] = [];
  const visit = (ids: number[], sum: number) => {
    model(ids.at(-1)).forEach((logprob, id) => {
      const length = ids.length + 1;
      if (stopTokenIds.includes(id) || length === maxTokens) scores.push((sum + logprob) / length ** lengthPenalty);
      else visit([...ids, id], sum + logprob);
    });
  };
  visit([], 0);
  return scores.sort((a, b) => b - a);
}

describe('beam search', () => {
  it('finds the best answers of all where there are beams enough', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(-1, 0, 0.5, 1, 2), (seed, lengthPenalty) => {
        const options = {
          numBeams: 64,
          maxTokens: 3,
          stopTokenIds: [1],
          lengthPenalty,
          earlyStopping: 'never' as const,
        };
        const { finished } = searchAll(4, seed, options);
        const best = everyScore(4, seed, options);
        finished.slice(0, 20).forEach(({ score }, i) => expect(score).toBeCloseTo(best[i] as number, 4));
      }),
      { numRuns: 25 },
    );
  });

  it('is greedy with one beam', () => {
    const model = chain(9, 5);
    const { finished } = searchAll(9, 5, { numBeams: 1, maxTokens: 6, stopTokenIds: [] });
    let last: number | undefined;
    for (const id of finished[0]?.ids ?? []) {
      const row = model(last);
      expect(id).toBe(row.indexOf(Math.max(...row)));
      last = id;
    }
    expect(finished[0]?.ids.length).toBe(6);
  });

  it('keeps answers ordered, ended and different', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(true, false, 'never' as const),
        (seed, numBeams, earlyStopping) => {
          const options = { numBeams, maxTokens: 7, stopTokenIds: [2, 3], earlyStopping, lengthPenalty: 0.8 };
          const { finished } = searchAll(12, seed, options);
          expect(finished.length).toBe(numBeams);
          expect(new Set(finished.map(({ ids }) => ids.join())).size).toBe(numBeams);
          const scores = finished.map(({ score }) => score);
          expect(scores).toEqual(scores.toSorted((a, b) => b - a));
          for (const { ids } of finished) {
            expect(ids.slice(0, -1).some((id) => id === 2 || id === 3)).toBe(false);
            expect(ids.length === 7 || [2, 3].includes(ids.at(-1) as number)).toBe(true);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
