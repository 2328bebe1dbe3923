import type { PieceLattice } from './piece-lattice.js';
import { best } from './seed-pieces.js';

/** Pieces expected less often than this are dropped. */
const leastExpected = 0.5;

/** ψ(x) for x > 0: recurrence up to 10, then the asymptotic series (Abramowitz and Stegun 6.3.5 and 6.3.18). */
export function digamma(x: number): number {
  let value = 0;
  for (; x < 10; x++) value -= 1 / x;
  const inverse = 1 / (x * x);
  return (
    value + Math.log(x) - 0.5 / x - inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240))))
  );
}

/** Probabilities by the share of each weight. */
export function shares(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => Math.max(weight, leastExpected) / total);
}

/**
 * One step of expectation maximization. The M-step takes exp(ψ(expected)) instead of the counts, which with a sparse prior
 * makes rare pieces rarer (Liang and Klein 2007); pieces expected less than half a time go, single symbols and the `wanted` best do not.
 */
export function emStep(
  lattice: PieceLattice,
  probabilities: Float64Array,
  singles: number,
  wanted: number,
): Float64Array<ArrayBufferLike> {
  const expected = lattice.expected(probabilities);
  const all = Array.from(expected.keys());
  let kept = all.filter((piece) => piece < singles || expected[piece] >= leastExpected);
  if (kept.length < wanted && kept.length < all.length) {
    kept = best(
      expected.map((count, piece) => (piece < singles ? Infinity : count)),
      wanted,
    );
  }
  const counts = Float64Array.from(kept, (piece) => Math.max(expected[piece], leastExpected));
  if (kept.length < all.length) lattice.keep(kept);
  const total = digamma(counts.reduce((sum, count) => sum + count, 0));
  return counts.map((count) => Math.exp(digamma(count) - total));
}

/**
 * Prunes to `target` pieces: those stay without which the likelihood of the text falls most, were their best segmentation into
 * others used instead. Single symbols stay. The probabilities of what is left.
 */
export function prune(
  lattice: PieceLattice,
  probabilities: Float64Array,
  singles: number,
  target: number,
): Float64Array {
  const scores = probabilities.map(Math.log);
  const used = lattice.used(scores);
  const total = used.reduce((sum, count) => sum + count, 0);
  const logTotal = Math.log(total);
  const losses = used.map((count, piece) => {
    if (piece < singles) return Infinity;
    // Not used at all: they go first, the likeliest last.
    if (count === 0) return -Number.MAX_VALUE * (1 - probabilities[piece]);
    const { pieces } = lattice.alternative(piece, scores);
    const logAlternative = Math.log(total + count * (pieces.length - 1));
    let change = Math.log(count) - logTotal;
    for (const other of pieces) change -= Math.log(used[other] + count) - logAlternative;
    return (count / total) * change;
  });
  const kept = best(losses, Math.max(target, singles));
  lattice.keep(kept);
  return Float64Array.from(kept, (piece) => probabilities[piece]);
}
