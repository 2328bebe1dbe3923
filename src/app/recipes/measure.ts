import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchMemory } from '../../base/artifact/index.node.js';
import type { BatchSource, TokenBatch } from '../../base/contract/index.js';
import { Random } from '../../base/core/index.js';
import { matmul, trace } from '../../compiler/ir/index.js';
import type { Executor } from '../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../compiler/runtime/index.node.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import { decoderConfig, initialize } from '../../model/architecture/index.js';
import { readMetrics, resolveTrainConfig, train } from '../../stages/training/index.js';
import type { Measure } from './plan.js';

/** Steps of a measurement; the first one warms up and is not counted. */
const steps = 5;

/** Random text in documents of a usual length: what is measured is speed alone. */
function randomBatches(batchSize: number, sequenceLength: number, vocabSize: number): BatchSource {
  return {
    batchSize,
    sequenceLength,
    batchesPerEpoch: 1024,
    batch(index): TokenBatch {
      const random = new Random(index);
      const size = batchSize * sequenceLength;
      const ids = Int32Array.from({ length: size }, () => random.int(vocabSize));
      const targets = Int32Array.from({ length: size }, (_, i) => ids[(i + 1) % size]);
      const segments = Int32Array.from({ length: size }, (_, i) => 1 + Math.floor((i % sequenceLength) / 64));
      return { batchSize, sequenceLength, ids, targets, segments };
    },
  };
}

/** Speed of a large product of matrices, floating-point operations per second: the machine's peak in practice. */
export async function measurePeakFlops(executor: Executor, size = 1024): Promise<number> {
  const type = { dtype: 'f32', shape: [size, size] } as const;
  const graph = trace('peak', { a: type, b: type }, ({ a, b }) => ({ c: matmul(a, b) }));
  const program = await executor.load(graph);
  const data = Float32Array.from({ length: size * size }, (_, i) => (i % 7) - 3);
  await executor.write({
    'peak:a': hostTensor('f32', [size, size], data),
    'peak:b': hostTensor('f32', [size, size], data),
  });
  await executor.allocate({ 'peak:c': type });
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 8; run++) {
    const started = performance.now();
    await executor.run({ program, bind: { a: 'peak:a', b: 'peak:b' }, into: { c: 'peak:c' } });
    best = Math.min(best, performance.now() - started);
  }
  await executor.unload(program);
  await executor.free(['peak:a', 'peak:b', 'peak:c']);
  return (2 * size ** 3) / (best / 1000);
}

/**
 * Trains the planned shape on random tokens for a few steps and reads the clock: tokens per second, start-up time and
 * peak memory. The only place where a plan measures anything.
 */
export const measureTraining: Measure = async (shape, { project, signal, onProgress }) => {
  const folder = await mkdtemp(join(tmpdir(), 'abovo-measure-'));
  const architecture = decoderConfig(shape.architecture);
  const { contextLength, vocabSize } = architecture;
  const { device, threads } = project.compute;
  const total = steps + 1;
  const progress = (done: number): void =>
    onProgress?.({ stage: 'measuring this machine', done, total, unit: 'steps' });
  progress(0);
  const executor = await createOrtExecutor({ device, threads });
  const memory = watchMemory();
  try {
    const peakFlops = await measurePeakFlops(executor);
    progress(1);
    const started = performance.now();
    const config = resolveTrainConfig({
      optimizer: shape.optimizer,
      batchTokens: shape.batchTokens,
      microBatchSize: shape.microBatchSize,
      learningRate: 1e-6,
      steps,
      checkpointEvery: 0,
      validateEvery: 0,
      seed: 1,
    });
    const { metricsPath } = await train({
      config,
      architecture,
      initial: initialize(architecture, 1),
      batches: randomBatches(shape.microBatchSize, contextLength, vocabSize),
      executor,
      folder,
      name: 'measuring this machine',
      signal,
      onProgress: (at) => progress(1 + at.done),
    });
    const seconds = (performance.now() - started) / 1000;
    const lines = await readMetrics(metricsPath);
    const times = lines.flatMap((line) => (line.type === 'step' ? [line.seconds] : []));
    // Other work on the machine only ever slows a step down, so the middle one of the warm steps is taken.
    const warm = times.slice(1).sort((a, b) => a - b);
    const step = warm[Math.floor((warm.length - 1) / 2)];
    const total = times.reduce((sum, time) => sum + time, 0);
    return {
      tokensPerSecond: shape.batchTokens / step,
      startSeconds: Math.max(0, seconds - total),
      peakMemoryMB: memory.stop(),
      peakFlops,
      at: new Date().toISOString(),
    };
  } finally {
    memory.stop();
    await executor.close();
    await rm(folder, { recursive: true, force: true });
  }
};
