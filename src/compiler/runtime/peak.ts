import { matmul, trace } from '../ir/index.js';
import { hostTensor } from '../tensor/index.js';
import type { Executor } from './executor.js';

/** Side of the square product: large enough that packing and threads no longer count, 2 GFLOP each. */
const size = 1024;

/**
 * The most this executor computes: operations per second (a multiplication and an addition are two) of large f32
 * matrix products, the best of several runs of four products each. Takes about a second; keep the result.
 */
export async function measurePeak(executor: Executor): Promise<{ readonly flopsPerSecond: number }> {
  const square = { dtype: 'f32', shape: [size, size] } as const;
  const graph = trace('peak', { a: square, b: square }, ({ a, b }) => {
    let y = a;
    for (let i = 0; i < 4; i++) y = matmul(y, b, { alpha: 1 / 32 });
    return { y };
  });
  const program = await executor.load(graph);
  const names = { a: 'peak:a', b: 'peak:b', y: 'peak:y' };
  const filled = (value: number) => hostTensor('f32', [size, size], new Float32Array(size * size).fill(value));
  await executor.write({ [names.a]: filled(0.5), [names.b]: filled(0.03) });
  await executor.allocate({ [names.y]: square });
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 12; run++) {
    const start = performance.now();
    await executor.run({ program, bind: { a: names.a, b: names.b }, into: { y: names.y } });
    if (run > 0) best = Math.min(best, performance.now() - start);
  }
  await executor.unload(program);
  await executor.free(Object.values(names));
  return { flopsPerSecond: (4 * 2 * size ** 3) / (best / 1000) };
}
