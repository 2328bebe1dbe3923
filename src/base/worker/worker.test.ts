import { afterAll, describe, expect, it } from 'vitest';
import { InvalidInput } from '../core/index.js';
import { WorkerClient, WorkerPool, workerEntry } from './index.node.js';
import type { TestingMethods } from './testing-worker.js';

const entry = workerEntry(import.meta.url, './testing-worker.js');

describe('WorkerClient', () => {
  const client = new WorkerClient<TestingMethods>(entry, { name: 'testing', data: { seven: 7 } }, true);
  afterAll(() => client.close());

  it('answers calls and passes data', async () => {
    expect(await client.call('sum', [1, 2, 3])).toBe(6);
    expect(await client.call('data', null)).toEqual({ seven: 7 });
    expect(await client.call('fill', { length: 3, value: 2 })).toEqual(new Float32Array([2, 2, 2]));
  });

  it('carries errors across the thread with class, code and fields', async () => {
    const error = await client.call('refuse', 'this').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error).toMatchObject({
      code: 'testing.refused',
      message: 'refuse: expected nothing, got this',
      fields: { got: 'this' },
    });
  });

  it('refuses an argument that cannot be cloned', async () => {
    await expect(client.call('sum', [(() => 1) as unknown as number])).rejects.toThrow(/could not be cloned/);
    expect(await client.call('sum', [1])).toBe(1);
  });

  it('ends a call at its time limit, and the next call works', async () => {
    await expect(client.call('spin', null, { timeLimitMs: 200 })).rejects.toMatchObject({ code: 'worker.timeout' });
    expect(await client.call('sum', [4])).toBe(4);
  });

  it('cancels a call that listens, and one that does not', async () => {
    const reason = new Error('no longer wanted');
    const listening = new AbortController();
    const first = client.call('wait', null, { signal: listening.signal });
    listening.abort(reason);
    await expect(first).rejects.toBe(reason);
    const deaf = new AbortController();
    const second = client.call('spin', null, { signal: deaf.signal, graceMs: 50 });
    deaf.abort(reason);
    await expect(second).rejects.toBe(reason);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await client.call('sum', [5])).toBe(5);
  });

  it('rejects every call of a worker that dies', async () => {
    const results = await Promise.allSettled([
      client.call('wait', null),
      client.call('exit', null),
      client.call('wait', null),
    ]);
    for (const result of results) expect(result).toMatchObject({ reason: { code: 'worker.crashed' } });
  });

  it('keeps to its memory limit', async () => {
    const small = new WorkerClient<TestingMethods>(entry, { name: 'small', memoryLimitMB: 32 });
    await expect(small.call('exhaust', null)).rejects.toMatchObject({ code: 'worker.memory' });
    await expect(small.call('sum', [1])).rejects.toMatchObject({ code: 'worker.memory' });
    await small.close();
    await expect(small.call('sum', [1])).rejects.toMatchObject({ code: 'worker.closed' });
  });
});

describe('WorkerPool', () => {
  it('runs calls in order on free workers and survives a crash', async () => {
    const pool = new WorkerPool<TestingMethods>(entry, 2, { name: 'pool' });
    const sums = await Promise.all(Array.from({ length: 20 }, (_, i) => pool.call('sum', [i, 1])));
    expect(sums).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const [crash, fine] = await Promise.allSettled([pool.call('exit', null), pool.call('sum', [1])]);
    expect(crash).toMatchObject({ status: 'rejected' });
    expect(fine).toMatchObject({ status: 'fulfilled' });
    expect(await Promise.all([pool.call('sum', [1]), pool.call('sum', [2]), pool.call('sum', [3])])).toEqual([1, 2, 3]);
    await pool.close();
  });
});
