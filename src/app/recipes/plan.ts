import { ArtifactStore, type StageKey, describeMachine } from '../../base/artifact/index.node.js';
import { type Control, requiredControls } from '../../base/charter/index.js';
import type { OnProgress } from '../../base/contract/index.js';
import { InvalidInput, type Json, canonicalJson } from '../../base/core/index.js';
import { sha256 } from '../../base/core/index.node.js';
import { countParameters, families } from '../../model/architecture/index.js';
import { type CorpusSource, inspectData } from './data-facts.js';
import { type Horizon, deriveHorizon } from './derive-horizon.js';
import { type Setting, type Shape, deriveShape } from './derive.js';
import { forecastStages } from './forecast.js';
import { type Measured, readPlanState, writePlanState } from './plan-state.js';
import type { LoadedProject } from './project-file.js';
import type { Forecast } from './report-input.js';
import type { Project } from './schema.js';
import { type EmbeddingSource, inspectEmbeddings } from './start-embeddings.js';
import { modelOf } from './task.js';

/** Stages of a run in order; `mid` only where there is a second mix of text, `tuned` only where there are chats, `preferred` where there are pairs too, `baselines` where they are wanted. */
export const stageNames = [
  'corpus',
  'tokenizer',
  'tokens',
  'baselines',
  'base',
  'mid',
  'tuned',
  'preferred',
  'evaluation',
] as const;
export type StageName = (typeof stageNames)[number];

/** Raised when the code of a stage computes something else from the same input. */
const stageVersions: Record<StageName, number> = {
  corpus: 1,
  tokenizer: 1,
  tokens: 1,
  baselines: 1,
  base: 1,
  mid: 1,
  tuned: 1,
  preferred: 1,
  evaluation: 1,
};

export interface PlannedStage {
  readonly stage: StageName;
  readonly key: StageKey;
  readonly address: string;
  /** Its artifact exists already. */
  readonly done: boolean;
  readonly predicted: Forecast;
}

/** Everything about a run that is known before it starts. */
export interface Plan {
  readonly name: string;
  readonly folder: string;
  readonly project: Project;
  readonly store: ArtifactStore;
  readonly source: CorpusSource;
  readonly shape: Shape;
  /** What the embedding table starts from, where that is not chance alone. */
  readonly embeddings?: EmbeddingSource;
  readonly horizon: Horizon;
  readonly measured: Measured;
  readonly settings: readonly Setting[];
  readonly controls: ReadonlyArray<Control & { readonly askedBy: readonly string[] }>;
  readonly stages: readonly PlannedStage[];
  readonly parameters: number;
  readonly totals: {
    readonly flops: number;
    /** Seconds of the stages that are still to do, and of all. */
    readonly seconds: number;
    readonly secondsOfAll: number;
    readonly peakMemoryMB: number;
    readonly cost?: { readonly value: number; readonly currency: string; readonly perHour: number };
  };
}

/** Measures how fast this machine trains a shape; see `measureTraining`. */
export type Measure = (
  shape: Shape,
  options: {
    readonly project: Project;
    readonly signal?: AbortSignal;
    readonly onProgress?: OnProgress;
  },
) => Promise<Measured>;

