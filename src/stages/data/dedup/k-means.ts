import type { Random } from '../../../base/core/index.js';
import { product, unitLength } from './embed.js';

/** Centre nearest to row i by cosine. */
export function nearestCentre(rows: Float32Array, i: number, centres: Float32Array, dim: number): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let c = 0; c * dim < centres.length; c++) {
    const value = product(rows, i, centres, c, dim);
    if (value > most) {
      most = value;
      best = c;
    }
  }
  return best;
}

/**
 * Spherical k-means (Dhillon and Modha 2001): rows of length 1, centres drawn from the rows, ten rounds. A centre that no row
 * is nearest to stays where it was.
 */
export function sphericalKMeans(rows: Float32Array, dim: number, count: number, random: Random): Float32Array {
  const total = rows.length / dim;
  const k = Math.min(count, total);
  const order = random.shuffle(Uint32Array.from({ length: total }, (_, i) => i));
  const centres = new Float32Array(k * dim);
  for (let c = 0; c < k; c++) centres.set(rows.subarray(order[c] * dim, (order[c] + 1) * dim), c * dim);
  const sums = new Float32Array(k * dim);
  const sizes = new Uint32Array(k);
  for (let round = 0; round < 10; round++) {
    sums.fill(0);
    sizes.fill(0);
    for (let i = 0; i < total; i++) {
      const centre = nearestCentre(rows, i, centres, dim);
      sizes[centre]++;
      for (let d = 0; d < dim; d++) sums[centre * dim + d] += rows[i * dim + d];
    }
    for (let c = 0; c < k; c++) {
      if (sizes[c] > 0) centres.set(unitLength(sums.subarray(c * dim, (c + 1) * dim)), c * dim);
    }
  }
  return centres;
}
