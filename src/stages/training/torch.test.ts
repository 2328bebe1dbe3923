import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../test/support.js';
import { AbovoError } from '../../base/core/index.js';
import { createInterpreter } from '../../compiler/runtime/index.js';
import type { Executor } from '../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../compiler/runtime/index.node.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import { decoderConfig, parameterSpecs } from '../../model/architecture/index.js';
import { resolveTrainConfig } from './config.js';
import { causalLanguageModel } from './objectives/index.js';
import { TrainStep } from './step.js';

interface Run {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly losses: readonly number[];
  readonly gradNorms: readonly number[];
}
interface Fixture {
  readonly peer: string;
  readonly batches: ReadonlyArray<{ readonly ids: readonly number[]; readonly targets: readonly number[] }>;
  readonly runs: Readonly<Record<string, Run>>;
}

const batchSize = 4;
const sequenceLength = 12;
const common = { vocabSize: 40, contextLength: sequenceLength, hiddenSize: 16, numLayers: 2 };
const gpt2 = decoderConfig({ ...common, family: 'gpt2', numHeads: 2, intermediateSize: 32 });
const llama = decoderConfig({
  ...common,
  family: 'llama',
  numHeads: 4,
  numKvHeads: 2,
  intermediateSize: 24,
  tieEmbeddings: false,
});

/** Losses and gradient norms of the fixture's run, computed here. */
async function curve(executor: Executor, fixture: Fixture, name: string) {
  const architecture = name.startsWith('gpt2') ? gpt2 : llama;
  const bytes = fixture.runs[name].parameters ?? fixture.runs['llama-adamw'].parameters ?? {};
  const params = Object.fromEntries(
    Object.entries(parameterSpecs(architecture)).map(([key, { shape }]) => {
      const raw = Uint8Array.from(Buffer.from(bytes[key], 'base64'));
      return [key, hostTensor('f32', shape as number[], new Float32Array(raw.buffer))];
    }),
  );
  const config = resolveTrainConfig({
    optimizer: name.endsWith('adamw') ? 'adamw' : 'muon',
    muonScale: name.endsWith('match') ? 'match-adamw' : 'aspect',
    learningRate: 0.01,
    batchTokens: batchSize * sequenceLength,
    microBatchSize: batchSize,
    steps: fixture.batches.length,
    warmupSteps: 4,
    finalLearningRateFraction: 0.1,
  });
  const step = await TrainStep.create({
    executor,
    config,
    objective: causalLanguageModel(architecture, batchSize, sequenceLength),
    microBatches: 1,
    params,
  });
  const losses: number[] = [];
  const gradNorms: number[] = [];
  for (const [n, { ids, targets }] of fixture.batches.entries()) {
    const segments = new Int32Array(ids.length).fill(1);
    const batch = { ids: Int32Array.from(ids), targets: Int32Array.from(targets), segments };
    const { loss, gradNorm } = await step.run(n, [{ batchSize, sequenceLength, ...batch }]);
    losses.push(loss);
    gradNorms.push(gradNorm);
  }
  // A checkpoint reads these from wherever they are: from a GPU too.
  const state = { ...(await step.parameters()), ...(await step.state()) };
  for (const [key, { data }] of Object.entries(state)) {
    expect((data as Float32Array).every(Number.isFinite), key).toBe(true);
    if (params[key]) expect(data, key).not.toEqual(params[key].data);
  }
  await step.close();
  return { losses, gradNorms };
}

const largest = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i])));

const all = ['gpt2-adamw', 'llama-adamw', 'llama-muon', 'llama-muon-match'];

describe.each([
  ['interpreter', all, () => Promise.resolve(createInterpreter())],
  ['onnxruntime', all, () => createOrtExecutor({ device: 'cpu', threads: 1 })],
  // Slow where the driver runs on the CPU.
  ['onnxruntime on webgpu', ['llama-muon'], () => createOrtExecutor({ device: 'webgpu' })],
] as const)('20 steps on the %s', (executorName, names, open) => {
  it.for(names)('%s: losses as in PyTorch, and as recorded', { timeout: 120_000 }, async (name, context) => {
    const golden = join(repositoryRoot, 'test/golden');
    const fixture = JSON.parse(await readFile(join(golden, 'training.json'), 'utf8')) as Fixture;
    const executor = await open().catch((error: unknown): Executor => {
      if (error instanceof AbovoError && error.code === 'device.webgpu') return context.skip(error.message);
      throw error;
    });
    const { losses, gradNorms } = await curve(executor, fixture, name);
    await executor.close();
    expect(largest(losses, fixture.runs[name].losses), `losses against ${fixture.peer}`).toBeLessThan(1e-3);
    expect(gradNorms[0]).toBeCloseTo(fixture.runs[name].gradNorms[0], 4);
    // The recorded curve holds every later version to this one: to 1e-6 the interpreter, to 1e-3 other executors.
    const recorded = JSON.parse(await readFile(join(golden, 'loss-curves.json'), 'utf8')) as Record<string, number[]>;
    if (process.env.ABOVO_PRINT_CURVES) console.log(JSON.stringify({ [name]: losses }));
    expect(largest(losses, recorded[name])).toBeLessThan(executorName === 'interpreter' ? 1e-6 : 1e-3);
  });
});
