import type { ChoiceQuestion, Message, OnProgress } from '../../base/contract/index.js';
import { chrF, type ChrfScore } from './chrf.js';
import { answerChoices, type ChoiceResult } from './choice.js';
import { compressionBaseline, type CompressionResult } from './compression.js';
import { kneserNeyBaseline, type KneserNeyResult } from './kneser-ney.js';
import { scoreDocuments, totalLikelihood, type HeldOutDocument, type HeldOutResult } from './likelihood.js';
import type { Scorer } from './scorer.js';
import type { EvaluationConfig } from './section.js';
import { pairedTest, type PairedTest } from './statistics.js';
import { writeTexts, type SampleRequest, type WritingModel } from './writing.js';

/** What of a language model is evaluated; a `LanguageModel` is one. */
export type EvaluatedModel = WritingModel & { readonly engine: Scorer };

/** A text to write, its references and the answer of a simple method. */
export interface WritingTask {
  readonly id: string;
  readonly messages: readonly Message[];
  readonly references: readonly string[];
  readonly baseline?: string;
}

/** What to measure; what is absent is not measured. */
export interface EvaluationData {
  readonly heldOut?: readonly HeldOutDocument[];
  readonly choice?: readonly ChoiceQuestion[];
  readonly writing?: readonly WritingTask[];
  readonly prompts?: readonly SampleRequest[];
}

export interface EvaluateOptions {
  readonly model: EvaluatedModel;
  readonly data: EvaluationData;
  readonly config: EvaluationConfig;
  /** Whether the model answers chats: questions are then asked as chats, and texts are written. */
  readonly chat: boolean;
  readonly stage?: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface WritingResult {
  readonly chrF: ChrfScore;
  /** The same score of the simple method, over the same tasks; absent where a task has none. */
  readonly baselineChrF?: ChrfScore;
  readonly texts: ReadonlyArray<{ readonly id: string; readonly text: string; readonly references: readonly string[] }>;
}

/** A sample: what was asked and what the model wrote. */
export interface Sample {
  readonly prompt: string;
  readonly text: string;
}

export interface Evaluation {
  readonly heldOut?: HeldOutResult;
  readonly choice?: ChoiceResult;
  readonly writing?: WritingResult;
  readonly samples: readonly Sample[];
}

/** Documents from the first on, until the limit of bytes is reached. */
function withinBytes(documents: readonly HeldOutDocument[] = [], limit: number): readonly HeldOutDocument[] {
  let bytes = 0;
  const end = documents.findIndex(({ text }) => (bytes += Buffer.byteLength(text)) > limit);
  return end < 0 ? documents : documents.slice(0, Math.max(1, end));
}

/** Measures one model: held-out likelihood, questions, written texts and samples, in this order. */
export async function evaluate({
  model,
  data,
  config,
  chat,
  stage = 'evaluate',
  onProgress,
  signal,
}: EvaluateOptions): Promise<Evaluation> {
  const heldOut = withinBytes(data.heldOut, config.heldOutBytes);
  const choice = (data.choice ?? []).slice(0, config.questions);
  const writing = chat ? (data.writing ?? []).slice(0, config.answers) : [];
  const prompts = (data.prompts ?? [])
    .filter((request) => (chat ? request.messages : request.prompt !== undefined))
    .slice(0, config.samples);
  const options = (unit: string) => ({
    batchTokens: config.batchTokens,
    ...(config.stride === null ? {} : { stride: config.stride }),
    ...(signal ? { signal } : {}),
    // A stage of its own for each part: the time left is reckoned from the start of a stage.
    onScored: (done: number, total: number) => onProgress?.({ stage: `${stage} (${unit})`, done, total, unit }),
  });
  const generation = { config, ...(signal ? { signal } : {}) };

  const heldOutResult =
    heldOut.length > 0
      ? totalLikelihood(await scoreDocuments(model.engine, model, heldOut, options('texts')))
      : undefined;
  const choiceResult =
    choice.length > 0 ? await answerChoices(model.engine, model, choice, { ...options('choices'), chat }) : undefined;
  const texts = await writeTexts(model, writing, {
    ...generation,
    onWritten: (done, total) => onProgress?.({ stage: `${stage} (answers)`, done, total, unit: 'answers' }),
  });
  const written = await writeTexts(model, prompts, generation);
  const references = writing.map((task) => task.references);
  const baselines = writing.flatMap(({ baseline }) => (baseline === undefined ? [] : [baseline]));
  return {
    ...(heldOutResult && { heldOut: heldOutResult }),
    ...(choiceResult && { choice: choiceResult }),
    ...(writing.length > 0 && {
      writing: {
        chrF: chrF(texts, references),
        ...(baselines.length === writing.length && { baselineChrF: chrF(baselines, references) }),
        texts: writing.map(({ id, references: wanted }, i) => ({ id, text: texts[i]!, references: wanted })),
      },
    }),
    samples: prompts.map(({ prompt, messages }, i) => ({
      prompt: chat ? (messages?.at(-1)?.content ?? '') : (prompt ?? ''),
      text: written[i]!,
    })),
  };
}

export interface Baselines {
  readonly compression?: CompressionResult;
  readonly kneserNey?: KneserNeyResult;
  /** Accuracy of guessing among the questions' choices. */
  readonly chance?: number;
}

export interface BaselineOptions {
  readonly model: Parameters<typeof kneserNeyBaseline>[0];
  /** Texts of the pretraining documents. */
  readonly training: readonly string[];
  readonly data: Pick<EvaluationData, 'heldOut' | 'choice'>;
  readonly config: EvaluationConfig;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** What simple methods reach on the same held-out bytes and the same questions. */
export async function measureBaselines({
  model,
  training,
  data,
  config,
  onProgress,
  signal,
}: BaselineOptions): Promise<Baselines> {
  const heldOut = withinBytes(data.heldOut, config.heldOutBytes);
  const choice = (data.choice ?? []).slice(0, config.questions);
  const report = (done: number) => onProgress?.({ stage: 'baselines', done, total: 2, unit: 'baselines' });
  report(0);
  const kneserNey =
    heldOut.length > 0 && config.baselines
      ? await kneserNeyBaseline(model, training, heldOut, {
          order: config.kneserNeyOrder,
          ...(signal ? { signal } : {}),
        })
      : undefined;
  report(1);
  const compression =
    heldOut.length > 0 && config.baselines ? await compressionBaseline(training, heldOut, signal) : undefined;
  report(2);
  return {
    ...(compression && { compression }),
    ...(kneserNey && { kneserNey }),
    ...(choice.length > 0 && {
      chance: choice.reduce((sum, { choices }) => sum + 1 / choices.length, 0) / choice.length,
    }),
  };
}

/** Whether the first model answers the same questions better than the second; see `pairedTest`. */
export function compareChoices(first: ChoiceResult, second: ChoiceResult): PairedTest {
  return pairedTest(
    first.answers.map(({ correct }) => correct),
    second.answers.map(({ correct }) => correct),
  );
}
