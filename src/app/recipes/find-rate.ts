import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AbovoError, InvalidInput } from '../../base/core/index.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import type { OnProgress } from '../../base/contract/index.js';
import { renderReport } from '../../base/report/index.js';
import { createOrtExecutor } from '../../compiler/runtime/index.node.js';
import { loadTokenizer } from '../../model/tokenizer/index.node.js';
import { openShards, packDocuments } from '../../stages/data/index.js';
import { readMetrics, resolveTrainConfig, train } from '../../stages/training/index.js';
import { makePlan } from './plan.js';
import type { Measure } from './plan.js';
import { loadProject } from './project-file.js';
import { rolesOf, taskIds } from './roles.js';
import { runProject } from './run.js';
import type { Builders } from './run.js';
import { startingWeights } from './start-embeddings.js';
import { modelOf, prepareTask } from './task.js';

export interface FindRateOptions {
  readonly measure: Measure;
  readonly builders: Builders;
  /** Steps of the sweep (default 100). */
  readonly steps?: number;
  /** Factors of the planned rates that the sweep begins and ends with (default 0.001 and 30). */
  readonly from?: number;
  readonly to?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

export interface RateSweep {
  /** Planned peak rates, which the factors multiply. */
  readonly learningRate: number;
  readonly muonLearningRate?: number;
  readonly points: readonly { readonly factor: number; readonly loss: number; readonly smoothed: number }[];
  /** Factor where the smoothed loss falls fastest. */
  readonly steepest: number;
  /** Factor of the lowest smoothed loss: from here on the rate is too high. */
  readonly lowest: number;
  /** A third of the way back from the lowest loss to the steepest place, in the logarithm: what to try. */
  readonly suggestion: number;
  /** The run diverged at the end of the sweep, as it should. */
  readonly diverged: boolean;
  /** Page with the curve. */
  readonly page: string;
}

/** Weight of what came before in the smoothed loss. */
const memory = 0.9;

/** Exponential moving average without the pull to zero at its beginning. */
export function smoothed(values: readonly number[]): number[] {
  let mean = 0;
  return values.map((value, i) => {
    mean = memory * mean + (1 - memory) * value;
    return mean / (1 - memory ** (i + 1));
  });
}

/** Where a sweep's smoothed loss falls fastest (over a tenth of the sweep) and where it is lowest, as places in it. */
export function readSweep(losses: readonly number[]): { steepest: number; lowest: number } {
  const smooth = smoothed(losses);
  const span = Math.max(2, Math.round(losses.length / 10));
  let lowest = 0;
  smooth.forEach((loss, i) => {
    if (loss < (smooth[lowest] as number)) lowest = i;
  });
  let steepest = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i + span <= lowest; i++) {
    const fall = (smooth[i] as number) - (smooth[i + span] as number);
    if (fall > most) [most, steepest] = [fall, i + Math.round(span / 2)];
  }
  return { steepest, lowest };
}

/**
 * Learning-rate range test (Smith 2017): trains the planned model from fresh weights while all rates rise exponentially,
 * and looks at where the loss falls and where it turns. Nothing of it enters the project's artifacts but the stages that it
 * reads.
 */
