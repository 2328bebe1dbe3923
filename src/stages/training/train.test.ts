import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BatchSource, Progress } from '../../base/contract/index.js';
import { Random } from '../../base/core/index.js';
import { createOrtExecutor } from '../../compiler/runtime/index.node.js';
import type { Executor } from '../../compiler/runtime/index.js';
import { decoderConfig, initialize } from '../../model/architecture/index.js';
import { resolveTrainConfig } from './config.js';
import type { TrainingSection } from './config.js';
import { readMetrics } from './metrics.js';
import { causalLanguageModel } from './objectives/index.js';
import type { TrainOptions } from './options.js';
import { TrainStep, Validation } from './step.js';
import { train } from './train.js';

const sequenceLength = 8;
const architecture = decoderConfig({
  family: 'llama',
  vocabSize: 16,
  contextLength: sequenceLength,
  hiddenSize: 16,
  numLayers: 1,
  numHeads: 2,
});
const initial = initialize(architecture, 1);

/** Random rows that repeat every `rows` rows, so that they can be learned by heart; some targets take no loss. */
function source(batchSize: number, rows: number, sequence = sequenceLength): BatchSource {
  return {
    batchSize,
    sequenceLength: sequence,
    batchesPerEpoch: rows / batchSize,
    batch(index) {
      const size = batchSize * sequence;
      const ids = new Int32Array(size);
      const targets = new Int32Array(size).fill(-100);
      for (let b = 0; b < batchSize; b++) {
        const random = new Random((index * batchSize + b) % rows);
        const row = Array.from({ length: sequence + 1 }, () => random.int(16));
        for (let t = 0; t < sequence; t++) {
          ids[b * sequence + t] = row[t];
          if (t > 0 && (t + index * batchSize + b) % 3 !== 0) targets[b * sequence + t] = row[t + 1];
        }
      }
      return { batchSize, sequenceLength: sequence, ids, targets, segments: new Int32Array(size).fill(1) };
    },
  };
}

let executor: Executor;
let folder: string;
beforeEach(async () => {
  executor = await createOrtExecutor({ device: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'abovo-train-'));
});
afterEach(async () => {
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});

const base = { learningRate: 0.01, batchTokens: 32, microBatchSize: 4, steps: 12, weightDecay: 0, seed: 3 };
const options = (section: TrainingSection = {}, more: Partial<TrainOptions> = {}): TrainOptions => ({
  config: resolveTrainConfig({ ...base, ...section }),
  architecture,
  initial,
  batches: source(section.microBatchSize ?? 4, 8),
  executor,
  folder,
  ...more,
});
const linesOf = async (path: string) => (await readMetrics(path)).map((line) => ({ ...line, seconds: 0 }));

