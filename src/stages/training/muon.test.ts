import { describe, expect, it } from 'vitest';
import { Random } from '../../base/core/index.js';
import { matmul, trace } from '../../compiler/ir/index.js';
import { createInterpreter } from '../../compiler/runtime/index.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import { orthogonalize } from './muon.js';

const random = new Random(5);

/** Gram matrix of the orthogonalized matrix over its shorter side, and its product with the matrix itself. */
async function gramOf(rows: number, columns: number, values: Float32Array) {
  const executor = createInterpreter();
  const wide = rows <= columns;
  const graph = trace('gram', { x: { dtype: 'f32', shape: [rows, columns] } }, ({ x }) => {
    const y = orthogonalize(x);
    return { gram: wide ? matmul(y, y, { transposeB: true }) : matmul(y, y, { transposeA: true }), y };
  });
  const program = await executor.load(graph);
  const feeds = { x: hostTensor('f32', [rows, columns], values) };
  const { gram, y } = await executor.run({ program, feeds, fetch: ['gram', 'y'] });
  await executor.close();
  return { gram: gram.data as Float32Array, y: y.data as Float32Array, size: Math.min(rows, columns) };
}

describe('Newton–Schulz orthogonalization', () => {
  it.each([
    [12, 12],
    [8, 24],
    [24, 8],
    [1, 5],
  ])('brings the singular values of a %i x %i matrix near 1', async (rows, columns) => {
    const values = Float32Array.from({ length: rows * columns }, () => 0.01 * random.normal());
    const { gram, size } = await gramOf(rows, columns, values);
    let trace_ = 0;
    for (let i = 0; i < size; i++) trace_ += gram[i * size + i];
    // The quintic leaves singular values between about 0.7 and 1.2 instead of at 1.
    expect(trace_ / size).toBeGreaterThan(0.45);
    expect(trace_ / size).toBeLessThan(1.5);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) expect(Math.abs(gram[i * size + j])).toBeLessThan(0.35);
    }
  });

  it('keeps singular vectors: a diagonal matrix stays diagonal, with signs', async () => {
    const diagonal = [3, -0.5, 1, -2];
    const values = new Float32Array(16);
    diagonal.forEach((d, i) => (values[i * 5] = d));
    const { y } = await gramOf(4, 4, values);
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        if (i !== j) expect(Math.abs(y[i * 4 + j])).toBeLessThan(1e-5);
        else {
          expect(Math.sign(y[i * 5])).toBe(Math.sign(diagonal[i]));
          expect(Math.abs(y[i * 5])).toBeGreaterThan(0.65);
          expect(Math.abs(y[i * 5])).toBeLessThan(1.25);
        }
      }
    }
  });

  it('survives a gradient of zeros', async () => {
    const { y } = await gramOf(3, 4, new Float32Array(12));
    expect(y.every((value) => value === 0)).toBe(true);
  });
});
