import { families } from '../../model/architecture/index.js';
import { type OverlongPolicy, resolveFinetuningConfig } from '../../stages/alignment/index.js';
import { type PreferenceOptions, resolvePreferenceConfig } from '../../stages/alignment/preference/index.js';
import { type EvaluationConfig, resolveEvaluationConfig } from '../../stages/evaluation/index.js';
import { type TrainConfig, resolveTrainConfig } from '../../stages/training/index.js';
import { type DataFacts, Derivation, type Setting, type Shape } from './derive.js';
import type { Project } from './schema.js';

/** The rest of the settings, once the machine's speed is known. */
export interface Horizon {
  readonly training: TrainConfig;
  /** Where there is a second mix of text. */
  readonly midtraining?: { readonly config: TrainConfig; readonly replay: number };
  readonly finetuning?: { readonly config: TrainConfig; readonly overlong: OverlongPolicy; readonly system?: string };
  /** Where there are pairs of answers. */
  readonly preference?: { readonly config: TrainConfig; readonly options: PreferenceOptions };
  readonly evaluation: EvaluationConfig;
  /** Passes over the training text, where its size is known. */
  readonly epochs?: number;
  readonly settings: readonly Setting[];
}

/** Turns minutes into steps, and derives what depends on their number. */
export function deriveHorizon(
  project: Project,
  facts: DataFacts,
  shape: Shape,
  tokensPerSecond: number,
  commanded: Iterable<string> = [],
): Horizon {
  const d = new Derivation(commanded);
  const { batchTokens, microBatchSize, seed, dataTokens } = shape;
  const { minutes: _m, tokens, maxEpochs, ...training } = project.training;
  const microTokens = microBatchSize * shape.rowTokens;
  const stepsOf = (count: number): number => Math.max(1, Math.round(count / batchTokens));
  const speed = Math.round(tokensPerSecond);
  let how = `${shape.minutes} minutes at ${speed} measured tokens/s, in batches of ${batchTokens}`;
  const steps = d.take(
    'training.steps',
    training.steps ?? (tokens === undefined ? undefined : stepsOf(tokens)),
    () => {
      const wanted = stepsOf(shape.minutes * 60 * tokensPerSecond);
      if (dataTokens === undefined || facts.trainBytes === undefined) return wanted;
      const most = stepsOf(Math.max(batchTokens, ((maxEpochs ?? 10) * dataTokens) / shape.textShare));
      if (most < wanted)
        how = `${maxEpochs ?? 10} passes over about ${dataTokens} tokens (training.maxEpochs), less than ${shape.minutes} minutes`;
      return Math.min(wanted, most);
    },
    'see below',
  );
  const horizon = d.settings[d.settings.length - 1];
  if (horizon.from === 'derived') d.settings[d.settings.length - 1] = { ...horizon, how };
  const epochs = dataTokens === undefined ? undefined : (steps * batchTokens * shape.textShare) / dataTokens;
  const learningRate = d.take(
    'training.learningRate',
    training.learningRate,
    () =>
      Number(
        ((shape.optimizer === 'muon' ? 0.03 : 0.003) * Math.sqrt(256 / shape.architecture.hiddenSize)).toPrecision(3),
      ),
    shape.optimizer === 'muon'
      ? '0.03·√(256/hiddenSize): embeddings and norms alone, Muon has the matrices'
      : '0.003·√(256/hiddenSize)',
  );
  const dropout = d.take(
    'training.dropout',
    training.dropout,
    () => (epochs !== undefined && epochs > 2.5 ? 0.1 : 0),
    '0.1 where the text is seen more than 2.5 times, else 0',
  );
  const select = d.take(
    'training.select',
    training.select,
    () => (epochs !== undefined && epochs > 2.5 ? ('best' as const) : ('last' as const)),
    'the weights of the best validation where the text is seen more than 2.5 times, else the last',
  );
  const microBatches = (steps * batchTokens) / microTokens;
  const validationBatches = d.take(
    'training.validationBatches',
    training.validationBatches,
    () => Math.max(4, Math.round(microBatches / 100)),
    'a hundredth of the training micro-batches, at least 4',
  );
  const given = new Set(Object.keys(training));
  const config = resolveTrainConfig({
    ...training,
    optimizer: shape.optimizer,
    seed: training.seed ?? seed,
    batchTokens,
    microBatchSize,
    steps,
    learningRate,
    dropout,
    select,
    validationBatches,
  });
  const noted = new Set([
    'optimizer',
    'steps',
    'learningRate',
    'dropout',
    'select',
    'validationBatches',
    'batchTokens',
    'microBatchSize',
  ]);
  const derived: Record<string, string> = {
    warmupSteps: '2 % of the steps',
    validateEvery: 'a tenth of the steps',
    checkpointEvery: 'a tenth of the steps',
    seed: 'seed',
  };
  for (const [key, value] of Object.entries(config)) {
    if (noted.has(key)) continue;
    const from = given.has(key) ? 'set' : derived[key] ? 'derived' : 'default';
    d.settings.push({ key: `training.${key}`, value, from, ...(from === 'derived' ? { how: derived[key] } : {}) });
  }
  const midtraining =
    (facts.secondBytes ?? 0) > 0 ? deriveMidtraining(project, shape, config, tokensPerSecond, d) : undefined;
  const writes = families[shape.architecture.family].kind === 'decoder';
  if (facts.hasChats && !writes) {
    const how = `chats are for decoders; ${shape.architecture.family} is none`;
    d.settings.push({ key: 'finetuning', value: null, from: 'derived', how });
  }
  const finetuning = facts.hasChats && writes ? deriveTuning(project, shape, config, tokensPerSecond, d) : undefined;
  const preference =
    finetuning && facts.hasPairs ? derivePreference(project, finetuning.config, tokensPerSecond, d) : undefined;
  const evaluation = resolveEvaluationConfig({
    ...project.evaluation,
    seed: project.evaluation.seed ?? seed,
    sampleTokens: project.evaluation.sampleTokens ?? Math.min(48, Math.floor(shape.architecture.contextLength / 2)),
  });
  for (const [key, value] of Object.entries(evaluation)) {
    const set = (project.evaluation as Record<string, unknown>)[key] !== undefined;
    d.settings.push({ key: `evaluation.${key}`, value, from: set ? 'set' : 'default' });
  }
  return {
    training: config,
    ...(midtraining ? { midtraining } : {}),
    finetuning,
    ...(preference ? { preference } : {}),
    evaluation,
    epochs,
    settings: d.settings,
  };
}

