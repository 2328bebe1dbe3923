import { describe, expect, it } from 'vitest';
import { add, concat, mul, reshape, trace } from '../ir/index.js';
import { hostTensor } from '../tensor/index.js';
import { createInterpreter } from './index.js';

const f32 = (shape: (number | string)[]) => ({ dtype: 'f32', shape }) as const;
const numbers = (...values: number[]) => hostTensor('f32', [values.length], values);

const sum = trace('sum', { a: f32(['N']), b: f32(['N']) }, ({ a, b }) => ({ c: add(a, b), a }));

describe('interpreter', () => {
  it('feeds, binds, writes in place, fetches and swaps', async () => {
    const executor = createInterpreter();
    const program = await executor.load(sum);
    await executor.write({ state: numbers(1, 2), next: numbers(0, 0) });
    for (let step = 0; step < 3; step++) {
      const { c } = await executor.run({
        program,
        bind: { a: 'state' },
        feeds: { b: numbers(10, 20) },
        into: { c: 'next' },
        fetch: ['c'],
        swap: [['state', 'next']],
      });
      expect([...c.data]).toEqual([11 + 10 * step, 22 + 20 * step]);
    }
    const { state, next } = await executor.read(['state', 'next']);
    expect([...state.data]).toEqual([31, 62]);
    expect([...next.data]).toEqual([21, 42]);
  });

  it('may write where it reads, and an output may be an input', async () => {
    const executor = createInterpreter();
    const program = await executor.load(sum);
    await executor.write({ x: numbers(1, 2) });
    const { a } = await executor.run({ program, bind: { a: 'x', b: 'x' }, into: { c: 'x' }, fetch: ['a'] });
    expect([...a.data]).toEqual([1, 2]);
    expect([...(await executor.read(['x'])).x.data]).toEqual([2, 4]);
  });

  it('reads and writes views of buffers, and copies inside them', async () => {
    const executor = createInterpreter();
    const program = await executor.load(sum);
    await executor.allocate({ cache: { dtype: 'f32', shape: [3, 2] } });
    const slot = (n: number) => ({ buffer: 'cache', offset: 2 * n, shape: [2] });
    await executor.run({ program, feeds: { a: numbers(1, 2), b: numbers(3, 4) }, into: { c: slot(1) } });
    await executor.run({ program, bind: { a: slot(1) }, feeds: { b: numbers(1, 1) }, into: { c: slot(0) } });
    await executor.copy({ buffer: 'cache', offset: 0 }, { buffer: 'cache', offset: 1 }, 4);
    expect([...(await executor.read(['cache'])).cache.data]).toEqual([5, 5, 7, 4, 6, 0]);
  });

  it('binds symbols, products of them too', async () => {
    const graph = trace('flat', { x: f32(['B', 'T', 2]), y: f32(['2*B*T']) }, ({ x, y }) => ({
      z: mul(reshape(x, ['2*B*T']), y),
    }));
    const executor = createInterpreter();
    const program = await executor.load(graph);
    const x = hostTensor('f32', [1, 2, 2], [1, 2, 3, 4]);
    const { z } = await executor.run({ program, feeds: { x, y: numbers(1, 10, 100, 1000) }, fetch: ['z'] });
    expect([...z.data]).toEqual([1, 20, 300, 4000]);
    await expect(executor.run({ program, feeds: { x, y: numbers(1, 2) }, fetch: [] })).rejects.toThrow(
      /input y: expected shape \[2\*B\*T\] with B = 1, T = 2, got \[2\]/,
    );
  });

  it('bakes constants in', async () => {
    const executor = createInterpreter();
    const program = await executor.load(sum, { constants: { b: numbers(5) } });
    const { c } = await executor.run({ program, feeds: { a: numbers(1) }, fetch: ['c'] });
    expect([...c.data]).toEqual([6]);
  });

  it('keeps double precision where asked', async () => {
    const executor = createInterpreter({ precision: 'f64' });
    const program = await executor.load(sum);
    const feeds = { a: hostTensor('f64', [1], [1e-12]), b: numbers(1) };
    const { c } = await executor.run({ program, feeds, fetch: ['c'] });
    expect(c.dtype).toBe('f64');
    expect(c.data[0]).toBe(1 + 1e-12);
  });

  it('says what is wrong with a call', async () => {
    const executor = createInterpreter();
    const program = await executor.load(sum);
    await executor.write({ small: numbers(1), whole: hostTensor('i32', [2], [1, 2]) });
    const a = numbers(1, 2);
    const run = (call: object) => executor.run({ program, feeds: { a, b: a }, ...call });
    await expect(executor.run({ program: 99 })).rejects.toThrow(/a loaded program, got '99'/);
    await expect(run({ feeds: { a } })).rejects.toThrow(/run sum: expected input b, got none/);
    await expect(run({ feeds: { a, b: a, d: a } })).rejects.toThrow(/expected an input, got 'd'/);
    await expect(run({ bind: { a: 'small' } })).rejects.toThrow(/expected input a once/);
    await expect(run({ fetch: ['d'] })).rejects.toThrow(/expected an output, got 'd'/);
    await expect(run({ into: { c: 'small' } })).rejects.toThrow(/a buffer of f32\[2\] for output c, got f32\[1\]/);
    await expect(run({ into: { c: 'none' } })).rejects.toThrow(/expected a buffer, got 'none'/);
    await expect(run({ feeds: { b: a }, bind: { a: 'whole' } })).rejects.toThrow(/expected f32 for input a, got i32/);
    await expect(run({ feeds: { a }, bind: { b: { buffer: 'small', offset: 0, shape: [2] } } })).rejects.toThrow(
      /inside the 1 elements of small/,
    );
    await expect(executor.load(sum, { constants: { d: a } })).rejects.toThrow(/an input of the graph, got 'd'/);
    await expect(executor.read(['none'])).rejects.toThrow(/read: expected a buffer/);
    await executor.free(['small']);
    await expect(executor.read(['small'])).rejects.toThrow(/read: expected a buffer/);
    await executor.unload(program);
    await expect(run({})).rejects.toThrow(/a loaded program/);
  });

  it('gives copies: what was fetched stays when buffers change', async () => {
    const executor = createInterpreter();
    const graph = trace('same', { x: f32([2]) }, ({ x }) => ({ y: reshape(x, [2, 1]), z: concat([x], 0) }));
    const program = await executor.load(graph);
    await executor.write({ x: numbers(1, 2) });
    const { y } = await executor.run({ program, bind: { x: 'x' }, fetch: ['y'] });
    (y.data as Float32Array)[0] = 9;
    expect([...(await executor.read(['x'])).x.data]).toEqual([1, 2]);
  });
});
