/**
 * Types shared by rooms that may not see each other; no runtime code.
 *
 * @module
 * @example
 * ```ts
 * import type { Message } from 'abovo/contract';
 * const message: Message = { role: 'user', content: 'What does egg mean?' };
 * ```
 */

/** One turn of a chat, as in OpenAI's API and in chat templates. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly name?: string;
}

/** How the next token is chosen. Temperature 0 is greedy. */
export interface SamplingParams {
  readonly temperature?: number;
  /** Keep the k most likely tokens; 0 or absent keeps all. */
  readonly topK?: number;
  /** Keep the smallest set with this probability mass (nucleus). */
  readonly topP?: number;
  /** Drop tokens less likely than this share of the most likely one. */
  readonly minP?: number;
  /** Divides positive and multiplies negative logits of tokens seen in prompt or output (CTRL); 1 is off. */
  readonly repetitionPenalty?: number;
  /** No sequence of so many tokens occurs twice in prompt and output; 0 or absent is off. */
  readonly noRepeatNgram?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  /** Added to the logit of a token id. */
  readonly logitBias?: Readonly<Record<number, number>>;
  readonly seed?: number;
}

export type FinishReason = 'stop' | 'length' | 'cancelled';

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** One micro-batch of training: three row-major [batchSize, sequenceLength] arrays. */
export interface TokenBatch {
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly ids: Int32Array;
  /** Next token of each position, or -100 where no loss is taken. */
  readonly targets: Int32Array;
  /** Document of each position within its row, 1-based, 0 for padding: attention stays inside a document. */
  readonly segments: Int32Array;
}

/**
 * Batches as a pure function of their number: the n-th micro-batch is the same in every process, so a resumed run
 * sees exactly what an uninterrupted one would have seen.
 */
export interface BatchSource<Batch = TokenBatch> {
  readonly batchSize: number;
  readonly sequenceLength: number;
  /** Micro-batches in one pass over the data; `batch(n)` is defined for every n >= 0 and starts a new, reshuffled epoch there. */
  readonly batchesPerEpoch: number;
  batch(index: number): Batch;
}

/** One supervised example: a chat; the loss is taken on assistant turns. */
export interface ChatExample {
  readonly messages: readonly Message[];
}

/** A multiple-choice question scored by likelihood. */
export interface ChoiceQuestion {
  readonly id: string;
  /** Text before the choice, in the form the base model knows (continuation follows directly). */
  readonly prompt: string;
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly answer: number;
  /** Context whose influence is subtracted: score = log p(choice | prompt) - log p(choice | unconditional). */
  readonly unconditional?: string;
  /** The same question as a chat, for tuned models: the choice is the assistant's answer, or goes on with it where the last message is the assistant's. */
  readonly messages?: readonly Message[];
  readonly unconditionalMessages?: readonly Message[];
}

/** Where a long job stands; every long job reports this. */
export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  /** Figures to show beside the bar, in order: loss, tokens/s, share of peak … */
  readonly figures?: Readonly<Record<string, string>>;
}

export type OnProgress = (progress: Progress) => void;
