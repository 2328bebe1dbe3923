import { describe, expect, it } from 'vitest';
import { Random } from '../../../base/core/index.js';
import { Products, gloveKernels, readRows, trainingKernels, trainingLayout, trainingMemory } from './index.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const near = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(actual[i]! - expected[i]!) <= tolerance)) expect(actual[i], `at ${i}`).toBe(expected[i]);
  }
};
const filled = (random: Random, length: number): Float64Array =>
  Float64Array.from({ length }, () => Math.fround(random.normal() / 2));

/** Kernels over random matrices, and the same numbers in double precision, without padding. */
function setUp(dim: number, rows: number, threads = 1, thread = 0) {
  const random = new Random(dim);
  const layout = trainingLayout({ dim, inputRows: rows, outputRows: rows, maxInputs: 8, maxTargets: 16 }, threads);
  const memory = trainingMemory(layout);
  const matrices = { input: filled(random, rows * dim), output: filled(random, rows * dim) };
  for (const name of ['input', 'output'] as const) {
    const data = new Float32Array(memory.buffer, layout[name], rows * layout.stride);
    for (let i = 0; i < rows * dim; i++) data[Math.floor(i / dim) * layout.stride + (i % dim)] = matrices[name][i]!;
  }
  return { layout, memory, kernels: trainingKernels(memory, layout, thread), ...matrices };
}

const row = (matrix: Float64Array, index: number, dim: number): Float64Array =>
  matrix.subarray(index * dim, (index + 1) * dim);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

// 1 and 5 have padding, 320 is the longest row without a loop, 333 and 400 have a loop, with and without a rest.
const sizes = [1, 4, 5, 100, 320, 333, 384, 400];

describe('training kernels', () => {
  it.each(sizes)('step does what the formulas say, %i columns', (dim) => {
    for (const inputs of [[3], [1, 4, 2]]) {
      const { layout, memory, kernels, input, output } = setUp(dim, 6, 2, 1);
      const targets = [5, 0, 2, 0];
      const labels = [1, 0, 0, 1];
      kernels.inputs.set(inputs);
      kernels.targets.set(targets);
      kernels.labels.set(labels);
      const scale = 1 / inputs.length;
      const loss = kernels.step(inputs.length, targets.length, 0.1, scale, 0.5);

      const hidden = new Float64Array(dim);
      for (const i of inputs) row(input, i, dim).forEach((v, k) => void (hidden[k]! += v * scale));
      const error = new Float64Array(dim);
      let expected = 0;
      for (const [n, target] of targets.entries()) {
        const out = row(output, target, dim);
        const x = dot(hidden, out);
        expected -= Math.log(labels[n] === 1 ? sigmoid(x) : sigmoid(-x));
        const factor = 0.1 * (labels[n]! - sigmoid(x));
        for (let k = 0; k < dim; k++) {
          error[k]! += factor * out[k]!;
          out[k]! += factor * hidden[k]!;
        }
      }
      for (const i of inputs) row(input, i, dim).forEach((_, k, r) => void (r[k]! += 0.5 * error[k]!));
      // The sigmoid comes from a table in steps of 1/64.
      expect(Math.abs(loss - expected)).toBeLessThan(0.05);
      near(readRows(memory, layout, 'input', 6), input, 2e-3);
      near(readRows(memory, layout, 'output', 6), output, 2e-3);
    }
  });

  it.each(sizes)('gather, score, learn and spread do what the formulas say, %i columns', (dim) => {
    const { layout, memory, kernels, input, output } = setUp(dim, 5);
    const inputs = [4, 0];
    kernels.inputs.set(inputs);
    kernels.gather(2, 0.5);
    const hidden = Float64Array.from({ length: dim }, (_, k) => (row(input, 4, dim)[k]! + row(input, 0, dim)[k]!) / 2);
    near(kernels.hidden, hidden, 1e-6);
    kernels.score(3);
    const scores = [0, 1, 2].map((i) => dot(hidden, row(output, i, dim)));
    near(kernels.scores.subarray(0, 3), scores, 1e-4);
    const factors = [0.5, -0.25, 0.125];
    kernels.scores.set(factors);
    kernels.learn(3);
    kernels.spread(2, 0.5);
    const error = new Float64Array(dim);
    for (const [i, factor] of factors.entries()) {
      const out = row(output, i, dim);
      for (let k = 0; k < dim; k++) {
        error[k]! += factor * out[k]!;
        out[k]! += factor * hidden[k]!;
      }
    }
    for (const i of inputs) row(input, i, dim).forEach((_, k, r) => void (r[k]! += 0.5 * error[k]!));
    near(readRows(memory, layout, 'input', 5), input, 1e-5);
    near(readRows(memory, layout, 'output', 5), output, 1e-5);
  });

  it('stays within the table for scores that are large or not a number', () => {
    const { kernels, memory, layout } = setUp(4, 2);
    const data = new Float32Array(memory.buffer, layout.input, 8);
    for (const value of [1e30, -1e30, Number.NaN]) {
      data.fill(value);
      kernels.labels[0] = 1;
      expect(() => kernels.step(1, 1, 0.1, 1, 1)).not.toThrow();
    }
  });

  it('refuses matrices beyond 4 GiB', () => {
    const sizes = { dim: 300, inputRows: 4e6, outputRows: 1, maxInputs: 1, maxTargets: 1 };
    expect(() => trainingLayout(sizes)).toThrow(/at most 4 GiB in all, got 4000001 rows of 300 floats \(4\.5 GiB\)/);
  });
});

