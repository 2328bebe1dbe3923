import { InvalidInput } from '../../base/core/index.js';
import type { BatchSource } from '../../base/contract/index.js';
import { decoderConfig, encoderConfig, encoderDecoderConfig, families } from '../../model/architecture/index.js';
import type {
  DecoderConfig,
  DecoderOptions,
  EncoderDecoderOptions,
  EncoderOptions,
  ModelConfig,
  ModelKind,
} from '../../model/architecture/index.js';
import {
  type LossTerms,
  type Noise,
  type Objective,
  causalLanguageModel,
  denoising,
  maskedBatches,
  maskedLanguageModel,
  pairBatches,
  placesPerRow,
  prefixBatches,
  prefixNoise,
  rawLength,
  sequenceToSequence,
  spanCorruption,
  ul2Lengths,
  ul2Noise,
} from '../../stages/training/index.js';

/** What a base model may be trained to do. */
export const taskNames = ['causal', 'masked', 'span-corruption', 'denoising', 'prefix', 'ul2'] as const;
export type TaskName = (typeof taskNames)[number];

/** A task, complete. */
export interface Task {
  readonly name: TaskName;
  readonly share: number;
  readonly wholeWords: boolean;
  readonly meanLength: number;
  readonly permuteSentences: boolean;
  readonly deletion: number;
  readonly rotation: number;
}

/** Tasks of each kind of model, the usual one first. */
const tasksOf: Readonly<Record<ModelKind, readonly TaskName[]>> = {
  decoder: ['causal', 'prefix'],
  encoder: ['masked'],
  'encoder-decoder': ['span-corruption', 'denoising', 'prefix', 'ul2'],
};

export type FamilyName = ModelConfig['family'];

/** The task of a family where nobody chose one. */
export function usualTask(family: FamilyName): TaskName {
  return family === 'bart' ? 'denoising' : (tasksOf[families[family].kind][0] as TaskName);
}

/** Refuses a task that models of this family cannot learn. */
export function checkTask(family: FamilyName, task: TaskName): void {
  const { kind } = families[family];
  const possible = tasksOf[kind];
  if (possible.includes(task)) return;
  throw new InvalidInput(
    'project.objective',
    `objective.task: expected ${possible.join(' or ')} for ${family} (a model of kind ${kind}), got ${task}`,
    { family, task },
  );
}

/** Configuration of a model of any family; what the family does not know is left out. */
export function modelOf(options: ArchitectureOptions): ModelConfig {
  const { family, numKvHeads, numDecoderLayers, ...common } = options;
  switch (families[family].kind) {
    case 'decoder':
      return decoderConfig({
        ...common,
        family,
        ...(numKvHeads === undefined ? {} : { numKvHeads }),
      } as DecoderOptions);
    case 'encoder':
      return encoderConfig({ ...common, family, head: 'mlm' } as EncoderOptions);
    default:
      return encoderDecoderConfig({
        ...common,
        family,
        ...(numDecoderLayers === undefined ? {} : { numDecoderLayers }),
      } as EncoderDecoderOptions);
  }
}

/** What the plan decides of a model: sizes, and the tokens that it must know by their ids. */
export interface ArchitectureOptions {
  readonly family: FamilyName;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly numKvHeads?: number;
  readonly numDecoderLayers?: number;
  readonly positions?: DecoderConfig['positions'];
  readonly ropeTheta?: number;
  readonly window?: number;
  readonly qkNorm?: boolean;
  readonly tieEmbeddings: boolean;
  readonly bos?: number | null;
  readonly eos?: number | null;
  readonly pad?: number | null;
  readonly decoderStart?: number;
}

/** Ids that tasks need, of a trained tokenizer; see `roles.ts`. */
export interface TaskIds {
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly pad: number | undefined;
  readonly mask: number | undefined;
  readonly sentinels: readonly number[];
  readonly special: ReadonlySet<number>;
  readonly vocabSize: number;
  /** 1 for ids that go on in a word, and for those that end a sentence. */
  readonly continues: Uint8Array;
  readonly sentenceEnds: Uint8Array;
}

/** How texts become batches of a task, and what is minimised on them. */
export interface PreparedTask {
  /** Tokens of a packed row of text. */
  readonly textLength: number;
  /** Tokens that a row of a batch counts for. */
  readonly rowTokens: number;
  batches(source: BatchSource, seed: number): BatchSource<never>;
  objective(source: BatchSource<never>): Objective<never>;
}