export async function findRate(folder: string, options: FindRateOptions): Promise<RateSweep> {
  const { steps = 100, from = 1e-3, to = 30, signal, onProgress } = options;
  if (!(from > 0 && from < to)) {
    throw new InvalidInput('rate.range', `rate: expected --from below --to, both above 0, got ${from} and ${to}`);
  }
  await runProject(folder, { ...options, until: 'tokens' });
  const loaded = await loadProject(folder);
  const plan = await makePlan(loaded, options);
  const artifact = (stage: string) => {
    const planned = plan.stages.find((one) => one.stage === stage);
    const found = planned && plan.store.find(planned.address);
    if (!found) throw new InvalidInput('rate.stage', `rate: expected the stage ${stage}, got none; run: abovo run`);
    return found.folder;
  };
  const { tokenizer } = await loadTokenizer(artifact('tokenizer'));
  const { shape, horizon } = plan;
  const ids = taskIds(tokenizer, rolesOf(shape.architecture.family));
  const architecture = modelOf({
    ...shape.architecture,
    vocabSize: tokenizer.vocabSize,
    ...(ids.pad === undefined ? {} : { pad: ids.pad }),
    ...(ids.eos === undefined ? {} : { eos: ids.eos }),
  });
  const { training } = horizon;
  const config = resolveTrainConfig({
    ...training,
    steps,
    schedule: 'sweep',
    warmupSteps: 0,
    learningRate: training.learningRate * to,
    muonLearningRate: training.muonLearningRate * to,
    embeddingLearningRate: training.embeddingLearningRate === null ? null : training.embeddingLearningRate * to,
    finalLearningRateFraction: from / to,
    validateEvery: 0,
    checkpointEvery: 0,
    averageDecay: 0,
    select: 'last',
    // The end of the sweep is meant to diverge: it is seen early, and the run stopped.
    divergenceThreshold: 1,
    divergencePatience: 3,
  });
  const task = prepareTask(architecture, shape.task, ids, config.microBatchSize, config);
  const shards = openShards(join(artifact('tokens'), 'train'));
  const scratch = await mkdtemp(join(tmpdir(), 'abovo-rate-'));
  const { device, threads } = plan.project.compute;
  const executor = await createOrtExecutor({ device, threads });
  let diverged = false;
  try {
    const pack = { sequenceLength: task.textLength, batchSize: config.microBatchSize, seed: config.seed };
    const start = await startingWeights(architecture, tokenizer, shape.seed, plan.embeddings, signal);
    await train({
      config,
      architecture,
      initial: start.params,
      batches: task.batches(packDocuments(shards, pack), config.seed),
      objective: task.objective,
      executor,
      folder: scratch,
      name: 'sweeping the rate',
      signal,
      onProgress,
    }).catch((error: unknown) => {
      if (!(error instanceof AbovoError && /^training\.(?:diverged|not-finite)$/.test(error.code))) throw error;
      diverged = true;
    });
    const lines = (await readMetrics(join(scratch, 'metrics.jsonl'))).filter((line) => line.type === 'step');
    const losses = lines.map((line) => line.loss);
    if (losses.length < 10) {
      throw new InvalidInput(
        'rate.steps',
        `rate: expected ten steps before divergence, got ${losses.length}; lower --from`,
      );
    }
    const smooth = smoothed(losses);
    const points = lines.map((line, i) => ({
      factor: line.learningRate / training.learningRate,
      loss: line.loss,
      smoothed: smooth[i] as number,
    }));
    const { steepest, lowest } = readSweep(losses);
    const [fast, low] = [points[steepest]!.factor, points[lowest]!.factor];
    const page = join(plan.store.folder, 'rate.html');
    const sweep: RateSweep = {
      learningRate: training.learningRate,
      ...(training.optimizer === 'muon' ? { muonLearningRate: training.muonLearningRate } : {}),
      points,
      steepest: fast,
      lowest: low,
      suggestion: low * (fast / low) ** (1 / 3),
      diverged,
      page,
    };
    await writeFileAtomic(page, pageOf(plan.name, sweep));
    return sweep;
  } finally {
    await executor.close();
    shards.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

function pageOf(name: string, sweep: RateSweep): string {
  const at = (pick: (point: RateSweep['points'][number]) => number) =>
    sweep.points.map((point) => [Math.log10(point.factor), pick(point)] as const);
  return renderReport({
    title: `Learning rate of ${name}`,
    sections: [
      {
        id: 'sweep',
        title: 'Loss while all rates rise',
        blocks: [
          {
            kind: 'charts',
            charts: [
              {
                kind: 'lines',
                title: 'Training loss',
                xLabel: 'log10 of the factor of the planned rates',
                yLabel: 'nats per token',
                series: [
                  { name: 'loss', style: 'faint', points: at(({ loss }) => loss) },
                  { name: 'smoothed', points: at((point) => point.smoothed) },
                ],
              },
            ],
          },
          {
            kind: 'facts',
            facts: [
              ['falls fastest at', `${sweep.steepest.toPrecision(2)} times the planned rates`],
              ['lowest at', `${sweep.lowest.toPrecision(2)} times`],
              ['to try', `${sweep.suggestion.toPrecision(2)} times`],
            ],
          },
        ],
      },
    ],
  });
}
