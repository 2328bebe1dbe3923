import { expect, it } from 'vitest';
import type { TokenBatch } from '../../src/base/contract/index.js';
import { Random } from '../../src/base/core/index.js';
import { createOrtExecutor } from '../../src/compiler/runtime/index.node.js';
import type { Executor } from '../../src/compiler/runtime/index.js';
import { decoderConfig, initialize } from '../../src/model/architecture/index.js';
import { TrainStep, causalLanguageModel, resolveTrainConfig } from '../../src/stages/training/index.js';
import { openWebGpu } from '../webgpu.js';

const steps = 20;
const [batchSize, sequenceLength] = [2, 16];

function batches(vocabSize: number): (step: number) => TokenBatch {
  return (step) => {
    const random = new Random(`webgpu ${step % 4}`);
    const stream = Int32Array.from({ length: batchSize * sequenceLength + 1 }, () => random.int(vocabSize));
    for (let i = 1; i < stream.length; i++) if (random.float() < 0.8) stream[i] = (stream[i - 1] * 3 + 1) % vocabSize;
    const segments = new Int32Array(batchSize * sequenceLength).fill(1);
    segments.fill(2, 10, sequenceLength);
    return { batchSize, sequenceLength, ids: stream.slice(0, -1), targets: stream.slice(1), segments };
  };
}

/** Losses of a short run; parameters and optimizer state stay in the executor's buffers from first step to last. */
async function losses(executor: Executor, family: 'gpt2' | 'llama', microBatches: number): Promise<number[]> {
  const config = decoderConfig({
    family,
    vocabSize: 31,
    contextLength: sequenceLength,
    hiddenSize: 16,
    numLayers: 1,
    numHeads: 2,
    numKvHeads: family === 'llama' ? 1 : 2,
  });
  const step = await TrainStep.create({
    executor,
    config: resolveTrainConfig({
      learningRate: 0.01,
      batchTokens: microBatches * batchSize * sequenceLength,
      microBatchSize: batchSize,
      steps,
      dropout: 0.1,
    }),
    objective: causalLanguageModel(config, batchSize, sequenceLength),
    microBatches,
    params: initialize(config, 7),
  });
  const batch = batches(config.vocabSize);
  const found: number[] = [];
  for (let n = 0; n < steps; n++) {
    const micro = Array.from({ length: microBatches }, (_, i) => batch(n * microBatches + i));
    found.push((await step.run(n, micro)).loss);
  }
  await step.close();
  return found;
}

const cases = [
  { family: 'gpt2', microBatches: 1 },
  { family: 'llama', microBatches: 2 },
] as const;

it.for(cases)(
  'trains $family on WebGPU as on the CPU, $microBatches micro-batches a step',
  { timeout: 240_000 },
  async ({ family, microBatches }, context) => {
    const gpu = await openWebGpu();
    if (typeof gpu === 'string') return context.skip(gpu);
    const cpu = await createOrtExecutor({ threads: 2 });
    try {
      const [want, got] = [await losses(cpu, family, microBatches), await losses(gpu, family, microBatches)];
      got.forEach((loss, n) => expect(Math.abs(loss - want[n]), `step ${n}`).toBeLessThan(2e-3));
      expect(got.at(-1)!).toBeLessThan(got[0] - 0.3);
    } finally {
      await gpu.close();
      await cpu.close();
    }
  },
);
