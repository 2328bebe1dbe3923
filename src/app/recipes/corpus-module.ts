import type { Json } from '../../base/core/index.js';
import type { Message, OnProgress } from '../../base/contract/index.js';

/**
 * Contract of a data module: the JavaScript file that `data.module` of `abovo.yaml` names. It exports
 * `async function buildCorpus(context)`, writes the files below into `context.folder` and returns a `CorpusSummary`.
 * It must be a pure function of its options, seed and source: its text and that of the files it imports inside the
 * project are part of the corpus's address; what it reads elsewhere it states in `inputs`, which is hashed too.
 */
export interface CorpusModule {
  /** Files it writes beside the first three; a plan is made from this before anything is written. */
  readonly provides?: ReadonlyArray<'chats' | 'validationChats' | 'pairs' | 'choice' | 'writing' | 'prompts'>;
  buildCorpus(context: CorpusContext): Promise<CorpusSummary>;
  /** Versions or hashes of what the module reads outside the project (packages, data sets); part of the address. */
  inputs?(context: Pick<CorpusContext, 'options' | 'projectFolder'>): Promise<Json> | Json;
}

export interface CorpusContext {
  /** Empty folder to write the files into. */
  readonly folder: string;
  /** Folder of `abovo.yaml`. */
  readonly projectFolder: string;
  /** `data.options` of `abovo.yaml`, as it stands there. */
  readonly options: Readonly<Record<string, Json>>;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** Files a data module writes, one JSON object per line. The first three are needed. */
export const corpusFiles = {
  /** `{id, text}`: pretraining and tokenizer text. */
  train: 'train.jsonl',
  /** `{id, text}`: watched during training. */
  validation: 'validation.jsonl',
  /** `{id, text, context?}`: bits per byte and the baselines are measured on it; nothing of it may stand in the files above. */
  heldOut: 'heldout.jsonl',
  /** `ChatExample`: supervised fine-tuning; without this file there is no tuned model. */
  chats: 'chats.jsonl',
  /** `ChatExample`: watched during fine-tuning. */
  validationChats: 'validation-chats.jsonl',
  /** `PreferencePair`: the tuned model learns which of two answers is preferred; without this file it does not. */
  pairs: 'pairs.jsonl',
  /** `ChoiceQuestion` of base/contract. */
  choice: 'choice.jsonl',
  /** `WritingTask`. */
  writing: 'definitions.jsonl',
  /** `{prompt}` or `{messages}`: what the samples of the report card start from. */
  prompts: 'prompts.jsonl',
} as const;

/** A line of `train.jsonl`, `validation.jsonl` and `heldout.jsonl`. */
export interface CorpusDocument {
  readonly id: string;
  readonly text: string;
  /** Held-out documents only: what stands before the text, given to every model and not counted (a headword). */
  readonly context?: string;
}

/** A line of `definitions.jsonl`: the model answers `messages`; chrF compares that and `baseline` with `references`. */
export interface WritingTask {
  readonly id: string;
  readonly messages: readonly Message[];
  readonly references: readonly string[];
  /** Answer of a simple method, measured beside the model. */
  readonly baseline?: string;
}

/** A line of `pairs.jsonl`: two answers to `messages`, the first preferred. */
export interface PreferencePair {
  readonly messages: readonly Message[];
  readonly chosen: string;
  readonly rejected: string;
}

/** A line of `prompts.jsonl`. */
export interface SamplePrompt {
  readonly prompt?: string;
  readonly messages?: readonly Message[];
}

/** A source and its licence, carried through manifests to the report card. */
export interface SourceLicence {
  readonly source: string;
  /** SPDX identifier, or `NOASSERTION` where unknown. */
  readonly licence: string;
  readonly url?: string;
  readonly attribution?: string;
}

export interface CorpusSummary {
  readonly licences: readonly SourceLicence[];
  /** Counts and shares shown in the report (documents, bytes, questions, …). */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Sentences shown in the report: how the split was made, what was left out. */
  readonly notes?: readonly string[];
}