describe('GloVe’s kernel', () => {
  it.each([1, 5, 100, 333])('takes the AdaGrad steps of the formulas, %i columns', (dim) => {
    const rows = 4;
    const kernels = gloveKernels(rows, dim, 0.05, 100);
    const random = new Random(dim);
    const [data, biases] = [filled(random, rows * dim), filled(random, rows)];
    for (let i = 0; i < rows * dim; i++) {
      kernels.data[Math.floor(i / dim) * kernels.stride + (i % dim)] = data[i]!;
    }
    kernels.biases.set(biases);
    const squares = new Float64Array(rows * dim).fill(1);
    const biasSquares = new Float64Array(rows).fill(1);
    const entries = [
      [0, 2, 1.5, 1],
      [1, 3, 0.2, 0.3],
      [0, 2, -0.5, 0.7],
    ] as const;
    for (const [n, [a, b, log, weight]] of entries.entries()) {
      kernels.first[n] = a;
      kernels.second[n] = b;
      kernels.logs[n] = log;
      kernels.weights[n] = weight;
    }
    const loss = kernels.steps(entries.length);
    let expected = 0;
    for (const [a, b, log, weight] of entries) {
      const [w, v] = [row(data, a, dim), row(data, b, dim)];
      const diff = dot(w, v) + biases[a]! + biases[b]! - log;
      expected += 0.5 * weight * diff * diff;
      const step = 0.05 * weight * diff;
      for (let k = 0; k < dim; k++) {
        const [dw, dv] = [step * v[k]!, step * w[k]!];
        const [sw, sv] = [row(squares, a, dim), row(squares, b, dim)];
        w[k]! -= dw / Math.sqrt(sw[k]!);
        v[k]! -= dv / Math.sqrt(sv[k]!);
        sw[k]! += dw * dw;
        sv[k]! += dv * dv;
      }
      for (const i of [a, b]) {
        biases[i]! -= step / Math.sqrt(biasSquares[i]!);
        biasSquares[i]! += step * step;
      }
    }
    expect(Math.abs(loss / expected - 1)).toBeLessThan(1e-5);
    near(kernels.biases, biases, 1e-5);
    const got = Float64Array.from(data, (_, i) => kernels.data[Math.floor(i / dim) * kernels.stride + (i % dim)]!);
    near(got, data, 1e-5);
  });
});

describe('Products', () => {
  it.each([
    [1, 3, 7],
    [5, 1025, 1],
    [100, 700, 5],
    [333, 3, 300],
  ])('multiplies %i columns of %i rows with %i queries', (dim, rows, numQueries) => {
    const random = new Random(dim);
    const products = new Products(rows, dim);
    const data = Array.from({ length: rows }, () => Float32Array.from(filled(random, dim)));
    const queries = Array.from({ length: numQueries }, () => Float32Array.from(filled(random, dim)));
    for (const [i, values] of data.entries()) products.row(i).set(values);
    const seen = queries.map(() => new Float64Array(rows).fill(Number.NaN));
    products.scan(queries, (query, first, count, scores, offset) => {
      for (let i = 0; i < count; i++) seen[query]![first + i] = scores[offset + 4 * i]!;
    });
    for (const [q, query] of queries.entries()) {
      near(
        seen[q]!,
        data.map((values) => dot(values, query)),
        1e-4,
      );
    }
  });
});
