import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { add, cachedAttention, gather, matmul, mul, reduceSum, relu, reshape, scatterAdd, trace } from '../ir/index.js';
import type { Graph, ValueType } from '../ir/index.js';
import { hostTensor, numElements } from '../tensor/index.js';
import type { HostTensor } from '../tensor/index.js';
import { createOrtExecutor } from './index.node.js';
import type { OrtExecutor } from './index.node.js';
import { createInterpreter, measurePeak } from './index.js';
import type { Executor } from './index.js';

const f32 = (...shape: (number | string)[]): ValueType => ({ dtype: 'f32', shape });
const i32 = (...shape: (number | string)[]): ValueType => ({ dtype: 'i32', shape });
const random = (seed: number, ...shape: number[]): HostTensor =>
  hostTensor(
    'f32',
    shape,
    Array.from({ length: numElements(shape) }, (_, i) => Math.sin(12.9898 * (i + 1) + seed)),
  );
const numbers = (tensor: HostTensor) => [...(tensor.data as Float32Array)];

function expectClose(got: HostTensor, want: HostTensor, tolerance = 1e-5): void {
  expect(got.shape).toEqual(want.shape);
  const [a, b] = [numbers(got), numbers(want)];
  const worst = a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);
  expect(worst).toBeLessThanOrEqual(tolerance * (1 + b.reduce((most, x) => Math.max(most, Math.abs(x)), 0)));
}

async function once(executor: Executor, graph: Graph, feeds: Record<string, HostTensor>) {
  const program = await executor.load(graph);
  const result = await executor.run({ program, feeds, fetch: graph.outputs.map(({ name }) => name) });
  await executor.unload(program);
  return result;
}

let executor!: OrtExecutor;
const interpreter = createInterpreter();
beforeAll(async () => {
  executor = await createOrtExecutor({ threads: 2 });
});
afterAll(() => executor?.close());

describe('programs', () => {
  it('take dimensions from their inputs, by symbols and products of them', async () => {
    const graph = trace('fold', { x: f32('B', 'T', 4), w: f32(4, 3) }, ({ x, w }) => {
      const flat = reshape(x, ['B*T', 4]);
      return { y: matmul(flat, w), back: reshape(relu(flat), ['T', 'B', 4]) };
    });
    for (const [B, T] of [
      [2, 3],
      [1, 5],
    ]) {
      const feeds = { x: random(1, B, T, 4), w: random(2, 4, 3) };
      const [ours, want] = [await once(executor, graph, feeds), await once(interpreter, graph, feeds)];
      expectClose(ours.y, want.y);
      expectClose(ours.back, want.back);
    }
  });

  it('keep inputs and outputs of one name apart', async () => {
    const graph = trace('same', { x: f32(2) }, ({ x }) => ({ x: add(x, 1), y: x }));
    const { x, y } = await once(executor, graph, { x: hostTensor('f32', [2], [1, 2]) });
    expect([numbers(x), numbers(y)]).toEqual([
      [2, 3],
      [1, 2],
    ]);
  });

  it('bake constants in', async () => {
    const graph = trace('baked', { x: f32('N', 2), w: f32(2, 2) }, ({ x, w }) => ({ y: matmul(x, w) }));
    const program = await executor.load(graph, { constants: { w: hostTensor('f32', [2, 2], [1, 2, 3, 4]) } });
    const { y } = await executor.run({ program, feeds: { x: hostTensor('f32', [1, 2], [1, 1]) }, fetch: ['y'] });
    expect(numbers(y)).toEqual([4, 6]);
    const wrong = executor.load(graph, { constants: { w: hostTensor('f32', [4]) } });
    await expect(wrong).rejects.toMatchObject({ code: 'load.constant' });
  });

  it('give the same bits with one thread and with two, for large products and sums too', async () => {
    const graph = trace('step', { x: f32(256, 384), dy: f32(256, 1152), ids: i32(256) }, ({ x, dy, ids }) => ({
      dw: matmul(x, dy, { transposeA: true }),
      sum: reduceSum(dy, 0),
      table: scatterAdd(x, ids, { axis: 0, size: 256 }),
    }));
    const ids = hostTensor(
      'i32',
      [256],
      Int32Array.from({ length: 256 }, (_, i) => (i * i) % 256),
    );
    const feeds = { x: random(3, 256, 384), dy: random(4, 256, 1152), ids };
    const single = await createOrtExecutor({ threads: 1 });
    const [one, two, want] = [
      await once(single, graph, feeds),
      await once(executor, graph, feeds),
      await once(interpreter, graph, feeds),
    ];
    await single.close();
    for (const name of ['dw', 'sum', 'table']) {
      expect(one[name].data).toEqual(two[name].data);
      expectClose(two[name], want[name], 1e-4);
    }
  }, 120_000);
});

