import { describe, expect, it } from 'vitest';
import { fillUniform } from './random.js';

function uniform(rows: number, columns: number, seed: number, counter: number, stream: number): Float32Array {
  const numbers = new Float32Array(rows * columns);
  fillUniform(numbers, columns, [seed, counter], stream);
  return numbers;
}

/** How many standard errors a correlation of independent numbers is away from 0. */
function correlation(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - 0.5) * (b[i] - 0.5);
  return (sum * 12) / Math.sqrt(a.length);
}

const bins = 32;

/** Chi-squared of counts that should be equal, in standard deviations from its mean. */
function chiSquared(counts: Float64Array, total: number): number {
  const expected = total / counts.length;
  const sum = counts.reduce((all, count) => all + (count - expected) ** 2 / expected, 0);
  return (sum - (counts.length - 1)) / Math.sqrt(2 * (counts.length - 1));
}

describe('randomUniform', () => {
  it('is what its definition says, bit for bit', () => {
    expect([...uniform(2, 3, 1, 2, 3)].map((x) => x * 2 ** 24)).toMatchInlineSnapshot(`
      [
        14573334,
        16573718,
        12034517,
        12692622,
        5172878,
        16130179,
      ]
    `);
  });

  // Every figure below is in standard errors; of some 200 normal ones the largest is about 3, so 5 leaves room.
  it.each([
    [1, 32768],
    [256, 128],
    [32768, 1],
  ])('looks independent and uniform as [%i, %i]', (rows, columns) => {
    for (const [seed, counter, stream] of [
      [0, 0, 0],
      [1234, 1, 0],
      [1234, 2, 7],
      [-5, 1_000_000, 24],
      [2 ** 31 - 1, -1, 1],
    ]) {
      const numbers = uniform(rows, columns, seed, counter, stream);
      const count = numbers.length;
      expect(numbers.every((x) => x >= 0 && x < 1)).toBe(true);
      const mean = numbers.reduce((a, b) => a + b, 0) / count;
      const variance = numbers.reduce((a, b) => a + (b - 0.5) ** 2, 0) / count;
      const single = new Float64Array(bins);
      const pairs = new Float64Array(bins * bins);
      for (let i = 0; i < count; i++) {
        single[Math.floor(numbers[i] * bins)]++;
        if (i > 0) pairs[Math.floor(numbers[i - 1] * bins) * bins + Math.floor(numbers[i] * bins)]++;
      }
      const figures = {
        mean: (mean - 0.5) * Math.sqrt(12 * count),
        variance: (variance - 1 / 12) * Math.sqrt(180 * count),
        bins: chiSquared(single, count),
        pairs: chiSquared(pairs, count - 1),
        neighbour: correlation(numbers.subarray(1), numbers.subarray(0, count - 1)),
        row:
          columns < count && rows > 1
            ? correlation(numbers.subarray(columns), numbers.subarray(0, count - columns))
            : 0,
        step: correlation(numbers, uniform(rows, columns, seed, counter + 1, stream)),
        stream: correlation(numbers, uniform(rows, columns, seed, counter, stream + 1)),
        seed: correlation(numbers, uniform(rows, columns, seed + 1, counter, stream)),
      };
      for (const [name, value] of Object.entries(figures))
        expect(Math.abs(value), `${name} ${seed} ${stream}`).toBeLessThan(5);
    }
  });

  it('depends on the position alone: a longer tensor starts with the same rows', () => {
    expect(uniform(8, 5, 3, 4, 5).subarray(0, 15)).toEqual(uniform(3, 5, 3, 4, 5));
  });
});