function needed<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new InvalidInput('project.objective', `objective: expected a tokenizer with ${what}, got none`);
}

/** Lengths of a task's rows: of the packed text, of source and target, and what a row counts for. */
export function taskLengths(task: Task, contextLength: number, kind: ModelKind) {
  const spans = { density: task.share, meanLength: task.meanLength };
  switch (task.name) {
    case 'causal':
    case 'masked':
      return { textLength: contextLength, source: contextLength, target: 0, rowTokens: contextLength };
    case 'span-corruption': {
      const { length, target } = rawLength(contextLength, spans);
      return { textLength: length, source: contextLength, target, rowTokens: contextLength + target };
    }
    case 'denoising':
      return {
        textLength: contextLength - 2,
        source: contextLength,
        target: contextLength,
        rowTokens: 2 * contextLength,
      };
    case 'prefix':
      // A decoder reads both halves as one row.
      if (kind === 'decoder')
        return { textLength: contextLength, source: contextLength, target: 0, rowTokens: contextLength };
      return { textLength: contextLength, source: contextLength, target: contextLength, rowTokens: 2 * contextLength };
    case 'ul2': {
      const textLength = contextLength - 1;
      const { source, target } = ul2Lengths(textLength);
      return { textLength, source, target, rowTokens: source + target };
    }
    default:
      return task.name satisfies never;
  }
}

function noiseOf(task: Task, ids: TaskIds): Noise {
  const eos = needed(ids.eos, 'an end token');
  const { sentinels } = ids;
  switch (task.name) {
    case 'span-corruption':
      return spanCorruption({ density: task.share, meanLength: task.meanLength, sentinels, eos });
    case 'denoising':
      return denoising({
        maskId: needed(ids.mask, 'a mask token'),
        bos: ids.bos,
        eos,
        infilling: task.share,
        poissonMean: task.meanLength,
        permuteSentences: task.permuteSentences,
        sentenceEnds: ids.sentenceEnds,
        deletion: task.deletion,
        rotation: task.rotation,
      });
    case 'ul2':
      return ul2Noise({ sentinels, eos });
    default:
      return prefixNoise({ eos });
  }
}

/** Joins a model, a task and a vocabulary. Batches of every task are used by the objective of the same task alone. */
export function prepareTask(
  config: ModelConfig,
  task: Task,
  ids: TaskIds,
  batchSize: number,
  terms: LossTerms = {},
): PreparedTask {
  const lengths = taskLengths(task, config.contextLength, config.kind);
  const { textLength, rowTokens } = lengths;
  const hidden = <Batch>(prepared: {
    batches: (source: BatchSource, seed: number) => BatchSource<Batch>;
    objective: () => Objective<Batch>;
  }) => ({ textLength, rowTokens, ...prepared }) as unknown as PreparedTask;
  switch (config.kind) {
    case 'decoder':
      return hidden({
        batches: (source, seed) => (task.name === 'prefix' ? prefixBatches(source, { seed }) : source),
        objective: () =>
          causalLanguageModel(config, batchSize, textLength, { ...terms, prefixes: task.name === 'prefix' }),
      });
    case 'encoder':
      return hidden({
        batches: (source, seed) =>
          maskedBatches(source, {
            maskId: needed(ids.mask, 'a mask token'),
            vocabSize: ids.vocabSize,
            specialIds: ids.special,
            share: task.share,
            seed,
            ...(task.wholeWords ? { continues: ids.continues } : {}),
          }),
        objective: () =>
          maskedLanguageModel(config, batchSize, textLength, {
            places: batchSize * placesPerRow(textLength, task.share),
            ...terms,
          }),
      });
    case 'encoder-decoder': {
      const noise = noiseOf(task, ids);
      const { source: sourceLength, target: targetLength } = lengths;
      return hidden({
        batches: (source, seed) =>
          pairBatches(source, {
            noise: (tokens, random) => (tokens.length < 2 ? { source: tokens, target: tokens } : noise(tokens, random)),
            sourceLength,
            targetLength,
            padId: needed(ids.pad, 'a padding token'),
            decoderStart: config.decoderStart,
            seed,
          }),
        objective: () => sequenceToSequence(config, batchSize, { sourceLength, targetLength, ...terms }),
      });
    }
    default:
      return config satisfies never;
  }
}