/** The base model's own settings, a third of its rates, falling to zero. */
function deriveMidtraining(
  project: Project,
  shape: Shape,
  pretraining: TrainConfig,
  tokensPerSecond: number,
  d: Derivation,
): NonNullable<Horizon['midtraining']> {
  const { files: _f, replay: given, minutes, tokens, ...settings } = project.midtraining;
  const { batchTokens } = pretraining;
  const replay = d.take('midtraining.replay', given, () => 0.25);
  const asked =
    settings.steps ??
    (tokens !== undefined
      ? Math.max(1, Math.round(tokens / batchTokens))
      : minutes !== undefined
        ? Math.max(1, Math.round((minutes * 60 * tokensPerSecond) / batchTokens))
        : undefined);
  const steps = d.take(
    'midtraining.steps',
    asked,
    () => Math.max(1, Math.round(0.2 * pretraining.steps)),
    'a fifth of training.steps',
  );
  const third = (rate: number) => Number((rate / 3).toPrecision(3));
  const learningRate = d.take(
    'midtraining.learningRate',
    settings.learningRate,
    () => third(pretraining.learningRate),
    'training.learningRate / 3',
  );
  const { validateEvery: _v, checkpointEvery: _c, warmupSteps: _w, ...base } = pretraining;
  const config = resolveTrainConfig({
    ...base,
    schedule: 'linear',
    finalLearningRateFraction: 0,
    select: 'last',
    muonLearningRate: third(pretraining.muonLearningRate),
    embeddingLearningRate: pretraining.embeddingLearningRate && third(pretraining.embeddingLearningRate),
    ...settings,
    batchTokens,
    microBatchSize: pretraining.microBatchSize,
    steps,
    learningRate,
    validationBatches: settings.validationBatches ?? 4,
  });
  return { config, replay };
}

