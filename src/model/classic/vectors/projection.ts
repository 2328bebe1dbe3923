import { InvalidInput, Random } from '../../../base/core/index.js';

/** [rows, columns] with rows of length 1 at right angles (`rows` ≤ `columns`): random, from a seed. */
export function randomOrthonormal(rows: number, columns: number, random: Random): Float64Array {
  const matrix = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const row = matrix.subarray(i * columns, (i + 1) * columns);
    for (;;) {
      for (let k = 0; k < columns; k++) row[k] = random.normal();
      // Gram and Schmidt, twice: one pass leaves what rounding leaves.
      for (let pass = 0; pass < 2; pass++) {
        for (let j = 0; j < i; j++) {
          const other = matrix.subarray(j * columns, (j + 1) * columns);
          let dot = 0;
          for (let k = 0; k < columns; k++) dot += row[k]! * other[k]!;
          for (let k = 0; k < columns; k++) row[k]! -= dot * other[k]!;
        }
      }
      const length = Math.hypot(...row);
      if (length < 1e-6) continue;
      for (let k = 0; k < columns; k++) row[k]! /= length;
      break;
    }
  }
  return matrix;
}

const sweeps = 60;

/** Eigenvectors of a symmetric matrix [n, n] as rows, greatest eigenvalue first (cyclic Jacobi). Destroys the matrix. */
export function eigenvectors(matrix: Float64Array, n: number): Float64Array {
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  const rotate = (
    data: Float64Array,
    i: number,
    j: number,
    step: number,
    c: number,
    s: number,
    count: number,
  ): void => {
    for (let k = 0, a = i, b = j; k < count; k++, a += step, b += step) {
      const [x, y] = [data[a]!, data[b]!];
      data[a] = c * x - s * y;
      data[b] = s * x + c * y;
    }
  };
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let off = 0;
    let all = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        all += matrix[i * n + j]! ** 2;
        if (i !== j) off += matrix[i * n + j]! ** 2;
      }
    }
    if (off <= 1e-22 * all) break;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const x = matrix[p * n + q]!;
        if (x === 0) continue;
        const theta = (matrix[q * n + q]! - matrix[p * n + p]!) / (2 * x);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        rotate(matrix, p, q, n, c, s, n);
        rotate(matrix, p * n, q * n, 1, c, s, n);
        rotate(vectors, p * n, q * n, 1, c, s, n);
      }
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => matrix[b * n + b]! - matrix[a * n + a]!);
  const sorted = new Float64Array(n * n);
  for (const [to, from] of order.entries()) sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n);
  return sorted;
}

/** First principal axes of rows [rows, dim], as [components, dim]; the sign of an axis makes its largest entry positive. */
export function principalAxes(data: Float32Array, dim: number, components: number): Float64Array {
  const rows = data.length / dim;
  if (rows < 2 || components > dim) {
    throw new InvalidInput(
      'vectors.projection',
      `principal axes: expected at least 2 rows and at most ${dim} components, got ${rows} rows and ${components} components`,
    );
  }
  const mean = new Float64Array(dim);
  for (let i = 0; i < data.length; i++) mean[i % dim]! += data[i]! / rows;
  const covariance = new Float64Array(dim * dim);
  const centered = new Float64Array(dim);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < dim; i++) centered[i] = data[row * dim + i]! - mean[i]!;
    for (let i = 0; i < dim; i++) {
      for (let j = i; j < dim; j++) covariance[i * dim + j]! += centered[i]! * centered[j]!;
    }
  }
  for (let i = 0; i < dim; i++) for (let j = 0; j < i; j++) covariance[i * dim + j] = covariance[j * dim + i]!;
  const axes = eigenvectors(covariance, dim).slice(0, components * dim);
  for (let i = 0; i < components; i++) {
    const axis = axes.subarray(i * dim, (i + 1) * dim);
    const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
    if (largest < 0) for (let k = 0; k < dim; k++) axis[k] = -axis[k]!;
  }
  return axes;
}
