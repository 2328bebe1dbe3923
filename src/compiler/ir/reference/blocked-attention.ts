import type { BlockedAttention } from '../primitive.js';
import { numbersOf } from './values.js';
import type { Kernel, Kernels, Numbers, Value } from './values.js';

interface Query {
  /** First element of the query's row in q, out and their gradients. */
  readonly at: number;
  /** First element of each visible key's (and value's) row, with the query's probability of it. */
  readonly keys: readonly number[];
  readonly probabilities: readonly number[];
}

/** Calls `visit` with each query of a batch, its visible keys and their probabilities. */
function eachQuery(
  { scale, causal, window }: BlockedAttention,
  [q, k]: readonly Value[],
  segments: Value | undefined,
  visit: (query: Query) => void,
): void {
  const [batch, heads, length, size] = q.shape;
  const groups = k.shape[1];
  const [dq, dk] = [numbersOf(q), numbersOf(k)];
  const segment = segments && numbersOf(segments);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const group = (b * groups + Math.floor((h * groups) / heads)) * length;
      for (let t = 0; t < length; t++) {
        const at = ((b * heads + h) * length + t) * size;
        const keys: number[] = [];
        const scores: number[] = [];
        for (let s = 0; s < length; s++) {
          if (causal && s > t) continue;
          if (window > 0 && Math.abs(t - s) >= window) continue;
          if (segment && segment[b * length + s] !== segment[b * length + t]) continue;
          const key = (group + s) * size;
          let dot = 0;
          for (let d = 0; d < size; d++) dot += dq[at + d] * dk[key + d];
          keys.push(key);
          scores.push(dot * scale);
        }
        const largest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - largest));
        const total = weights.reduce((a, w) => a + w, 0);
        visit({ at, keys, probabilities: weights.map((weight) => weight / total) });
      }
    }
  }
}

function dot(a: Numbers, atA: number, b: Numbers, atB: number, size: number): number {
  let sum = 0;
  for (let d = 0; d < size; d++) sum += a[atA + d] * b[atB + d];
  return sum;
}

function accumulate(to: Numbers, at: number, factor: number, from: Numbers, fromAt: number, size: number): void {
  for (let d = 0; d < size; d++) to[at + d] += factor * from[fromAt + d];
}

const forward: Kernel<'blockedAttention'> = (attributes, inputs, [spec], make) => {
  const out = make(spec);
  const size = spec.shape[3];
  const [dv, dOut] = [numbersOf(inputs[2]), numbersOf(out)];
  eachQuery(attributes, inputs, inputs[3], ({ at, keys, probabilities }) => {
    keys.forEach((key, i) => accumulate(dOut, at, probabilities[i], dv, key, size));
  });
  return [out];
};

/** With dP = dO·v and D = dO·out: dS = P·(dP - D), dq = scale·dS·k, dk = scale·dS·q, dv = P·dO. */
const backward: Kernel<'blockedAttentionGrad'> = (attributes, inputs, outputs, make) => {
  const results = outputs.map(make);
  const [dq, dk, dv] = results.map(numbersOf);
  const [q, k, v, out, dOut] = inputs.map(numbersOf);
  const size = inputs[0].shape[3];
  const { scale } = attributes;
  eachQuery(attributes, inputs, inputs[5], ({ at, keys, probabilities }) => {
    const mean = dot(dOut, at, out, at, size);
    keys.forEach((key, i) => {
      const dS = scale * probabilities[i] * (dot(dOut, at, v, key, size) - mean);
      accumulate(dq, at, dS, k, key, size);
      accumulate(dk, key, dS, q, at, size);
      accumulate(dv, key, probabilities[i], dOut, at, size);
    });
  });
  return results;
};

export const blockedKernels: Kernels<'blockedAttention' | 'blockedAttentionGrad'> = {
  blockedAttention: forward,
  blockedAttentionGrad: backward,
};