describe('train step', { timeout: 120_000 }, () => {
  it.each(['adamw', 'muon'] as const)(
    'does not depend on how a step is cut into micro-batches (%s)',
    async (optimizer) => {
      const run = async (microBatches: number) => {
        const microBatchSize = 8 / microBatches;
        const config = resolveTrainConfig({ ...base, optimizer, batchTokens: 64, microBatchSize, clipNorm: 0.5 });
        const objective = causalLanguageModel(architecture, microBatchSize, sequenceLength);
        const step = await TrainStep.create({ executor, config, objective, microBatches, params: initial });
        const batches = source(microBatchSize, 8);
        const results = [];
        for (let n = 0; n < 6; n++) {
          const micro = Array.from({ length: microBatches }, (_, i) => batches.batch(n * microBatches + i));
          results.push(await step.run(n, micro));
        }
        await step.close();
        return results;
      };
      const [whole, cut] = [await run(1), await run(4)];
      whole.forEach((result, n) => {
        expect(Math.abs(result.loss - cut[n].loss)).toBeLessThan(1e-5);
        expect(Math.abs(result.gradNorm - cut[n].gradNorm)).toBeLessThan(1e-4);
      });
    },
  );

  it.each(['gpt2', 'llama'] as const)('scores packed documents as if each stood alone (%s)', async (family) => {
    const { modelType: _type, positions: _positions, ...shape } = architecture;
    const decoder = decoderConfig({ ...shape, family });
    const random = new Random(8);
    const documents = [5, 3, 6].map((length) => Array.from({ length: length + 1 }, () => random.int(16)));
    // Rows of 8: documents 0 and 1 share one; then each has a row of its own, padded.
    const sumOf = async (rows: number[][]) => {
      const batchSize = rows.length;
      const ids = new Int32Array(batchSize * 8);
      const targets = new Int32Array(batchSize * 8).fill(-100);
      const segments = new Int32Array(batchSize * 8);
      for (const [row, members] of rows.entries()) {
        let at = row * 8;
        for (const [n, document] of members.entries()) {
          for (let i = 0; i + 1 < documents[document].length; i++, at++) {
            ids[at] = documents[document][i];
            targets[at] = documents[document][i + 1];
            segments[at] = n + 1;
          }
        }
      }
      const objective = causalLanguageModel(decoder, batchSize, 8);
      const config = resolveTrainConfig({ ...base, microBatchSize: batchSize });
      const params = initialize({ ...decoder, initializerRange: 0.3 }, 2);
      const step = await TrainStep.create({ executor, config, objective, microBatches: 1, params });
      const validation = await Validation.create(executor, objective);
      const batch = { batchSize, sequenceLength: 8, ids, targets, segments };
      const { loss, targets: count } = await validation.run([batch]);
      expect(count).toBe(14);
      const { loss: trained, gradNorm } = await step.run(0, [batch]);
      expect(Math.abs(trained - loss)).toBeLessThan(1e-5);
      await validation.close();
      await step.close();
      return { loss, gradNorm };
    };
    const packed = await sumOf([[0, 1], [2]]);
    const alone = await sumOf([[0], [1], [2]]);
    expect(Math.abs(packed.loss - alone.loss)).toBeLessThan(1e-5);
    expect(Math.abs(packed.gradNorm - alone.gradNorm)).toBeLessThan(1e-4);
  });

  it('gives the same bits with one thread and with two', async () => {
    const wide = decoderConfig({
      ...architecture,
      vocabSize: 256,
      contextLength: 64,
      hiddenSize: 128,
      intermediateSize: 256,
      headSize: 64,
    });
    const run = async (threads: number) => {
      const other = await createOrtExecutor({ device: 'cpu', threads });
      const config = resolveTrainConfig({ ...base, optimizer: 'muon', dropout: 0.1 });
      const objective = causalLanguageModel(wide, 4, 64);
      const params = initialize(wide, 1);
      const step = await TrainStep.create({ executor: other, config, objective, microBatches: 2, params });
      for (let n = 0; n < 3; n++) await step.run(n, [source(4, 8, 64).batch(2 * n), source(4, 8, 64).batch(2 * n + 1)]);
      const trained = await step.parameters();
      await other.close();
      return trained;
    };
    expect(await run(2)).toEqual(await run(1));
  });

  it('drops activations by seed and step alone', async () => {
    const first = async (seed: number) => {
      const config = resolveTrainConfig({ ...base, dropout: 0.3, seed });
      const objective = causalLanguageModel(architecture, 4, sequenceLength);
      const step = await TrainStep.create({ executor, config, objective, microBatches: 1, params: initial });
      const { loss } = await step.run(0, [source(4, 8).batch(0)]);
      await step.close();
      return loss;
    };
    expect(await first(1)).toBe(await first(1));
    expect(await first(1)).not.toBe(await first(2));
  });
});

