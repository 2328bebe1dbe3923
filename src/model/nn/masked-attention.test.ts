import { expect, it } from 'vitest';
import { trace } from '../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../compiler/ir/index.js';
import { createInterpreter } from '../../compiler/runtime/index.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import { maskedAttention } from './index.js';

/** Plain loops over one batch, as the formula reads. */
function reference(
  q: number[],
  k: number[],
  v: number[],
  { B, H, G, T, S, K }: Record<'B' | 'H' | 'G' | 'T' | 'S' | 'K', number>,
  scale: number,
  seen: (b: number, h: number, t: number, s: number) => boolean,
  bias: (h: number, t: number, s: number) => number,
): number[] {
  const out: number[] = [];
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const g = Math.floor((h * G) / H);
      for (let t = 0; t < T; t++) {
        const weights = Array.from({ length: S }, (_, s) => {
          if (!seen(b, h, t, s)) return 0;
          let dot = 0;
          for (let i = 0; i < K; i++)
            dot += (q[((b * H + h) * T + t) * K + i] as number) * (k[((b * G + g) * S + s) * K + i] as number);
          return Math.exp(scale * dot + bias(h, t, s));
        });
        const total = weights.reduce((a, w) => a + w, 0);
        for (let i = 0; i < K; i++) {
          let sum = 0;
          for (let s = 0; s < S; s++) sum += (weights[s] as number) * (v[((b * G + g) * S + s) * K + i] as number);
          out.push(sum / total);
        }
      }
    }
  }
  return out;
}

it.each([
  { B: 2, H: 4, G: 2, T: 3, S: 5, K: 4 },
  { B: 1, H: 2, G: 2, T: 4, S: 4, K: 2 },
])('attends over other keys with mask and bias: %j', async (sizes) => {
  const { B, H, G, T, S, K } = sizes;
  const wave = (count: number, step: number) => Array.from({ length: count }, (_, i) => Math.sin(step * (i + 1)));
  const [q, k, v] = [wave(B * H * T * K, 0.7), wave(B * G * S * K, 1.3), wave(B * G * S * K, 2.1)];
  const bias = wave(H * T * S, 0.31);
  const mask = Array.from({ length: B * T * S }, (_, i) => (i % 3 === 0 || i % S === 0 ? 1 : 0));
  const feeds = {
    q: hostTensor('f32', [B, H, T, K], q),
    k: hostTensor('f32', [B, G, S, K], k),
    v: hostTensor('f32', [B, G, S, K], v),
    bias: hostTensor('f32', [1, H, T, S], bias),
    mask: hostTensor('bool', [B, 1, T, S], mask),
  };
  const types = Object.fromEntries(Object.entries(feeds).map(([n, { dtype, shape }]) => [n, { dtype, shape }]));
  const graph = trace('attention', types as Record<string, ValueType>, (t) => ({
    y: maskedAttention(t.q as Tensor, t.k as Tensor, t.v as Tensor, { scale: 0.5, mask: t.mask, bias: t.bias }),
  }));
  const executor = createInterpreter();
  const { y } = await executor.run({ program: await executor.load(graph), feeds, fetch: ['y'] });
  const expected = reference(
    q,
    k,
    v,
    sizes,
    0.5,
    (b, _h, t, s) => mask[(b * T + t) * S + s] === 1,
    (h, t, s) => bias[(h * T + t) * S + s] as number,
  );
  expect(y?.shape).toEqual([B, H, T, K]);
  Array.from(y?.data as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, 5));
});
