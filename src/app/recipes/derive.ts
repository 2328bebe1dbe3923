import { InvalidInput, type Json } from '../../base/core/index.js';
import { families } from '../../model/architecture/index.js';
import type { TrainConfig } from '../../stages/training/index.js';
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
  /** Pairs of answers, the first preferred. */
  readonly hasPairs?: boolean;
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
  const { textLength, rowTokens } = taskLengths(task, contextLength, kind);
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
    ...takeSwitches(project, family, d),
  };
  if (arch.embeddings) d.take('architecture.embeddings', arch.embeddings as unknown as Json, () => null);
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
/** What a decoder computes otherwise than its family does, where the project says so. */
function takeSwitches({ architecture }: Project, family: FamilyName, d: Derivation) {
  const { positions, ropeTheta, window, qkNorm } = architecture;
  const given = Object.entries({ positions, ropeTheta, window, qkNorm }).filter(([, value]) => value !== undefined);
  for (const [key, value] of given) {
    if (families[family].kind !== 'decoder') {
      throw new InvalidInput('project.architecture', `architecture.${key}: expected a decoder, got ${family}`, { key });
    }
    d.take(`architecture.${key}`, value as Json, () => null);
  }
  return Object.fromEntries(given) as Pick<ArchitectureOptions, 'positions' | 'ropeTheta' | 'window' | 'qkNorm'>;
}

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