describe('train', { timeout: 120_000 }, () => {
  it.each(['adamw', 'muon'] as const)('learns a handful of sequences by heart (%s)', async (optimizer) => {
    const result = await train(options({ optimizer, steps: 150, learningRate: 0.02 }));
    expect(result.loss).toBeLessThan(0.02);
  });

  it('validates, reports progress, and writes a line per step', async () => {
    const seen: Progress[] = [];
    const { metricsPath, validation, bestValidation, tokens } = await train(
      options(
        { validateEvery: 5, batchTokens: 64 },
        { validation: source(2, 8), onProgress: (progress) => seen.push(progress), peakFlops: 1e9 },
      ),
    );
    const lines = await readMetrics(metricsPath);
    expect(lines.filter(({ type }) => type === 'step').map(({ step }) => step)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    const validations = lines.filter((line) => line.type === 'validation');
    expect(validations.map(({ step }) => step)).toEqual([5, 10, 12]);
    expect(validations[0].bitsPerToken).toBeCloseTo(validations[0].loss / Math.LN2);
    expect(validation?.loss).toBe(validations[2].loss);
    expect(bestValidation?.loss).toBe(Math.min(...validations.map(({ loss }) => loss)));
    expect(tokens).toBe(12 * 64);
    expect(seen.at(-1)).toMatchObject({ done: 12, total: 12, unit: 'steps' });
    expect(Object.keys(seen[0].figures ?? {})).toEqual(['loss', 'tokens/s', 'of peak', 'ETA']);
  });

  it('ends with the weights of the best validation when asked to', async () => {
    // Trained on one half of the rows and validated on others, the loss soon rises.
    const held = { ...source(4, 16), batchesPerEpoch: 2, batch: (n: number) => source(4, 16).batch(2 + (n % 2)) };
    const section = { steps: 40, validateEvery: 4, learningRate: 0.05 };
    const last = await train({ ...options(section, { validation: held }), folder: join(folder, 'last') });
    expect(last.selectedStep).toBe(40);
    expect(last.bestValidation?.step).toBeLessThan(40);
    const best = await train({ ...options({ ...section, select: 'best' }, { validation: held }) });
    expect(best.selectedStep).toBe(last.bestValidation?.step);
    const objective = causalLanguageModel(architecture, 4, sequenceLength);
    const config = resolveTrainConfig(base);
    const step = await TrainStep.create({ executor, config, objective, microBatches: 1, params: best.params });
    const validation = await Validation.create(executor, objective);
    const { loss } = await validation.run([held.batch(0), held.batch(1)]);
    expect(loss).toBe(last.bestValidation?.loss);
    await validation.close();
    await step.close();
  });

  it('stops at a step boundary when asked and goes on to the same end', async () => {
    const more = { validation: source(4, 8) };
    const section = { dropout: 0.1, validateEvery: 3, checkpointEvery: 4 };
    const whole = await train({ ...options(section, more), folder: join(folder, 'whole') });
    const stopped = join(folder, 'stopped');
    for (const at of [2, 6, 7, 12]) {
      const controller = new AbortController();
      const onProgress = ({ done }: Progress) => done === at && controller.abort();
      const run = train({ ...options(section, more), folder: stopped, signal: controller.signal, onProgress });
      await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    }
    const resumed = await train({ ...options(section, more), folder: stopped });
    expect(resumed.params).toEqual(whole.params);
    expect(await linesOf(resumed.metricsPath)).toEqual(await linesOf(whole.metricsPath));
    expect(await train({ ...options(section, more), folder: stopped })).toEqual(resumed);
  });

  it('goes back to the checkpoint before a damaged one', async () => {
    const whole = await train(options({ checkpointEvery: 5 }));
    const lines = await linesOf(whole.metricsPath);
    const [, newest] = (await readdir(join(folder, 'checkpoints'))).sort();
    await rm(join(folder, 'checkpoints', newest, 'tensors.bin'));
    const warnings: string[] = [];
    const again = await train(options({ checkpointEvery: 5 }, { onWarning: (message) => warnings.push(message) }));
    expect(again.params).toEqual(whole.params);
    expect(await linesOf(again.metricsPath)).toEqual(lines);
    expect(warnings).toHaveLength(1);
  });

  it('stops a diverging run and keeps the last good checkpoint', async () => {
    const wild = { learningRate: 1e30, clipNorm: 0, checkpointEvery: 1, warmupSteps: 6, steps: 20 };
    await expect(train(options(wild))).rejects.toMatchObject({ code: 'training.not-finite' });
    const high = { learningRate: 30, divergencePatience: 3, checkpointEvery: 1, keepCheckpoints: 9, steps: 60 };
    const other = join(folder, 'other');
    await expect(train({ ...options(high), folder: other })).rejects.toThrow(/checkpoint of step \d+ is kept/);
    expect((await readdir(join(other, 'checkpoints'))).length).toBeGreaterThan(0);
  });

  it('refuses settings that do not fit together', async () => {
    await expect(train(options({ batchTokens: 33 }))).rejects.toThrow(/multiple of .* take 32/);
    await expect(train(options({}, { batches: source(2, 8) }))).rejects.toThrow(/expected batches of microBatchSize/);
    await expect(train(options({ batchTokens: 64 }, { batches: source(4, 8, 16) }))).rejects.toThrow(/contextLength/);
    await train(options({ steps: 2 }));
    await expect(train(options({ steps: 3 }))).rejects.toThrow(/other settings/);
    await expect(train(options({ steps: 2 }, { initial: initialize(architecture, 2) }))).rejects.toThrow(/initial/);
  });
});
