import type { Json } from '../../base/core/index.js';
import { families } from '../../model/architecture/index.js';
import { type OverlongPolicy, resolveFinetuningConfig } from '../../stages/alignment/index.js';
import { type TrainConfig, resolveTrainConfig } from '../../stages/training/index.js';
import { type EvaluationConfig, resolveEvaluationConfig } from '../../stages/evaluation/index.js';
import { rolesOf } from './roles.js';
import type { Project } from './schema.js';
import {
  type ArchitectureOptions,
  type FamilyName,
  type Task,
  checkTask,
  modelOf,
  taskLengths,
  usualTask,
} from './task.js';

/** A setting of the run and where its value comes from. */
export interface Setting {
  readonly key: string;
  readonly value: Json;
  /** `set` in abovo.yaml, on the `command` line, `derived` from others by `how`, or a `default`. */
  readonly from: 'set' | 'command' | 'derived' | 'default';
  readonly how?: string;
}

/** What the plan learned about the data before anything runs. */
export interface DataFacts {
  /** Bytes of training text; undefined where a module makes it and `data.expectedBytes` is absent. */
  readonly trainBytes?: number;
  /** Bytes of held-out text, where they are known. */
  readonly heldOutBytes?: number;
  readonly hasChats: boolean;
  /** Bytes of the second mix, for mid-training. */
  readonly secondBytes?: number;
}

/** Everything that decides sizes, before the horizon is known. */
export interface Shape {
  readonly seed: number;
  readonly minutes: number;
  readonly tokenizer: {
    readonly model: 'bpe' | 'wordpiece' | 'unigram';
    readonly lowercase: boolean;
    readonly vocabSize: number;
    readonly minFrequency: number;
    /** Nobody asked for this size: a text that allows fewer pieces gets fewer. */
    readonly atMost: boolean;
  };
  readonly architecture: ArchitectureOptions;
  readonly task: Task;
  /** Tokens that a row of a batch counts for, and the share of them that is text. */
  readonly rowTokens: number;
  readonly textShare: number;
  readonly optimizer: TrainConfig['optimizer'];
  readonly batchTokens: number;
  readonly microBatchSize: number;
  /** Training text in tokens, estimated from its bytes. */
  readonly dataTokens?: number;
  readonly settings: readonly Setting[];
}

const defaultMinutes = 4;

/** Collects settings with their origin. */
export class Derivation {
  readonly settings: Setting[] = [];
  readonly #commanded: ReadonlySet<string>;

  constructor(commanded: Iterable<string> = []) {
    this.#commanded = new Set(commanded);
  }

