import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  add,
  cachedAttention,
  constant,
  gather,
  gelu,
  layerNorm,
  matmul,
  mul,
  reshape,
  rmsNorm,
  rope,
  silu,
  slice,
  sub,
  trace,
} from '../ir/index.js';
import type { Graph, Tensor, ValueType } from '../ir/index.js';
import { encodeInParts, lowerToModel } from '../onnx/index.js';
import { hostTensor, numElements } from '../tensor/index.js';
import type { HostTensor } from '../tensor/index.js';
import { createInterpreter } from './index.js';
import type { Executor } from './index.js';
import { createOrtExecutor } from './index.node.js';

// Products with constant weights take other kernels than products of inputs (pointwise convolutions on x64, one product for
// queries, keys and values): the interpreter judges them.

const f32 = (...shape: (number | string)[]): ValueType => ({ dtype: 'f32', shape });
const i32 = (...shape: (number | string)[]): ValueType => ({ dtype: 'i32', shape });
const random = (seed: number, ...shape: number[]): HostTensor =>
  hostTensor(
    'f32',
    shape,
    Array.from({ length: numElements(shape) }, (_, i) => Math.sin(12.9898 * (i + 1) + seed)),
  );

const numbers = (tensor: HostTensor) => [...(tensor.data as Float32Array)];

interface Run {
  readonly graph: Graph;
  readonly constants: Record<string, HostTensor>;
  readonly feeds: Record<string, HostTensor>;
}

async function outputsOf(executor: Executor, { graph, constants, feeds }: Run) {
  const program = await executor.load(graph, { constants });
  const outputs = await executor.run({ program, feeds, fetch: graph.outputs.map(({ name }) => name) });
  await executor.unload(program);
  return outputs;
}

const interpreter = createInterpreter();
let executor!: Executor;
beforeAll(async () => {
  executor = await createOrtExecutor({ threads: 2 });
});
afterAll(() => executor?.close());

async function expectSame(run: Run): Promise<void> {
  const [got, want] = [await outputsOf(executor, run), await outputsOf(interpreter, run)];
  for (const [name, { shape, data }] of Object.entries(want)) {
    expect(got[name].shape, name).toEqual(shape);
    const [ours, theirs] = [numbers(got[name]), numbers({ shape, data } as HostTensor)];
    const largest = theirs.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
    const worst = ours.reduce((most, x, i) => Math.max(most, Math.abs(x - theirs[i])), 0);
    expect(worst / largest, name).toBeLessThan(1e-5);
  }
}

const operators = ({ graph, constants }: Run) =>
  lowerToModel(graph, { constants, block: 16 }).nodes.map(({ op }) => op);

