import { describe, expect, it } from 'vitest';
import { Random } from '../../../base/core/index.js';
import { WordVectors, cosine, embeddingsFor } from './index.js';
import { eigenvectors, principalAxes, randomOrthonormal } from './projection.js';

const random = new Random(1);
const words = Array.from({ length: 60 }, (_, i) => `word${i}`);
const dim = 12;
// Columns of falling spread: the first principal axes hold most of it.
const data = Float32Array.from({ length: words.length * dim }, (_, i) => (random.normal() * 3) / (1 + (i % dim)));
const vectors = new WordVectors(words, dim, data);
const options = { hiddenSize: dim, seed: 3, std: 0.02 };

const deviation = (values: Float32Array): number => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
};
const rowOf = (matrix: Float32Array, row: number, size: number) => matrix.subarray(row * size, (row + 1) * size);

describe('embeddings that start from vectors', () => {
  it('say by which spelling a token was found', () => {
    const some = new WordVectors(
      ['egg', 'Hen', 'hen', '##s', 'nest'],
      2,
      Float32Array.from({ length: 10 }, (_, i) => i),
    );
    const tokens = ['egg', '▁egg', 'Ġnest', '##s', '##egg', '▁EGG', 'NEST', '▁Hen', '[PAD]', '▁', '##'];
    const { coverage } = embeddingsFor(some, tokens, { hiddenSize: 2, seed: 1, std: 0.02 });
    expect(coverage).toEqual({ tokens: 11, found: 8, exact: 2, stripped: 4, lowercase: 2, subwords: 0 });
  });

  it('let a model of n-grams compose the rest', () => {
    const source = {
      dim: 2,
      has: (word: string) => word === 'egg',
      vector: (word: string) => (word.length > 2 ? Float32Array.of(word.length, 1) : undefined),
    };
    const tokens = ['egg', '▁unseen', 'ab', '▁'];
    const { coverage } = embeddingsFor(source, tokens, { hiddenSize: 2, seed: 1, std: 1 });
    expect(coverage).toMatchObject({ found: 2, exact: 1, subwords: 1 });
  });

  it.each([
    [12, undefined, 'none'],
    [40, undefined, 'random'],
    [5, undefined, 'pca'],
    [5, 'random', 'random'],
    [12, 'pca', 'pca'],
  ] as const)('of %i columns (%s) have the spread asked for, and keep what they can', (hiddenSize, projection, way) => {
    const tokens = [...words, ...Array.from({ length: 500 }, (_, i) => `<${i}>`)];
    const result = embeddingsFor(vectors, tokens, { ...options, hiddenSize, projection });
    expect([result.projection, result.coverage.found]).toEqual([way, 60]);
    expect(deviation(result.data.subarray(0, 60 * hiddenSize))).toBeCloseTo(0.02, 6);
    expect(Math.abs(deviation(result.data.subarray(60 * hiddenSize)) / 0.02 - 1)).toBeLessThan(0.08);
    // Nothing is lost where the size stays or grows: angles are the same.
    if (hiddenSize < dim) return;
    for (const [a, b] of [
      [0, 1],
      [5, 40],
    ] as const) {
      const angle = cosine(rowOf(result.data, a, hiddenSize), rowOf(result.data, b, hiddenSize));
      expect(angle).toBeCloseTo(cosine(vectors.row(a), vectors.row(b)), 5);
    }
  });

  it('repeat from a seed, and rows without a vector do not depend on the others', () => {
    const first = embeddingsFor(vectors, ['x', 'word1', 'y'], { ...options, hiddenSize: 20 });
    expect(embeddingsFor(vectors, ['x', 'word1', 'y'], { ...options, hiddenSize: 20 })).toEqual(first);
    const other = embeddingsFor(vectors, ['x', 'z', 'y'], { ...options, hiddenSize: 20 });
    expect(rowOf(other.data, 2, 20)).toEqual(rowOf(first.data, 2, 20));
    expect(embeddingsFor(vectors, ['x'], { ...options, seed: 4 }).data).not.toEqual(
      embeddingsFor(vectors, ['x'], options).data,
    );
    expect(other.coverage).toMatchObject({ found: 0 });
  });

  it('refuse what cannot be', () => {
    const make = (more: object) => () => embeddingsFor(vectors, words, { ...options, ...more });
    expect(make({ projection: 'pca', hiddenSize: 13 })).toThrow(/at most 12 columns from principal axes, got 13/);
    expect(make({ std: 0 })).toThrow(/a positive std/);
    expect(make({ hiddenSize: 1.5 })).toThrow(/a whole hiddenSize/);
    const one = new WordVectors(['a'], 3, Float32Array.of(1, 2, 3));
    expect(() => embeddingsFor(one, ['a'], { ...options, hiddenSize: 2 })).toThrow(/at least 2 rows/);
  });
});

describe('projections', () => {
  it('random directions are of length 1 and at right angles', () => {
    const [rows, columns] = [7, 9];
    const q = randomOrthonormal(rows, columns, new Random(2));
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < rows; j++) {
        let dot = 0;
        for (let k = 0; k < columns; k++) dot += q[i * columns + k]! * q[j * columns + k]!;
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 12);
      }
    }
  });

  it('eigenvectors are those of the matrix, greatest value first', () => {
    // Eigenvalues 3 + √2, 3 and 3 - √2.
    const matrix = Float64Array.of(3, 1, 0, 1, 3, 1, 0, 1, 3);
    const rows = eigenvectors(Float64Array.from(matrix), 3);
    for (const [i, value] of [3 + Math.SQRT2, 3, 3 - Math.SQRT2].entries()) {
      const v = rows.subarray(3 * i, 3 * i + 3);
      for (let r = 0; r < 3; r++) {
        expect(matrix.subarray(3 * r, 3 * r + 3).reduce((sum, x, k) => sum + x * v[k]!, 0)).toBeCloseTo(
          value * v[r]!,
          10,
        );
      }
    }
  });

  it('principal axes hold more of the spread than any other directions', () => {
    const axes = principalAxes(data, dim, 3);
    const held = (directions: ArrayLike<number>): number => {
      let sum = 0;
      for (let d = 0; d < 3; d++) {
        const along = words.map((_, i) => vectors.row(i).reduce((s, x, k) => s + x * directions[d * dim + k]!, 0));
        sum += deviation(Float32Array.from(along)) ** 2;
      }
      return sum;
    };
    expect(held(axes)).toBeGreaterThan(
      0.8 * Array.from({ length: dim }, (_, k) => (3 / (1 + k)) ** 2).reduce((a, b) => a + b),
    );
    for (let seed = 0; seed < 20; seed++)
      expect(held(axes)).toBeGreaterThan(held(randomOrthonormal(3, dim, new Random(seed))));
  });
});
