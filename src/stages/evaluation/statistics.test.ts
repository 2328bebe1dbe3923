import { describe, expect, it } from 'vitest';
import { pairedTest, wilsonInterval } from './index.js';

describe('wilsonInterval', () => {
  // scipy.stats.binomtest(k, n).proportion_ci(method='wilson')
  it.each([
    [8, 10, 0.4901624715366418, 0.9433178485456248],
    [0, 20, 0, 0.16112515805281935],
    [1203, 2432, 0.4748080848885327, 0.5145179856133678],
    [20, 20, 0.8388748419471808, 1],
  ])('gives the interval of %i of %i', (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials);
    expect(interval.value).toBe(successes / trials);
    expect(interval.low).toBeCloseTo(low, 12);
    expect(interval.high).toBeCloseTo(high, 12);
  });

  it('refuses what is no share', () => {
    expect(() => wilsonInterval(3, 2)).toThrow(/got 3 of 2/);
    expect(() => wilsonInterval(0, 0)).toThrow(/at least one trial/);
  });
});

describe('pairedTest', () => {
  const answers = (wins: number, losses: number, ties: number): [boolean[], boolean[]] => [
    [...Array.from({ length: wins }, () => true), ...Array.from({ length: losses + ties }, () => false)],
    [
      ...Array.from({ length: wins }, () => false),
      ...Array.from({ length: losses }, () => true),
      ...Array.from({ length: ties }, () => false),
    ],
  ];

  // scipy.stats.binomtest(min(wins, losses), wins + losses).pvalue
  it.each([
    [1, 8, 0.0390625],
    [310, 255, 0.023014404253127403],
    [5, 5, 1],
    [40, 12, 0.0001275387838557407],
  ])('gives the exact p of %i wins and %i losses', (wins, losses, p) => {
    const test = pairedTest(...answers(wins, losses, 7));
    expect(test).toMatchObject({ wins, losses, ties: 7 });
    expect(test.pValue).toBeCloseTo(p, 12);
    expect(test.midP).toBeLessThanOrEqual(test.pValue);
  });

  it('counts half of the observed outcome in mid-p', () => {
    // Binomial(9, 1/2): P(0) = 1/512, P(1) = 9/512; two sides.
    expect(pairedTest(...answers(1, 8, 0)).midP).toBeCloseTo((2 * (1 + 4.5)) / 512, 12);
  });

  it('finds no difference where there is none, and stays finite for many pairs', () => {
    expect(pairedTest([true, false], [true, false])).toMatchObject({ pValue: 1, midP: 1, ties: 2 });
    const large = pairedTest(...answers(6000, 4000, 0));
    expect(large.pValue).toBeGreaterThan(0);
    expect(large.pValue).toBeLessThan(1e-80);
    expect(() => pairedTest([true], [])).toThrow(/as many answers/);
  });
});