describe('products with constant weights', () => {
  it.each([
    [16, 5],
    [20, 33],
    [32, 16],
    [16, 1],
    [18, 7],
    [12, 16],
  ])('of %i columns and %i results, in either layout, with and without bias', async (C, O) => {
    const types = { x: f32('B', 'T', C), w: f32(C, O), u: f32(O, C), b: f32(O) };
    const graph = trace('products', types, ({ x, w, u, b }) => {
      const rows = reshape(x, ['B*T', C]);
      return {
        plain: matmul(rows, w),
        turned: matmul(rows, u, { transposeB: true }),
        biased: add(matmul(rows, w), b),
        folded: add(b, matmul(x, u, { transposeB: true })),
        scaled: matmul(rows, w, { alpha: 0.5 }),
      };
    });
    const constants = { w: random(1, C, O), u: random(2, O, C), b: random(3, O) };
    for (const [B, T] of [
      [1, 1],
      [3, 1],
      [2, 7],
    ]) {
      const run = { graph, constants, feeds: { x: random(4, B as number, T as number, C) } };
      await expectSame(run);
      expect(operators(run).filter((op) => op === 'Conv')).toHaveLength(C >= 16 && C % 4 === 0 ? 3 : 0);
    }
  });

  it('are handed over beside the model where they are large, and stay the callers own', async () => {
    // One table looked up and multiplied by, as a tied head: in blocks and as it is.
    const graph = trace('tied', { ids: i32('N'), table: f32(300, 64) }, ({ ids, table }) => ({
      y: matmul(gather(table, ids), table, { transposeB: true }),
    }));
    const table = random(1, 300, 64);
    const run = { graph, constants: { table }, feeds: { ids: hostTensor('i32', [3], [0, 299, 7]) } };
    const { model, weights } = encodeInParts(lowerToModel(graph, { constants: { table }, block: 16 }));
    expect(weights.map(({ own, tensor }) => [own, tensor.data.length])).toEqual([
      [false, 300 * 64],
      [true, 304 * 64],
    ]);
    expect(model.length).toBeLessThan(2000);
    await expectSame(run);
    expect(table.data.length).toBe(300 * 64);
    // The same bits with one thread as with two.
    const single = await createOrtExecutor({ threads: 1 });
    expect((await outputsOf(single, run)).y.data).toEqual((await outputsOf(executor, run)).y.data);
    await single.close();
  });

  it('stay in rows through what works row by row, and come out wherever another shape is needed', async () => {
    const [C, I] = [16, 24];
    const types = {
      x: f32('B', 'T', C),
      pick: i32('R'),
      up: f32(I, C),
      gate: f32(I, C),
      down: f32(I, C),
      g: f32(C),
      s: f32(I),
    };
    const graph = trace('block', types, ({ x, pick, up, gate, down, g, s }) => {
      const rows = reshape(x, ['B*T', C]);
      const { y } = rmsNorm(rows, g, { epsilon: 1e-5 });
      const gated = silu(matmul(y, gate, { transposeB: true }));
      const wide = mul(gated, matmul(y, up, { transposeB: true }));
      const sum = add(rows, matmul(mul(wide, s), down));
      const normed = layerNorm(sum, g, g, { epsilon: 1e-5 }).y;
      return {
        sum,
        wide: reshape(wide, ['B', 'T', 2, I / 2]),
        part: slice(wide, 1, 3, 9),
        gelu: gelu(matmul(normed, gate, { transposeB: true }), { approximate: 'tanh' }),
        picked: matmul(gather(sum, pick), up, { transposeB: true }),
        again: reshape(reshape(gated, ['B', 'T', I]), ['T', 'B', I]),
        less: sub(1, reshape(wide, ['B', 'T', I])),
      };
    });
    const constants = {
      up: random(1, I, C),
      gate: random(2, I, C),
      down: random(3, I, C),
      g: random(4, C),
      s: random(5, I),
    };
    for (const [B, T] of [
      [1, 1],
      [3, 2],
    ]) {
      const feeds = { x: random(6, B as number, T as number, C), pick: hostTensor('i32', [2], [0, B! * T! - 1]) };
      await expectSame({ graph, constants, feeds });
    }
  });
});

interface Layout {
  readonly size: number;
  readonly bias?: boolean;
  readonly rotate?: 'halves' | 'interleaved' | 'keys at other positions' | 'queries only';
  /** Queries, keys and values as slices of one product. */
  readonly sliced?: boolean;
  /** Somebody else reads the keys before they are rotated. */
  readonly shared?: boolean;
}

const [heads, groups, channels, positionsInAll] = [4, 2, 32, 24];

