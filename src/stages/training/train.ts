import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchSource, TokenBatch } from '../../base/contract/index.js';
import {
  AbovoError,
  InvalidInput,
  Unavailable,
  canonicalJson,
  formatCount,
  formatDuration,
} from '../../base/core/index.js';
import { sha256 } from '../../base/core/index.node.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { flopsPerToken } from '../../model/architecture/index.js';
import { diskError, readNewestCheckpoint, writeCheckpoint } from './checkpoint.js';
import type { CheckpointState } from './checkpoint.js';
import type { TrainConfig } from './config.js';
import { watch } from './divergence.js';
import { MetricsLog } from './metrics.js';
import { causalLanguageModel } from './objectives/index.js';
import type { Objective } from './objectives/index.js';
import type { TrainOptions, TrainResult } from './options.js';
import { parameterBuffer } from './programs.js';
import { learningRateFactor } from './schedule.js';
import { TrainStep, Validation } from './step.js';

/** Micro-batches per optimizer step; throws where `batchTokens` is not a whole number of them. */
export function microBatchesPerStep(config: TrainConfig, sequenceLength: number): number {
  const tokens = config.microBatchSize * sequenceLength;
  if (config.batchTokens % tokens !== 0) {
    throw new InvalidInput(
      'training.batch',
      `training: expected batchTokens to be a multiple of microBatchSize · sequence length (${config.microBatchSize} · ${sequenceLength} = ${tokens}), got ${config.batchTokens}; take ${Math.max(1, Math.round(config.batchTokens / tokens)) * tokens}`,
      { batchTokens: config.batchTokens, tokens },
    );
  }
  return config.batchTokens / tokens;
}

/** Identifies what decides the result of a run, so that a folder is never resumed with something else. */
function fingerprintOf<Batch>(options: TrainOptions<Batch>, objective: Objective<Batch>): string {
  const { config, architecture, batches, validation, initial } = options;
  const hash = createHash('sha256');
  const bytesOf = (data: HostTensor['data']) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (const name of Object.keys(initial).sort()) hash.update(name).update(bytesOf(initial[name].data));
  hash.update(objective.name);
  for (const [name, tensor] of Object.entries(objective.feeds(batches.batch(0)))) {
    hash.update(name).update(bytesOf(tensor.data));
  }
  const { keepCheckpoints, checkpointEvery, ...deciding } = config;
  void keepCheckpoints;
  void checkpointEvery;
  const sizes = [batches, ...(validation ? [validation] : [])].map((source) => [
    source.batchSize,
    source.sequenceLength,
    source.batchesPerEpoch,
  ]);
  return sha256(canonicalJson({ config: deciding, architecture, sizes, content: hash.digest('hex') }));
}

function checkOptions<Batch>({ config, architecture, batches, validation, objective }: TrainOptions<Batch>): void {
  if (batches.batchSize !== config.microBatchSize) {
    throw new InvalidInput(
      'training.batch',
      `training: expected batches of microBatchSize (${config.microBatchSize}) sequences, got ${batches.batchSize}`,
    );
  }
  for (const source of [batches, ...(validation ? [validation] : [])]) {
    if (source.batchesPerEpoch < 1) throw new InvalidInput('training.data', 'training: expected data, got no batches');
    if (!objective && source.sequenceLength > architecture.contextLength) {
      throw new InvalidInput(
        'training.context',
        `training: expected sequences of at most contextLength (${architecture.contextLength}) tokens, got ${source.sequenceLength}`,
      );
    }
  }
}

function* take<Batch>(source: BatchSource<Batch>, count: number): Iterable<Batch> {
  const total = count === 0 ? source.batchesPerEpoch : Math.min(count, source.batchesPerEpoch);
  for (let i = 0; i < total; i++) yield source.batch(i);
}

