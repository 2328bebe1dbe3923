import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/index.js';
import {
  add,
  attention,
  cachedAttention,
  crossEntropy,
  gather,
  gelu,
  layerNorm,
  matmul,
  mul,
  randomUniform,
  reshape,
  rmsNorm,
  rope,
  silu,
  slice,
  sum,
  trace,
} from '../ir/index.js';
import type { Graph, Tensor, ValueType } from '../ir/index.js';
import { hostTensor } from '../tensor/index.js';
import { lower, lowerToModel, portNames } from './index.js';

const golden = new URL('../../../test/golden/lowering.json', import.meta.url);
const f32 = (...shape: (number | string)[]): ValueType => ({ dtype: 'f32', shape });
const i32 = (...shape: (number | string)[]): ValueType => ({ dtype: 'i32', shape });

/** Programs whose lowering must not change unnoticed: a layer of each kind, forward and backward, and decoding. */
const programs: Record<string, () => Graph> = {
  'gpt2 layer': () => {
    const inputs = { x: f32(64, 16), w: f32(16, 48), b: f32(48), s: f32(16), t: f32(16), targets: i32(64) };
    return trace('layer', inputs, ({ x, w, b, s, t, targets }) => {
      const y = add(matmul(layerNorm(x, s, t, { epsilon: 1e-5 }).y, w), b);
      const heads = (n: number) => reshape(slice(y, 1, 16 * n, 16 * n + 16), [1, 1, 64, 16]);
      const { out } = attention(heads(0), heads(1), heads(2), { scale: 0.25, causal: true });
      const { loss } = crossEntropy(gelu(reshape(out, [64, 16]), { approximate: 'tanh' }), targets);
      const total = sum(loss);
      const [dx, dw, db, ds] = gradients(total, [x, w, b, s]);
      return { total, dx, dw, db, ds };
    });
  },
  'llama layer': () => {
    const inputs = {
      table: f32(32, 16),
      ids: i32(1, 8),
      s: f32(16),
      w: f32(16, 16),
      cos: f32(1, 8, 4),
      sin: f32(1, 8, 4),
    };
    return trace('layer', inputs, ({ table, ids, s, w, cos, sin }) => {
      const x = rmsNorm(gather(table, ids), s, { epsilon: 1e-6 }).y;
      const q = rope(reshape(silu(matmul(x, w, { transposeB: true })), [1, 2, 8, 8]), cos, sin);
      const segments = ids;
      const total = sum(attention(q, slice(q, 1, 0, 1), slice(q, 1, 1, 2), { scale: 0.5, causal: true, segments }).out);
      const [dt, dw] = gradients(total, [table, w]);
      return { total, dt, dw };
    });
  },
  decode: () => {
    const cache = f32('B', 2, 32, 8);
    const inputs = { q: f32('B', 1, 32), k: f32('B', 1, 16), keys: cache, values: cache, lengths: i32('B') };
    return trace('decode', inputs, ({ q, k, keys, values, lengths }: Record<string, Tensor>) => {
      const all = { q, k, v: k, keyCache: keys, valueCache: values, lengths };
      const result = cachedAttention(all, { numHeads: 4, numKvHeads: 2, scale: 0.3 });
      return { out: reshape(result.out, ['4*B', 8]), keys: result.keyCache, values: result.valueCache };
    });
  },
  random: () => trace('random', { key: i32(2) }, ({ key }) => ({ u: randomUniform(key, [3, 5], { stream: 2 }) })),
};

