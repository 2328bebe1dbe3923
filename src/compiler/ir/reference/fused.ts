import { InvalidInput } from '../../../base/core/index.js';
import { numElements } from '../../tensor/index.js';
import { attentionKernel, cachedAttentionKernel } from './attention.js';
import { broadcastMap, numbersOf } from './values.js';
import type { Kernel, Kernels, Numbers, OutputSpec, Value } from './values.js';

type Names =
  | 'matmul'
  | 'softmax'
  | 'logSoftmax'
  | 'layerNorm'
  | 'rmsNorm'
  | 'crossEntropy'
  | 'crossEntropyGrad'
  | 'rope'
  | 'attention'
  | 'cachedAttention';

const ignored = -100;

/** For each matrix of the output, the number of the matrix of x that broadcasting puts there. */
function stackMap(x: Value, spec: OutputSpec): Int32Array {
  return broadcastMap(x.shape.slice(0, -2), spec.shape.slice(0, -2));
}

const matmul: Kernel<'matmul'> = ({ transposeA, transposeB, alpha }, [a, b], [spec], make) => {
  const y = make(spec);
  const [rows, columns] = spec.shape.slice(-2);
  const inner = a.shape.at(transposeA ? -2 : -1)!;
  const [da, db, dy] = [numbersOf(a), numbersOf(b), numbersOf(y)];
  const [mapA, mapB] = [stackMap(a, spec), stackMap(b, spec)];
  const [rowA, innerA] = transposeA ? [1, rows] : [inner, 1];
  const [innerB, columnB] = transposeB ? [1, inner] : [columns, 1];
  const sums = new Float64Array(columns);
  for (let n = 0; n < mapA.length; n++) {
    const [startA, startB] = [mapA[n] * rows * inner, mapB[n] * inner * columns];
    for (let r = 0; r < rows; r++) {
      sums.fill(0);
      for (let k = 0; k < inner; k++) {
        const factor = da[startA + r * rowA + k * innerA];
        for (let c = 0; c < columns; c++) sums[c] += factor * db[startB + k * innerB + c * columnB];
      }
      for (let c = 0; c < columns; c++) dy[(n * rows + r) * columns + c] = alpha * sums[c];
    }
  }
  return [y];
};

/** Calls `row` with each stretch along the last axis. */
function eachRow(shape: readonly number[], row: (start: number, width: number, index: number) => void): void {
  const width = shape.at(-1)!;
  const rows = numElements(shape.slice(0, -1));
  for (let r = 0; r < rows; r++) row(r * width, width, r);
}

function logSumExp(data: Numbers, start: number, width: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < width; i++) largest = Math.max(largest, data[start + i]);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let i = 0; i < width; i++) sum += Math.exp(data[start + i] - largest);
  return largest + Math.log(sum);
}

const softmax =
  (finish: (logProbability: number) => number): Kernel<'softmax' | 'logSoftmax'> =>
  (_, [x], [spec], make) => {
    const y = make(spec);
    const [from, to] = [numbersOf(x), numbersOf(y)];
    eachRow(x.shape, (start, width) => {
      const total = logSumExp(from, start, width);
      for (let i = start; i < start + width; i++) to[i] = finish(from[i] - total);
    });
    return [y];
  };

const layerNorm: Kernel<'layerNorm'> = ({ epsilon }, [x, scale, bias], outputs, make) => {
  const results = outputs.map(make);
  const [y, means, inverses] = results.map(numbersOf);
  const [from, s, b] = [x, scale, bias].map(numbersOf);
  eachRow(x.shape, (start, width, row) => {
    let mean = 0;
    for (let i = 0; i < width; i++) mean += from[start + i] / width;
    let variance = 0;
    for (let i = 0; i < width; i++) variance += (from[start + i] - mean) ** 2 / width;
    const inverse = 1 / Math.sqrt(variance + epsilon);
    for (let i = 0; i < width; i++) y[start + i] = (from[start + i] - mean) * inverse * s[i] + b[i];
    means[row] = mean;
    inverses[row] = inverse;
  });
  return results;
};

const rmsNorm: Kernel<'rmsNorm'> = ({ epsilon }, [x, scale], outputs, make) => {
  const results = outputs.map(make);
  const [y, inverses] = results.map(numbersOf);
  const [from, s] = [x, scale].map(numbersOf);
  eachRow(x.shape, (start, width, row) => {
    let square = 0;
    for (let i = 0; i < width; i++) square += from[start + i] ** 2 / width;
    const inverse = 1 / Math.sqrt(square + epsilon);
    for (let i = 0; i < width; i++) y[start + i] = from[start + i] * inverse * s[i];
    inverses[row] = inverse;
  });
  return results;
};

function checkTarget(target: number, width: number): void {
  if (target !== ignored && (target < 0 || target >= width)) {
    throw new InvalidInput(
      'run.index',
      `crossEntropy: expected targets from 0 to ${width - 1} or ${ignored}, got ${target}`,
    );
  }
}

const crossEntropy: Kernel<'crossEntropy'> = (_, [logits, targets], outputs, make) => {
  const results = outputs.map(make);
  const [losses, totals] = results.map(numbersOf);
  const [from, wanted] = [logits, targets].map(numbersOf);
  eachRow(logits.shape, (start, width, row) => {
    checkTarget(wanted[row], width);
    const total = logSumExp(from, start, width);
    totals[row] = total;
    losses[row] = wanted[row] === ignored ? 0 : total - from[start + wanted[row]];
  });
  return results;
};

const crossEntropyGrad: Kernel<'crossEntropyGrad'> = (_, [logits, targets, totals, dLoss], [spec], make) => {
  const result = make(spec);
  const to = numbersOf(result);
  const [from, wanted, total, by] = [logits, targets, totals, dLoss].map(numbersOf);
  eachRow(logits.shape, (start, width, row) => {
    checkTarget(wanted[row], width);
    if (wanted[row] === ignored) return;
    for (let i = 0; i < width; i++) to[start + i] = Math.exp(from[start + i] - total[row]) * by[row];
    to[start + wanted[row]] -= by[row];
  });
  return [result];
};

const rope: Kernel<'rope'> = ({ interleaved }, [x, cosine, sine], [spec], make) => {
  const y = make(spec);
  const [from, to, c, s] = [x, y, cosine, sine].map(numbersOf);
  const [, heads, length, size] = x.shape;
  const half = size / 2;
  eachRow(x.shape, (start, _, row) => {
    const batch = Math.floor(row / (heads * length));
    const table = ((cosine.shape[0] === 1 ? 0 : batch) * length + (row % length)) * half;
    for (let i = 0; i < half; i++) {
      const first = start + (interleaved ? 2 * i : i);
      const second = interleaved ? first + 1 : first + half;
      to[first] = from[first] * c[table + i] - from[second] * s[table + i];
      to[second] = from[second] * c[table + i] + from[first] * s[table + i];
    }
  });
  return [y];
};

export const fusedKernels: Kernels<Names> = {
  matmul,
  softmax: softmax(Math.exp),
  logSoftmax: softmax((logProbability) => logProbability),
  layerNorm,
  rmsNorm,
  crossEntropy,
  crossEntropyGrad,
  rope,
  attention: attentionKernel,
  cachedAttention: cachedAttentionKernel,
};