function deriveTuning(
  project: Project,
  shape: Shape,
  pretraining: TrainConfig,
  tokensPerSecond: number,
  d: Derivation,
): Horizon['finetuning'] {
  const { minutes, tokens, system, overlong, ...tuning } = project.finetuning;
  const batchTokens = d.take('finetuning.batchTokens', tuning.batchTokens, () => shape.batchTokens, 'as in training');
  const microBatchSize = d.take(
    'finetuning.microBatchSize',
    tuning.microBatchSize,
    () => shape.microBatchSize,
    'as in training',
  );
  const asked =
    tuning.steps ??
    (tokens !== undefined
      ? Math.max(1, Math.round(tokens / batchTokens))
      : minutes !== undefined
        ? Math.max(1, Math.round((minutes * 60 * tokensPerSecond) / batchTokens))
        : undefined);
  const steps = d.take(
    'finetuning.steps',
    asked,
    () => Math.max(1, Math.round((0.15 * pretraining.steps * pretraining.batchTokens) / batchTokens)),
    '15 % of the tokens of pretraining',
  );
  const learningRate = d.take(
    'finetuning.learningRate',
    tuning.learningRate,
    () => Number((0.3 * pretraining.learningRate).toPrecision(3)),
    '0.3·training.learningRate',
  );
  const dropout = d.take('finetuning.dropout', tuning.dropout, () => pretraining.dropout, 'as in training');
  const validationBatches = d.take('finetuning.validationBatches', tuning.validationBatches, () => 4);
  const resolved = resolveFinetuningConfig({
    optimizer: pretraining.optimizer,
    muonLearningRate: Number((0.3 * pretraining.muonLearningRate).toPrecision(3)),
    ...tuning,
    overlong,
    seed: tuning.seed ?? shape.seed,
    batchTokens,
    microBatchSize,
    steps,
    learningRate,
    dropout,
    validationBatches,
  });
  const noted = new Set(['steps', 'learningRate', 'dropout', 'validationBatches', 'batchTokens', 'microBatchSize']);
  const given = new Set(Object.keys(tuning));
  for (const [key, value] of Object.entries(resolved.config)) {
    if (!noted.has(key)) d.settings.push({ key: `finetuning.${key}`, value, from: given.has(key) ? 'set' : 'default' });
  }
  return { ...resolved, system };
}

/** Fine-tuning's own settings at a twentieth of its rates, falling to zero: pairs pull hard. */
function derivePreference(
  project: Project,
  finetuning: TrainConfig,
  tokensPerSecond: number,
  d: Derivation,
): NonNullable<Horizon['preference']> {
  const { minutes, tokens, ...settings } = project.preference;
  const batchTokens = d.take(
    'preference.batchTokens',
    settings.batchTokens,
    () => finetuning.batchTokens,
    'as in finetuning',
  );
  const microBatchSize = d.take(
    'preference.microBatchSize',
    settings.microBatchSize,
    () => finetuning.microBatchSize,
    'as in finetuning',
  );
  // A token is trained on in the policy and read by the reference: a third more.
  const rate = (3 / 4) * tokensPerSecond;
  const asked =
    settings.steps ??
    (tokens !== undefined
      ? Math.max(1, Math.round(tokens / batchTokens))
      : minutes !== undefined
        ? Math.max(1, Math.round((minutes * 60 * rate) / batchTokens))
        : undefined);
  const steps = d.take(
    'preference.steps',
    asked,
    () => Math.max(1, Math.round((finetuning.steps * finetuning.batchTokens) / (3 * batchTokens))),
    'a third of the tokens of fine-tuning',
  );
  const twentieth = (of: number) => Number((of / 20).toPrecision(3));
  const learningRate = d.take(
    'preference.learningRate',
    settings.learningRate,
    () => twentieth(finetuning.learningRate),
    'finetuning.learningRate / 20',
  );
  const resolved = resolvePreferenceConfig({
    optimizer: finetuning.optimizer,
    muonLearningRate: twentieth(finetuning.muonLearningRate),
    ...settings,
    seed: settings.seed ?? finetuning.seed,
    batchTokens,
    microBatchSize,
    steps,
    learningRate,
    dropout: settings.dropout ?? 0,
    validationBatches: settings.validationBatches ?? 8,
  });
  const noted = new Set(['steps', 'learningRate', 'batchTokens', 'microBatchSize', 'labelSmoothing']);
  const given = new Set(Object.keys(settings));
  for (const [key, value] of Object.entries({ ...resolved.options, ...resolved.config })) {
    if (!noted.has(key) || key === 'labelSmoothing')
      d.settings.push({ key: `preference.${key}`, value, from: given.has(key) ? 'set' : 'default' });
  }
  return resolved;
}