/** What the options ask for, or next-token prediction. */
function objectiveOf<Batch>(options: TrainOptions<Batch>, source: BatchSource<Batch>): Objective<Batch> {
  if (options.objective) return options.objective(source);
  const { architecture, config } = options;
  if (architecture.kind !== 'decoder') {
    throw new InvalidInput(
      'training.objective',
      `training: expected an objective for a model of kind ${architecture.kind}, got none; next-token prediction is for decoders`,
    );
  }
  const { labelSmoothing, zLoss } = config;
  // Without an objective the batches are of tokens.
  return causalLanguageModel(architecture, source.batchSize, source.sequenceLength, {
    labelSmoothing,
    zLoss,
  }) as Objective<never> as Objective<Batch>;
}

/**
 * Trains a model on batches until `config.steps`, or goes on where a stopped run in `folder` stood. The result is a
 * pure function of config, architecture, initial weights, batches and executor: no clock, no hidden random state, so a
 * run killed at any point and started again ends with the same losses and weights, bit for bit.
 *
 * @throws InvalidInput for settings that do not fit together or a folder of another run.
 * @throws AbovoError `training.not-finite`, `training.diverged`, `cancelled` (after a checkpoint), `disk.full`.
 */
export async function train<Batch = TokenBatch>(options: TrainOptions<Batch>): Promise<TrainResult> {
  const { config, batches, validation, executor, folder, signal } = options;
  const onWarning = options.onWarning ?? ((message: string) => process.emitWarning(message));
  checkOptions(options);
  const microBatches = microBatchesPerStep(config, batches.sequenceLength);
  const checkpoints = join(folder, 'checkpoints');
  const best = join(folder, 'best');
  for (const path of [checkpoints, best]) {
    await mkdir(path, { recursive: true }).catch((error: unknown) => {
      throw diskError(error, `create ${path}`);
    });
  }
  const objective = objectiveOf(options, batches);
  const fingerprint = fingerprintOf(options, objective);
  const resumed = await readNewestCheckpoint(checkpoints, fingerprint, onWarning);
  let state: CheckpointState = resumed?.state ?? {
    step: 0,
    tokens: 0,
    metricsBytes: 0,
    loss: null,
    validation: null,
    bestValidation: null,
    bestLoss: null,
    badSteps: 0,
  };
  const names = Object.keys(objective.parameters);
  const paramsOf = (tensors: Readonly<Record<string, HostTensor>>) =>
    Object.fromEntries(names.map((name) => [name, tensors[parameterBuffer(name)]]));
  const params = resumed ? paramsOf(resumed.tensors) : options.initial;
  const step = await TrainStep.create({ executor, config, objective, microBatches, params, state: resumed?.tensors });
  const averaged = config.select === 'average' ? 'average' : 'last';
  const validator = validation
    ? await Validation.create(executor, objectiveOf(options, validation), averaged)
    : undefined;
  const metrics = await MetricsLog.open(join(folder, 'metrics.jsonl'), state.metricsBytes);
  let saved = resumed ? state.step : -1;

  const weights = async (): Promise<Record<string, HostTensor>> => {
    const read = Object.entries(await step.parameters());
    return Object.fromEntries(read.map(([name, tensor]) => [parameterBuffer(name), tensor]));
  };
  const save = async () => {
    if (saved === state.step) return;
    await metrics.sync();
    state = { ...state, metricsBytes: metrics.bytes };
    const tensors = { ...(await step.state()), ...(await weights()) };
    await writeCheckpoint(checkpoints, fingerprint, { state, tensors }, config.keepCheckpoints);
    saved = state.step;
  };
  const validate = async () => {
    if (!validator || !validation || state.validation?.step === state.step) return;
    const due = state.step === config.steps || (config.validateEvery > 0 && state.step % config.validateEvery === 0);
    if (state.step === 0 || !due) return;
    const started = performance.now();
    const { loss, targets } = await validator.run(take(validation, config.validationBatches), signal);
    if (signal?.aborted) return;
    const bitsPerToken = loss / Math.LN2;
    const seconds = (performance.now() - started) / 1000;
    await metrics.append({ type: 'validation', step: state.step, loss, bitsPerToken, targets, seconds });
    const measured = { step: state.step, loss };
    const improved = !state.bestValidation || loss < state.bestValidation.loss;
    state = { ...state, validation: measured, bestValidation: improved ? measured : state.bestValidation };
    // A run killed after this writes the same weights again when it comes here again.
    if (improved && config.select === 'best') {
      await writeCheckpoint(best, fingerprint, { state, tensors: await weights() }, 1);
    }
  };

  const report = progressReporter(options, state.step, microBatches);
  try {
    for (;;) {
      if (!signal?.aborted) await validate();
      if (signal?.aborted) {
        await save();
        throw new AbovoError(
          'world',
          'cancelled',
          `training: stopped at step ${state.step} of ${config.steps}; a checkpoint is saved, run again to go on`,
          { step: state.step },
          signal.reason,
        );
      }
      const due = config.checkpointEvery > 0 && state.step > 0 && state.step % config.checkpointEvery === 0;
      if (due || state.step === config.steps) await save();
      if (state.step === config.steps) break;
      const started = performance.now();
      const micro = Array.from({ length: microBatches }, (_, i) => batches.batch(state.step * microBatches + i));
      const result = await step.run(state.step, micro);
      const lastGood = saved > 0 ? `the checkpoint of step ${saved} is kept` : 'no checkpoint had been written yet';
      const watched = watch(config, state, state.step + 1, result, lastGood);
      const tokens = state.tokens + config.batchTokens;
      const learningRate = config.learningRate * learningRateFactor(config, state.step);
      const seconds = (performance.now() - started) / 1000;
      state = { ...state, ...watched, loss: result.loss, step: state.step + 1, tokens };
      await metrics.append({ type: 'step', step: state.step, ...result, learningRate, tokens, seconds });
      report(state);
    }
    const loss = state.loss ?? Number.NaN;
    const last = state.validation;
    const wanted = config.select === 'best' ? state.bestValidation : null;
    const chosen = wanted && (await readNewestCheckpoint(best, fingerprint, onWarning));
    if (wanted && chosen?.state.step !== wanted.step) {
      throw new Unavailable(
        'training.best',
        `training: expected the weights of step ${wanted.step} in ${best}, got ${chosen ? `step ${chosen.state.step}` : 'none'}; remove ${folder} to train again`,
      );
    }
    return {
      params: chosen ? paramsOf(chosen.tensors) : await step.parameters(averaged),
      selectedStep: chosen?.state.step ?? state.step,
      steps: state.step,
      tokens: state.tokens,
      loss,
      validation: last && { ...last, bitsPerToken: last.loss / Math.LN2 },
      bestValidation: state.bestValidation,
      metricsPath: metrics.path,
    };
  } finally {
    await metrics.close();
    await validator?.close();
    await step.close();
  }
}