describe('lowering', () => {
  it('gives the same models as before (to accept a change: ABOVO_UPDATE_GOLDEN=1)', () => {
    const found = Object.fromEntries(
      Object.entries(programs).flatMap(([name, make]) =>
        (['cpu', 'webgpu'] as const).map((device) => {
          const { nodes } = lowerToModel(make(), { device });
          const hash = createHash('sha256').update(lower(make(), { device })).digest('hex');
          return [`${name} on ${device}`, { nodes: nodes.length, sha256: hash }];
        }),
      ),
    );
    if (process.env.ABOVO_UPDATE_GOLDEN) writeFileSync(golden, `${JSON.stringify(found, null, 2)}\n`);
    expect(found).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
  });

  it('keeps a block of products with constant weights in blocked channels', () => {
    const inputs = { x: f32('N', 32), s: f32(32), gate: f32(48, 32), up: f32(48, 32), down: f32(48, 32) };
    const graph = trace('block', inputs, ({ x, s, gate, up, down }) => {
      const { y } = rmsNorm(x, s, { epsilon: 1e-6 });
      const wide = mul(silu(matmul(y, gate, { transposeB: true })), matmul(y, up, { transposeB: true }));
      return { z: add(x, matmul(wide, down)) };
    });
    const zeros = (...shape: number[]) => hostTensor('f32', shape, new Float32Array(shape[0] * (shape[1] ?? 1)));
    const constants = { s: zeros(32), gate: zeros(48, 32), up: zeros(48, 32), down: zeros(48, 32) };
    const operators = (block: number) => lowerToModel(graph, { constants, block }).nodes.map(({ op }) => op);
    expect(operators(0)).toEqual(['SimplifiedLayerNormalization', 'Gemm', 'QuickGelu', 'Gemm', 'Mul', 'Gemm', 'Add']);
    expect(operators(16)).toEqual([
      'SimplifiedLayerNormalization',
      ...['Reshape', 'ReorderInput', 'Conv', 'QuickGelu', 'Conv', 'Mul'],
      // The residual is added by the last convolution, in its blocks.
      ...['Reshape', 'ReorderInput', 'Conv', 'ReorderOutput', 'Reshape'],
    ]);
  });

  it('lays weights out in blocks of outputs and inputs, rounded up by zeros', () => {
    const graph = trace('product', { x: f32('N', 20), w: f32(3, 20) }, ({ x, w }) => ({
      y: matmul(x, w, { transposeB: true }),
    }));
    const w = hostTensor(
      'f32',
      [3, 20],
      Array.from({ length: 60 }, (_, i) => i + 1),
    );
    const { initializers, own } = lowerToModel(graph, { constants: { w }, block: 8 });
    const found = initializers.find(([, { shape }]) => shape.length === 4);
    expect([found?.[1].shape, own?.has(found?.[0] ?? '')]).toEqual([[8, 24, 1, 1], true]);
    const data = found?.[1].data as Float32Array;
    // Output 2, input 9: second block of inputs, second line in it, third number of the line.
    expect(data[64 + 8 + 2]).toBe(2 * 20 + 9 + 1);
    expect(data.reduce((sum, x) => sum + x)).toBe((60 * 61) / 2);
  });

  it('leaves out what no output needs', () => {
    const graph = trace('dead', { x: f32(2, 4), s: f32(4) }, ({ x, s }) => {
      const { y } = layerNorm(x, s, s, { epsilon: 1e-5 });
      gelu(y);
      return { y };
    });
    const { nodes } = lowerToModel(graph);
    expect(nodes.map(({ op, outputs }) => [op, outputs.length])).toEqual([['LayerNormalization', 1]]);
  });

  it('names ports so that none is taken twice', () => {
    const graph = trace('ports', { x: f32(1) }, ({ x }) => ({ x, y: x, z: add(x, 1) }));
    expect([...portNames(graph)]).toEqual([
      ['x', 'x%out'],
      ['y', 'y'],
      ['z', 'z'],
    ]);
    const names = lowerToModel(graph).nodes.flatMap(({ outputs }) => outputs);
    expect(new Set(names).size).toBe(names.length);
  });

  it('refuses symbols that no input has alone', () => {
    const graph = trace('symbols', { x: f32('2*N', 'M') }, ({ x }) => ({ z: reshape(x, ['M', 2, 'N', 1]) }));
    expect(() => lower(graph)).toThrow(/dimension N/);
  });
});
