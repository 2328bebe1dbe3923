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
import { initialize } from '../../model/architecture/index.js';
import { readMetrics, resolveTrainConfig, train } from '../../stages/training/index.js';
import type { Measure } from './plan.js';
import { modelOf, prepareTask } from './task.js';

/** Steps of a first look, which tells how many are needed; the first of them warms up and is not counted. */
const firstSteps = 4;
/** Seconds to measure for, and most steps: short steps vary, so many are taken. */
const measureSeconds = 4;
const mostSteps = 60;

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
  const architecture = modelOf(shape.architecture);
  const { vocabSize } = architecture;
  // Any ids will do: what is measured is speed alone.
  const ids = {
    ...{ bos: 0, eos: 1, pad: 0, mask: 2 },
    sentinels: Array.from({ length: vocabSize }, (_, i) => i),
    special: new Set<number>(),
    vocabSize,
    continues: new Uint8Array(vocabSize),
    sentenceEnds: new Uint8Array(vocabSize),
  };
  const task = prepareTask(architecture, shape.task, ids, shape.microBatchSize);
  const { device, threads } = project.compute;
  const stage = 'measuring this machine';
  const executor = await createOrtExecutor({ device, threads });
  const memory = watchMemory();
  /** Trains from the beginning for some steps; seconds of each, and of what came before them. */
  const trainFor = async (steps: number, name: string): Promise<{ times: number[]; start: number }> => {
    const started = performance.now();
    const { metricsPath } = await train({
      config: resolveTrainConfig({
        optimizer: shape.optimizer,
        batchTokens: shape.batchTokens,
        microBatchSize: shape.microBatchSize,
        learningRate: 1e-6,
        steps,
        checkpointEvery: 0,
        validateEvery: 0,
        seed: 1,
      }),
      architecture,
      initial: initialize(architecture, 1),
      batches: task.batches(randomBatches(shape.microBatchSize, task.textLength, vocabSize), 1),
      objective: task.objective,
      executor,
      folder: join(folder, name),
      signal,
      onProgress: ({ done, total, unit }) => onProgress?.({ stage, done, total, unit }),
    });
    const seconds = (performance.now() - started) / 1000;
    const times = (await readMetrics(metricsPath)).flatMap((line) => (line.type === 'step' ? [line.seconds] : []));
    return { times, start: Math.max(0, seconds - times.reduce((sum, time) => sum + time, 0)) };
  };
  // Other work on the machine only ever slows a step down, so the middle one of the warm steps is taken.
  const middle = (times: readonly number[]): number => {
    const warm = times.slice(1).sort((a, b) => a - b);
    return warm[Math.floor((warm.length - 1) / 2)];
  };
  try {
    const peakFlops = await measurePeakFlops(executor);
    const first = await trainFor(firstSteps, 'first');
    const wanted = Math.min(mostSteps, Math.ceil(measureSeconds / middle(first.times)));
    const { times } = wanted > firstSteps ? await trainFor(wanted, 'second') : first;
    return {
      tokensPerSecond: shape.batchTokens / middle(times),
      startSeconds: first.start,
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
