import { InvalidInput } from '../../../base/core/index.js';
import { numbersOf } from './values.js';
import type { Kernel, Numbers } from './values.js';

interface Attend {
  readonly q: Numbers;
  readonly queryAt: number;
  readonly k: Numbers;
  readonly v: Numbers;
  /** Position of element 0 of key and value i. */
  keyAt(i: number): number;
  readonly visible: readonly number[];
  /** Added to the scaled score of key i. */
  readonly biasOf?: (i: number) => number;
  readonly scale: number;
  /** Bounds the scaled score; absent or 0 is no bound. */
  readonly softcap?: number;
  readonly size: number;
}

/** One query over its visible keys: writes the output row, gives the probabilities in the order of `visible`. */
function attend(
  { q, queryAt, k, v, keyAt, visible, biasOf, scale, softcap = 0, size }: Attend,
  out: Numbers,
  outAt: number,
): number[] {
  const scores = visible.map((i) => {
    const at = keyAt(i);
    let dot = 0;
    for (let d = 0; d < size; d++) dot += q[queryAt + d] * k[at + d];
    const score = softcap > 0 ? softcap * Math.tanh((dot * scale) / softcap) : dot * scale;
    return score + (biasOf?.(i) ?? 0);
  });
  const largest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - largest));
  const total = weights.reduce((a, b) => a + b, 0);
  const probabilities = weights.map((weight) => weight / total);
  for (let d = 0; d < size; d++) {
    let sum = 0;
    visible.forEach((i, n) => (sum += probabilities[n] * v[keyAt(i) + d]));
    out[outAt + d] = sum;
  }
  return probabilities;
}

export const attentionKernel: Kernel<'attention'> = ({ scale, causal }, [q, k, v, segments], outputs, make) => {
  const results = outputs.map(make);
  const [out, probabilities] = results.map(numbersOf);
  const [dq, dk, dv] = [q, k, v].map(numbersOf);
  const segment = segments && numbersOf(segments);
  const [batch, heads, length, size] = q.shape;
  const groups = k.shape[1];
  const positions = Array.from({ length }, (_, i) => i);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const keys = (b * groups + Math.floor((h * groups) / heads)) * length;
      for (let t = 0; t < length; t++) {
        const visible = positions.filter(
          (i) => !(causal && i > t) && (!segment || segment[b * length + i] === segment[b * length + t]),
        );
        const row = (b * heads + h) * length + t;
        const keyAt = (i: number) => (keys + i) * size;
        const weights = attend(
          { q: dq, queryAt: row * size, k: dk, v: dv, keyAt, visible, scale, size },
          out,
          row * size,
        );
        visible.forEach((i, n) => (probabilities[row * length + i] = weights[n]));
      }
    }
  }
  return results;
};

export const cachedAttentionKernel: Kernel<'cachedAttention'> = (
  { numHeads, numKvHeads, scale, window = 0, softcap = 0 },
  [q, k, v, keyCache, valueCache, lengths, bias],
  outputs,
  make,
) => {
  const results = outputs.map(make);
  const [out, keys, values] = results.map(numbersOf);
  const addend = bias && numbersOf(bias);
  keys.set(numbersOf(keyCache));
  values.set(numbersOf(valueCache));
  const [dq, dk, dv, ends] = [q, k, v, lengths].map(numbersOf);
  const [batch, length] = q.shape;
  const [, , capacity, size] = keyCache.shape;
  for (let b = 0; b < batch; b++) {
    const start = ends[b] - length;
    if (start < 0 || ends[b] > capacity) {
      throw new InvalidInput(
        'run.index',
        `cachedAttention: expected a length from ${length} to ${capacity}, got ${ends[b]}`,
      );
    }
    for (let g = 0; g < numKvHeads; g++) {
      for (let t = 0; t < length; t++) {
        const from = ((b * length + t) * numKvHeads + g) * size;
        const to = ((b * numKvHeads + g) * capacity + start + t) * size;
        keys.set(dk.subarray(from, from + size), to);
        values.set(dv.subarray(from, from + size), to);
      }
    }
    for (let t = 0; t < length; t++) {
      const seen = Math.min(start + t + 1, window > 0 ? window : Number.POSITIVE_INFINITY);
      const visible = Array.from({ length: seen }, (_, i) => start + t + 1 - seen + i);
      for (let h = 0; h < numHeads; h++) {
        const group = (b * numKvHeads + Math.floor((h * numKvHeads) / numHeads)) * capacity;
        const keyAt = (i: number) => (group + i) * size;
        const at = ((b * length + t) * numHeads + h) * size;
        const biasRow = bias && ((b % bias.shape[0]) * bias.shape[1] + (h % bias.shape[1])) * length + t;
        const biasOf = addend && ((i: number) => addend[biasRow! * capacity + i]);
        attend({ q: dq, queryAt: at, k: keys, v: values, keyAt, visible, biasOf, scale, size, softcap }, out, at);
      }
    }
  }
  return results;
};