describe('buffers', () => {
  it('are written in place, viewed, copied and swapped', async () => {
    const graph = trace('next', { x: f32(2) }, ({ x }) => ({ y: mul(x, 2) }));
    const program = await executor.load(graph);
    await executor.allocate({ a: { dtype: 'f32', shape: [2] }, b: { dtype: 'f32', shape: [2] } });
    await executor.write({ a: hostTensor('f32', [2], [1, 3]) });
    const call = { program, bind: { x: 'a' }, into: { y: 'b' }, swap: [['a', 'b']] } as const;
    await executor.run(call);
    await executor.run(call);
    const { a, b } = await executor.read(['a', 'b']);
    expect([numbers(a), numbers(b)]).toEqual([
      [4, 12],
      [2, 6],
    ]);
    await executor.allocate({ slots: { dtype: 'f32', shape: [4, 2] } });
    const slot = (n: number) => ({ buffer: 'slots', offset: 2 * n, shape: [2] });
    await executor.run({ program, bind: { x: 'a' }, into: { y: slot(1) } });
    await executor.run({ program, bind: { x: slot(1) }, into: { y: slot(3) } });
    await executor.copy({ buffer: 'slots', offset: 2 }, { buffer: 'slots', offset: 3 }, 3);
    expect(numbers((await executor.read(['slots'])).slots)).toEqual([0, 0, 8, 8, 24, 0, 16, 48]);
    await executor.free(['a', 'b', 'slots']);
    await expect(executor.read(['a'])).rejects.toMatchObject({ code: 'run.buffer' });
  });

  it('copy what they are given, a view into a shared pool too', async () => {
    const bytes = Buffer.from([1, 0, 1]);
    const before = Buffer.from('still here');
    await executor.write({ flags: { dtype: 'bool', shape: [3], data: bytes } });
    expect([...(await executor.read(['flags'])).flags.data]).toEqual([1, 0, 1]);
    expect([bytes.length, before.toString()]).toEqual([3, 'still here']);
  });

  it.each([
    {},
    { window: 1 },
    { window: 3 },
    { window: 8 },
    { softcap: 0.7 },
    { biased: true },
    { window: 4, softcap: 2, biased: true },
  ])('hold a cache that decoding updates in place, rows of different lengths: %j', async ({ biased, ...limits }) => {
    const [rows, groups, capacity, size] = [3, 2, 8, 16];
    const cache = f32('B', groups, 'C', size);
    const inputs = {
      q: f32('B', 'T', 64),
      k: f32('B', 'T', 32),
      v: f32('B', 'T', 32),
      keys: cache,
      values: cache,
      lengths: i32('B'),
      bias: f32('B', 4, 'T', 'C'),
    };
    const graph = trace('decode', inputs, ({ q, k, v, keys, values, lengths, bias }) => {
      const all = { q, k, v, keyCache: keys, valueCache: values, lengths, ...(biased ? { bias } : {}) };
      const result = cachedAttention(all, { numHeads: 4, numKvHeads: groups, scale: 0.25, narrow: true, ...limits });
      return { out: result.out, keys: result.keyCache, values: result.valueCache };
    });
    const spec = { dtype: 'f32', shape: [rows, groups, capacity, size] } as const;
    const outputs: HostTensor[][] = [];
    const caches: HostTensor[] = [];
    for (const on of [executor, interpreter] as Executor[]) {
      const program = await on.load(graph);
      await on.allocate({ keys: spec, values: spec });
      const seen: HostTensor[] = [];
      const run = async (step: number, batch: number, length: number, lengths: number[]) => {
        const feeds = {
          q: random(step, batch, length, 64),
          k: random(step + 10, batch, length, 32),
          v: random(step + 20, batch, length, 32),
          lengths: hostTensor('i32', [batch], lengths),
          bias: random(step + 30, batch, 4, length, capacity),
        };
        const place = (buffer: string) => ({ buffer, offset: 0, shape: [batch, groups, capacity, size] });
        const buffers = { keys: place('keys'), values: place('values') };
        seen.push((await on.run({ program, feeds, bind: buffers, into: buffers, fetch: ['out'] })).out);
      };
      // A prompt of the first row in two chunks, then all rows token by token.
      await run(100, 1, 3, [3]);
      await run(101, 1, 2, [5]);
      for (let step = 0; step < 3; step++) await run(step, rows, 1, [6 + step, 2 + step, 1 + step]);
      outputs.push(seen);
      caches.push((await on.read(['keys'])).keys);
      await on.free(['keys', 'values']);
    }
    outputs[0].forEach((out, i) => expectClose(out, outputs[1][i]));
    expectClose(caches[0], caches[1]);
  });
});

