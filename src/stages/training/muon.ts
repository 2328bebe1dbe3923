import { add, constant, div, matmul, mul, reduceSum, sqrt } from '../../compiler/ir/index.js';
import type { Tensor } from '../../compiler/ir/index.js';
import { hostTensor } from '../../compiler/tensor/index.js';

/** Coefficients of the quintic, chosen for the steepest slope at zero (Jordan et al. 2024). */
const a = 3.4445;
const b = -4.775;
const c = 2.0315;

function scaledIdentity(size: number, scale: number): Tensor {
  const values = new Float32Array(size * size);
  for (let i = 0; i < size; i++) values[i * size + i] = scale;
  return constant(hostTensor('f32', [size, size], values));
}

/**
 * Brings every singular value of a matrix [R, C] near 1 (about 0.7 to 1.2) while keeping its singular vectors: five
 * Newton–Schulz steps X ← aX + b(XXᵀ)X + c(XXᵀ)²X, written as one product (aI + bA + cA²)X with A the smaller Gram
 * matrix, so that only min(R, C)² elements pass through element-wise operations.
 */
export function orthogonalize(matrix: Tensor, iterations = 5): Tensor {
  const [rows, columns] = matrix.shape as readonly number[];
  const wide = rows <= columns;
  const norm = sqrt(reduceSum(mul(matrix, matrix), [0, 1], { keepDims: true }));
  let x = div(matrix, add(norm, 1e-7));
  const identity = scaledIdentity(Math.min(rows, columns), a);
  for (let i = 0; i < iterations; i++) {
    const gram = wide ? matmul(x, x, { transposeB: true }) : matmul(x, x, { transposeA: true });
    const polynomial = add(add(matmul(gram, gram, { alpha: c }), mul(gram, b)), identity);
    x = wide ? matmul(polynomial, x) : matmul(x, polynomial);
  }
  return x;
}