export interface PlanOptions {
  readonly measure: Measure;
  /** Store to use instead of opening the project's: one that holds the lock already. */
  readonly store?: ArtifactStore;
  /** Instead of `training.minutes`. */
  readonly minutes?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/**
 * Derives every setting and the address of every artifact. The machine's speed is measured once per shape and kept in
 * `.abovo/plan.json`, so that the same file leads to the same addresses; nothing of a run reads the clock after this.
 */
export async function makePlan(loaded: LoadedProject, options: PlanOptions): Promise<Plan> {
  const { folder, name } = loaded;
  const commanded: string[] = [];
  let project = loaded.project;
  if (options.minutes !== undefined) {
    if (project.training.steps !== undefined || project.training.tokens !== undefined) {
      throw new InvalidInput(
        'plan.minutes',
        'plan: --minutes cannot be given where abovo.yaml sets training.steps or training.tokens',
      );
    }
    project = { ...project, training: { ...project.training, minutes: options.minutes } };
    commanded.push('training.minutes');
  }
  const store = options.store ?? (await ArtifactStore.open(folder));
  const source = await inspectData(folder, project, project.seed ?? 1);
  const secondBytes = source.second.reduce((sum, file) => sum + file.bytes, 0);
  const facts = { ...source.facts, secondBytes };
  const shape = deriveShape(project, facts, commanded);
  const embeddings = await inspectEmbeddings(folder, project.architecture.embeddings, shape.architecture.hiddenSize);
  const state = await readPlanState(store.folder);
  const id = measurementId(project, shape);
  const known = state.measured[id];
  const measured =
    known ?? (await options.measure(shape, { project, signal: options.signal, onProgress: options.onProgress }));
  const horizon = deriveHorizon(project, facts, shape, measured.tokensPerSecond, commanded);
  const architecture = modelOf(shape.architecture);
  const predictions = forecastStages({ source, shape, horizon, measured, architecture });
  const stages = planStages(store, source, shape, horizon, embeddings, project.data.mix).map(
    (stage): PlannedStage => ({
      ...stage,
      predicted: state.forecasts[stage.address] ?? predictions[stage.stage],
      done: store.find(stage.address) !== undefined,
    }),
  );
  const forecasts = { ...state.forecasts };
  for (const stage of stages) if (!stage.done) forecasts[stage.address] = stage.predicted;
  if (!known || canonicalJson(forecasts) !== canonicalJson(state.forecasts)) {
    await writePlanState(store.folder, { ...state, measured: { ...state.measured, [id]: measured }, forecasts });
  }
  const sum = (list: readonly PlannedStage[], of: (forecast: Forecast) => number | undefined): number =>
    list.reduce((total, stage) => total + (of(stage.predicted) ?? 0), 0);
  const seconds = sum(
    stages.filter((stage) => !stage.done),
    (f) => f.seconds,
  );
  const { perHour, currency = 'EUR' } = project.cost;
  return {
    name,
    folder,
    project,
    store,
    source,
    shape,
    ...(embeddings ? { embeddings } : {}),
    horizon,
    measured,
    settings: [...source.settings, ...shape.settings, ...horizon.settings],
    controls: requiredControls(project.charter),
    stages,
    parameters: countParameters(architecture).total,
    totals: {
      flops: sum(stages, (f) => f.flops),
      seconds,
      secondsOfAll: sum(stages, (f) => f.seconds),
      peakMemoryMB: Math.max(0, ...stages.map((stage) => stage.predicted.peakMemoryMB ?? 0)),
      cost: perHour === undefined ? undefined : { value: (seconds / 3600) * perHour, currency, perHour },
    },
  };
}

/** What a measurement of speed depends on. */
function measurementId(project: Project, shape: Shape): string {
  const { cpu, cores, onnxruntime } = describeMachine();
  return sha256(
    canonicalJson({
      architecture: shape.architecture as unknown as Json,
      task: shape.task as unknown as Json,
      batchTokens: shape.batchTokens,
      microBatchSize: shape.microBatchSize,
      optimizer: shape.optimizer,
      compute: project.compute,
      machine: { cpu, cores, onnxruntime },
    }),
  ).slice(0, 32);
}

/** Settings of training that change how a run is kept, not what it computes. */
function deciding(config: Horizon['training']): Json {
  const { keepCheckpoints: _k, checkpointEvery: _c, ...rest } = config;
  return rest as Json;
}

function planStages(
  store: ArtifactStore,
  source: CorpusSource,
  shape: Shape,
  { training, midtraining, finetuning, preference, evaluation }: Horizon,
  embeddings: EmbeddingSource | undefined,
  mix: Project['data']['mix'],
): Array<{ stage: StageName; key: StageKey; address: string }> {
  const planned: Array<{ stage: StageName; key: StageKey; address: string }> = [];
  const addresses = new Map<StageName, string>();
  /** What later stages read as the base model: where there is mid-training, its result; as the tuned one: the preferred. */
  const add = (stage: StageName, config: unknown, reads: readonly StageName[]): void => {
    const parents = Object.fromEntries(
      reads.flatMap((name) => {
        const successor = name === 'base' ? 'mid' : name === 'tuned' ? 'preferred' : undefined;
        const later = successor && successor !== stage ? addresses.get(successor) : undefined;
        const address = later ?? addresses.get(name);
        return address === undefined ? [] : [[name, address]];
      }),
    );
    const key = { kind: stage, schemaVersion: 1, stageVersion: stageVersions[stage], config: config as Json, parents };
    const address = store.address(key);
    addresses.set(stage, address);
    planned.push({ stage, key, address });
  };
  const { seed } = shape;
  add('corpus', source.config, []);
  const { family } = shape.architecture;
  add('tokenizer', { ...shape.tokenizer, family }, ['corpus']);
  add('tokens', {}, ['corpus', 'tokenizer']);
  const { baselines, kneserNeyOrder, heldOutBytes, questions, ...rest } = evaluation;
  // Compressors and n-gram models say how well text is continued; other tasks bring baselines of their own.
  if (baselines && families[family].kind === 'decoder')
    add('baselines', { kneserNeyOrder, heldOutBytes, questions }, ['corpus', 'tokenizer']);
  const { architecture, task } = shape;
  const start = embeddings && { embeddings: { sha256: embeddings.sha256, projection: embeddings.projection } };
  const mixed = mix ? { mix } : {};
  const reads: StageName[] = ['tokenizer', 'tokens', ...(mix ? (['corpus'] as const) : [])];
  add('base', { architecture, task, training: deciding(training), seed, ...start, ...mixed } as unknown, reads);
  if (midtraining) {
    const files = source.second.map(({ name, sha256: hash, bytes }) => ({ name, sha256: hash, bytes }));
    const { config, replay } = midtraining;
    add('mid', { files, replay, task, training: deciding(config), seed } as unknown, ['tokenizer', 'tokens', 'base']);
  }
  if (finetuning) {
    const { config, overlong, system = null } = finetuning;
    add('tuned', { training: deciding(config), overlong, system, seed }, ['corpus', 'tokenizer', 'base']);
  }
  if (preference) {
    const { config, options } = preference;
    const { system = null } = finetuning ?? {};
    add('preferred', { training: deciding(config), options, system, seed } as unknown, [
      'corpus',
      'tokenizer',
      'tuned',
    ]);
  }
  add('evaluation', { ...rest, heldOutBytes, questions }, ['corpus', 'tokens', 'base', 'tuned']);
  return planned;
}