describe('bad calls', () => {
  const graph = trace('lookup', { table: f32(4, 2), ids: i32('N') }, ({ table, ids }) => ({ y: gather(table, ids) }));
  const table = random(5, 4, 2);
  const ids = hostTensor('i32', [1], [2]);

  it.each([
    ['no such program', { program: 999 }, 'run.program'],
    ['a missing input', { feeds: { table } }, 'run.input'],
    ['an unknown input', { feeds: { table, ids, more: ids } }, 'run.input'],
    ['an unknown output', { feeds: { table, ids }, fetch: ['z'] }, 'run.output'],
    ['no output', { feeds: { table, ids }, fetch: [] }, 'run.output'],
    ['a wrong type', { feeds: { table, ids: hostTensor('f32', [1]) } }, 'run.dtype'],
    ['a wrong shape', { feeds: { table: random(5, 2, 4), ids } }, 'run.shape'],
    ['an unknown buffer', { feeds: { ids }, bind: { table: 'nowhere' } }, 'run.buffer'],
    ['an index out of range', { feeds: { table, ids: hostTensor('i32', [1], [9]) } }, 'engine.run'],
  ])('%s', async (_, call, code) => {
    const program = await executor.load(graph);
    await expect(executor.run({ program, fetch: ['y'], ...call })).rejects.toMatchObject({ code });
    const { y } = await executor.run({ program, feeds: { table, ids }, fetch: ['y'] });
    expect(numbers(y)).toEqual(numbers(table).slice(4, 6));
  });

  it('are refused before a worker starts', () => {
    expect(() => createOrtExecutor({ threads: 0 })).toThrow(/threads/);
    expect(() => createOrtExecutor({ device: 'abacus' as 'cpu' })).toThrow(/abacus/);
  });

  it('after close', async () => {
    const closed = await createOrtExecutor();
    const pending = expect(closed.load(graph)).rejects.toMatchObject({ code: 'worker.closed' });
    await closed.close();
    await pending;
    await expect(closed.read([])).rejects.toMatchObject({ code: 'worker.closed' });
  });
});

it('says where the time goes', async () => {
  const profiled = await createOrtExecutor({ threads: 1, profile: true });
  const graph = trace('layer', { x: f32(64, 64), w: f32(64, 64) }, ({ x, w }) => ({ y: relu(matmul(x, w)) }));
  const program = await profiled.load(graph);
  for (let i = 0; i < 3; i++) {
    await profiled.run({ program, feeds: { x: random(1, 64, 64), w: random(2, 64, 64) }, fetch: ['y'] });
  }
  const profile = await profiled.profile(program);
  expect(Object.values(profile).some(({ calls, milliseconds }) => calls === 3 && milliseconds > 0)).toBe(true);
  await profiled.close();
});

it('measures the peak of the machine', async () => {
  const { flopsPerSecond } = await measurePeak(executor);
  expect(flopsPerSecond).toBeGreaterThan(1e9);
});