  take<T extends Json>(key: string, given: T | undefined, fallback: () => T, how?: string): T {
    if (given !== undefined) {
      this.settings.push({ key, value: given, from: this.#commanded.has(key) ? 'command' : 'set' });
      return given;
    }
    const value = fallback();
    this.settings.push(how ? { key, value, from: 'derived', how } : { key, value, from: 'default' });
    return value;
  }
}

/** Bytes of English text per token, a rough line through byte-level BPE vocabularies of 512 to 32,768 pieces. */
export function bytesPerToken(vocabSize: number): number {
  return Math.max(1, 1.9 + 0.45 * (Math.log2(vocabSize) - 9));
}

/** Number of heads with an even width nearest to 48 that divides the hidden size. */
function headsOf(hiddenSize: number): number {
  let best = 1;
  for (let heads = 1; heads <= hiddenSize / 2; heads++) {
    const width = hiddenSize / heads;
    if (Number.isInteger(width) && width % 2 === 0 && Math.abs(width - 48) < Math.abs(hiddenSize / best - 48))
      best = heads;
  }
  return best;
}

const powerOfTwo = (value: number): number => 2 ** Math.floor(Math.log2(value));

/** Sizes that follow from the dial, the minutes and the data. */
export function deriveShape(project: Project, facts: DataFacts, commanded: Iterable<string> = []): Shape {
  const d = new Derivation(commanded);
  const { architecture: arch, training, tokenizer } = project;
  const seed = d.take('seed', project.seed, () => 1);
  const fixed = training.steps !== undefined || training.tokens !== undefined;
  const minutes = fixed
    ? (training.minutes ?? defaultMinutes)
    : d.take('training.minutes', training.minutes, () => defaultMinutes);
  const bytes = facts.trainBytes;
  const family = d.take('architecture.family', arch.family, () => 'llama' as const);
  const model = d.take('tokenizer.model', tokenizer.model, () => 'bpe' as const);
  const lowercase = model === 'wordpiece' ? d.take('tokenizer.lowercase', tokenizer.lowercase, () => true) : false;
  // Room for 256 bytes, the special tokens, and some pieces.
  const least = 283 + rolesOf(family).specials.length;
  const vocabSize = d.take(
    'tokenizer.vocabSize',
    tokenizer.vocabSize,
    () => (bytes === undefined ? 4096 : Math.min(32768, Math.max(least, powerOfTwo(2 * Math.sqrt(bytes))))),
    bytes === undefined ? 'size of the text not known yet' : `power of two below 2·√bytes of text, ${least} to 32,768`,
  );
  const minFrequency = d.take('tokenizer.minFrequency', tokenizer.minFrequency, () => 2);
  const depth = d.take(
    'architecture.depth',
    arch.depth,
    () => Math.max(1, Math.round(4 * (minutes / 4) ** (1 / 6))),
    '4·(minutes/4)^(1/6): parameters grow with the root of the compute, and with the cube of the dial',
  );
  const contextLength = d.take('architecture.contextLength', arch.contextLength, () => 256);
  const hiddenSize = d.take('architecture.hiddenSize', arch.hiddenSize, () => 32 * depth, '32·depth');
  const numHeads = d.take(
    'architecture.numHeads',
    arch.numHeads,
    () => headsOf(hiddenSize),
    'heads about 48 wide that divide hiddenSize',
  );
  const { kind } = families[family];
  const numKvHeads =
    kind === 'decoder' ? d.take('architecture.numKvHeads', arch.numKvHeads, () => numHeads, 'numHeads') : undefined;
  const numDecoderLayers =
    kind === 'encoder-decoder'
      ? d.take('architecture.numDecoderLayers', arch.numDecoderLayers, () => depth, 'depth')
      : undefined;
  const gated = family === 'llama' || family === 'modernbert';
  const intermediateSize = d.take(
    'architecture.intermediateSize',
    arch.intermediateSize,
    () => (gated ? Math.ceil((8 * hiddenSize) / 3 / 32) * 32 : 4 * hiddenSize),
    gated ? '8/3·hiddenSize, to a multiple of 32' : '4·hiddenSize',
  );
  const tieEmbeddings = d.take('architecture.tieEmbeddings', arch.tieEmbeddings, () => true);
  const optimizer = d.take(
    'training.optimizer',
    training.optimizer,
    () => 'muon' as const,
    'Muon learns as much in far fewer steps than AdamW at these sizes; see dev/LOG.md',
  );
  const task = deriveTask(project, family, d);
  const { textLength, rowTokens } = taskLengths(task, contextLength);
  const microBatchSize = d.take(
    'training.microBatchSize',
    training.microBatchSize,
    () => Math.max(1, Math.round(2048 / rowTokens)),
    '2,048 tokens: activations stay in cache',
  );
  const microTokens = microBatchSize * rowTokens;
  const batchTokens = d.take(
    'training.batchTokens',
    training.batchTokens,
    () => microTokens * Math.max(1, Math.round((1024 * depth) / microTokens)),
    '1,024·depth tokens in whole micro-batches',
  );
  const architecture = {
    family,
    vocabSize,
    contextLength,
    hiddenSize,
    intermediateSize,
    numLayers: depth,
    numHeads,
    ...(numKvHeads === undefined ? {} : { numKvHeads }),
    ...(numDecoderLayers === undefined ? {} : { numDecoderLayers }),
    tieEmbeddings,
  };
  modelOf(architecture); // Refuses what describes no model before anything runs.
  return {
    seed,
    minutes,
    tokenizer: { model, lowercase, vocabSize, minFrequency, atMost: tokenizer.vocabSize === undefined },
    architecture,
    task,
    rowTokens,
    textShare: textLength / rowTokens,
    optimizer,
    batchTokens,
    microBatchSize,
    dataTokens: bytes === undefined ? undefined : Math.round(bytes / bytesPerToken(vocabSize)),
    settings: d.settings,
  };
}

/** What the base model is trained to do, and how much noise that takes. */
function deriveTask({ objective }: Project, family: FamilyName, d: Derivation): Task {
  const name = d.take('objective.task', objective.task, () => usualTask(family), `usual for ${family}`);
  checkTask(family, name);
  const noisy = name === 'masked' || name === 'span-corruption' || name === 'denoising';
  const spans = name === 'span-corruption' || name === 'denoising';
  const only = <T extends Json>(there: boolean, key: string, given: T | undefined, standard: T): T =>
    there ? d.take(`objective.${key}`, given, () => standard) : standard;
  return {
    name,
    share: only(noisy, 'share', objective.share, name === 'denoising' ? 0.3 : 0.15),
    wholeWords: only(name === 'masked', 'wholeWords', objective.wholeWords, false),
    meanLength: only(spans, 'meanLength', objective.meanLength, 3),
    permuteSentences: only(name === 'denoising', 'permuteSentences', objective.permuteSentences, true),
    deletion: only(name === 'denoising', 'deletion', objective.deletion, 0),
    rotation: only(name === 'denoising', 'rotation', objective.rotation, 0),
  };
}

/** The rest of the settings, once the machine's speed is known. */
export interface Horizon {
  readonly training: TrainConfig;
  /** Where there is a second mix of text. */
  readonly midtraining?: { readonly config: TrainConfig; readonly replay: number };
  readonly finetuning?: { readonly config: TrainConfig; readonly overlong: OverlongPolicy; readonly system?: string };
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
