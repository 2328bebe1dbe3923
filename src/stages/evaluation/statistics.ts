import { InvalidInput } from '../../base/core/index.js';

/** A share with its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Two-sided 95 % quantile of the standard normal distribution. */
const z95 = 1.959963984540054;

/** Wilson score interval of `successes` out of `trials` (Wilson 1927): good for small samples and shares near 0 or 1. */
export function wilsonInterval(successes: number, trials: number, z = z95): Interval {
  if (!Number.isInteger(successes) || !Number.isInteger(trials) || trials < 1 || successes < 0 || successes > trials) {
    throw new InvalidInput(
      'statistics.wilson',
      `Wilson interval: expected 0 <= successes <= trials and at least one trial, got ${successes} of ${trials}`,
    );
  }
  const share = successes / trials;
  const z2 = z * z;
  const centre = (share + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = (z / (1 + z2 / trials)) * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials * trials));
  return {
    value: share,
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === trials ? 1 : Math.min(1, centre + half),
  };
}

/** Paired comparison of two models on the same questions. */
export interface PairedTest {
  /** Questions that only the first model, only the second, got right. */
  readonly wins: number;
  readonly losses: number;
  /** Questions on which both were right or both wrong. */
  readonly ties: number;
  /** Two-sided p of the exact McNemar test. */
  readonly pValue: number;
  /** Its mid-p variant, which counts half of the observed outcome's own probability: less conservative. */
  readonly midP: number;
}

/**
 * Exact McNemar test: under equal models a win and a loss are equally likely, so wins among the questions on which the
 * two differ follow Binomial(n, 1/2). Mid-p after Fagerland, Lydersen and Laake (2013).
 */
export function pairedTest(first: readonly boolean[], second: readonly boolean[]): PairedTest {
  if (first.length !== second.length) {
    throw new InvalidInput(
      'statistics.paired',
      `paired test: expected as many answers from both, got ${first.length} and ${second.length}`,
    );
  }
  let wins = 0;
  let losses = 0;
  first.forEach((right, i) => {
    if (right && !second[i]) wins++;
    if (!right && second[i]) losses++;
  });
  return { wins, losses, ties: first.length - wins - losses, ...binomialTest(wins, losses) };
}

function binomialTest(wins: number, losses: number): { pValue: number; midP: number } {
  const n = wins + losses;
  if (n === 0) return { pValue: 1, midP: 1 };
  const least = Math.min(wins, losses);
  // ln C(n, k) - n ln 2, from k = 0 up; the tail is summed from its smallest term.
  let logTerm = -n * Math.LN2;
  let tail = 0;
  let term = 0;
  for (let k = 0; k <= least; k++) {
    if (k > 0) logTerm += Math.log((n - k + 1) / k);
    term = Math.exp(logTerm);
    tail += term;
  }
  return { pValue: Math.min(1, 2 * tail), midP: Math.min(1, 2 * tail - term) };
}