/** Reports progress with speed over the last steps. Reads the clock, decides nothing. */
function progressReporter<Batch>(options: TrainOptions<Batch>, firstStep: number, microBatches: number) {
  const { config, architecture, batches, onProgress, peakFlops } = options;
  const flops = flopsPerToken(architecture, batches.sequenceLength).training;
  const tokensPerStep = microBatches * batches.batchSize * batches.sequenceLength;
  const times = [{ step: firstStep, at: performance.now() }];
  return (state: CheckpointState) => {
    if (!onProgress) return;
    times.push({ step: state.step, at: performance.now() });
    if (times.length > 20) times.shift();
    const seconds = (times[times.length - 1].at - times[0].at) / 1000;
    const rate = (state.step - times[0].step) / Math.max(seconds, 1e-9);
    const tokensPerSecond = rate * tokensPerStep;
    const figures: Record<string, string> = {
      loss: (state.loss ?? Number.NaN).toFixed(3),
      'tokens/s': formatCount(tokensPerSecond),
    };
    if (state.validation) figures.validation = state.validation.loss.toFixed(3);
    if (peakFlops) figures['of peak'] = `${((100 * tokensPerSecond * flops) / peakFlops).toFixed(0)} %`;
    figures.ETA = formatDuration((config.steps - state.step) / rate);
    onProgress({ stage: options.name ?? 'training', done: state.step, total: config.steps, unit: 'steps', figures });
  };
}