/** Decoding attention of rows [B·T, C], with queries, keys and values made as a decoder makes them. */
function decoding({ size, bias, rotate, sliced, shared }: Layout): Run['graph'] {
  const [width, keys] = [heads * size, groups * size];
  const cache = f32('B', groups, 'P', size);
  const types: Record<string, ValueType> = {
    x: f32('B', 'T', channels),
    positions: i32('B', 'T'),
    others: i32('B', 'T'),
    lengths: i32('B'),
    keyCache: cache,
    valueCache: cache,
    wq: f32(width, channels),
    wk: f32(keys, channels),
    wv: f32(keys, channels),
    bq: f32(width),
    bk: f32(keys),
    bv: f32(keys),
    all: f32(channels, width + 2 * keys),
  };
  return trace('decode', types, (t) => {
    const get = (name: string) => t[name] as Tensor;
    const x = reshape(get('x'), ['B*T', channels]);
    const product = (name: string) => {
      const y = matmul(x, get(`w${name}`), { transposeB: true });
      return bias ? add(y, get(`b${name}`)) : y;
    };
    const whole = matmul(x, get('all'));
    const [q, k, v] = sliced
      ? [
          slice(whole, 1, 0, width),
          slice(whole, 1, width, width + keys),
          slice(whole, 1, width + keys, width + 2 * keys),
        ]
      : ['q', 'k', 'v'].map(product);
    const tables = [1, 2].map((seed) => constant(random(seed, positionsInAll, size / 2)));
    const turn = (x: Tensor, count: number, positions: string) => {
      const [cos, sin] = tables.map((table) => reshape(gather(table, get(positions)), ['B*T', 1, size / 2]));
      const split = reshape(x, ['B*T', count, 1, size]);
      const turned = rope(split, cos as Tensor, sin as Tensor, { interleaved: rotate === 'interleaved' });
      return reshape(turned, ['B', 'T', count * size]);
    };
    const plain = (x: Tensor, count: number) => reshape(x, ['B', 'T', count * size]);
    const others = rotate === 'keys at other positions' ? 'others' : 'positions';
    const result = cachedAttention(
      {
        q: rotate ? turn(q as Tensor, heads, 'positions') : plain(q as Tensor, heads),
        k: rotate && rotate !== 'queries only' ? turn(k as Tensor, groups, others) : plain(k as Tensor, groups),
        v: plain(v as Tensor, groups),
        keyCache: get('keyCache'),
        valueCache: get('valueCache'),
        lengths: get('lengths'),
      },
      { numHeads: heads, numKvHeads: groups, scale: 0.01, narrow: true },
    );
    return {
      out: reshape(result.out, ['B*T', width]),
      keys: result.keyCache,
      values: result.valueCache,
      ...(shared ? { seen: k as Tensor } : {}),
    };
  });
}

/** A cache [B, G, P, K] with numbers where earlier tokens are and zeros behind: what is behind them, no kernel promises to keep. */
function filled(seed: number, B: number, G: number, P: number, K: number, before: readonly number[]): HostTensor {
  const { data } = random(seed, B, G, P, K);
  const kept = (data as Float32Array).map((x, i) => {
    const b = Math.floor(i / (G * P * K));
    return Math.floor(i / K) % P < (before[b] as number) ? x : 0;
  });
  return hostTensor('f32', [B, G, P, K], kept);
}

describe('what stands before decoding attention', () => {
  const both: Layout[] = [
    { size: 16, rotate: 'halves' },
    { size: 16, rotate: 'interleaved' },
    { size: 16, rotate: 'halves', bias: true },
    { size: 16, rotate: 'halves', sliced: true },
    { size: 16, sliced: true },
    { size: 8, rotate: 'halves' },
    { size: 16, bias: true },
    { size: 16, rotate: 'keys at other positions' },
    { size: 16, rotate: 'queries only' },
    { size: 16, rotate: 'halves', shared: true },
  ];
  it.each(both)('is the same in its kernel: %j', async (layout) => {
    const { size, rotate } = layout;
    const [width, keys, P] = [heads * size, groups * size, 12];
    const constants = {
      wq: random(1, width, channels),
      wk: random(2, keys, channels),
      wv: random(3, keys, channels),
      bq: random(4, width),
      bk: random(5, keys),
      bv: random(6, keys),
      all: random(7, channels, width + 2 * keys),
    };
    const graph = decoding(layout);
    for (const [B, T, ends] of [
      [3, 1, [4, 12, 1]],
      [1, 5, [9]],
      [1, 12, [12]],
    ] as [number, number, number[]][]) {
      const before = ends.map((end) => end - T);
      const at = ends.flatMap((end) => Array.from({ length: T }, (_, t) => end - T + t));
      const feeds = {
        x: random(8, B, T, channels),
        // Positions need not follow the place in the cache.
        positions: hostTensor(
          'i32',
          [B, T],
          at.map((p) => p + 2),
        ),
        others: hostTensor(
          'i32',
          [B, T],
          at.map((p) => p + 5),
        ),
        lengths: hostTensor('i32', [B], ends),
        keyCache: filled(9, B, groups, P, size, before),
        valueCache: filled(10, B, groups, P, size, before),
      };
      await expectSame({ graph, constants, feeds });
    }
    const found = operators({ graph, constants, feeds: {} });
    const inKernel = size === 16 && (rotate === 'halves' || rotate === 'interleaved');
    expect(found.filter((op) => op === 'RotaryEmbedding').length > 0).toBe(rotate !== undefined && !inKernel);
    const packed = !layout.shared && (rotate === undefined || inKernel);
    expect(found.filter((op) => op === 'Conv').length).toBe(packed ? 1 : layout.sliced ? 1 : 3);
  });
});
