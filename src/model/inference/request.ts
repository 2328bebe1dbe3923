import type { FinishReason, SamplingParams, Usage } from '../../base/contract/index.js';

/** A token id with its log-probability (nats), most likely first. */
export type RankedToken = readonly [tokenId: number, logprob: number];

/** What to generate. */
export interface GenerationRequest {
  readonly promptIds: readonly number[];
  /** Most tokens to generate; 0 only reads the prompt. */
  readonly maxTokens: number;
  /** Default: temperature 1, nothing cut off. */
  readonly sampling?: SamplingParams;
  /** Generation ends before any of these; the stop token itself is not part of the output. */
  readonly stopTokenIds?: readonly number[];
  /** Aborting frees the sequence's place at once. */
  readonly signal?: AbortSignal;
  /** How many alternatives to report for each generated token. */
  readonly logprobs?: number;
  /** When given, the prompt's own log-probabilities are reported, with this many alternatives. */
  readonly promptLogprobs?: number;
}

/** One generated token. Log-probabilities are the model's own, before temperature, penalties and cut-offs. */
export interface GeneratedToken {
  readonly tokenId: number;
  readonly logprob: number;
  readonly top: readonly RankedToken[];
}

/** One prompt token; nothing precedes the first, so its log-probability is null. */
export interface PromptToken {
  readonly tokenId: number;
  readonly logprob: number | null;
  readonly top: readonly RankedToken[];
}

export interface GenerationResult {
  /** `stop`: a stop token came; `length`: maxTokens were generated; `cancelled`: the signal or the reader ended it. */
  readonly finishReason: FinishReason;
  readonly stopTokenId?: number;
  readonly usage: Usage;
  /** Present when the request asked for it. */
  readonly promptTokens?: readonly PromptToken[];
  /** Milliseconds from submission to the first computation, from there to the first token, and from there to the end. */
  readonly timings: { readonly queued: number; readonly prefill: number; readonly decode: number };
}

/** Tokens as they come, and how it ended. Leaving the loop early cancels the request. */
export interface GenerationStream extends AsyncIterable<GeneratedToken> {
  /** Settles when generation ends, whether or not anyone reads the tokens; rejects when the engine failed. */
  readonly finished: Promise<GenerationResult>;
  cancel(): void;
}

export interface ScoreOptions {
  readonly signal?: AbortSignal;
  /** How many alternatives to report per position. */
  readonly top?: number;
}

/** Log-probabilities of a sequence's tokens given those before: `logprobs[t]` belongs to token t + 1 of the sequence. */
export interface Score {
  readonly logprobs: Float32Array;
  /** For each entry of `logprobs`, the most likely tokens there. */
  readonly top?: readonly (readonly RankedToken[])[];
}

export interface EngineStats {
  /** Sequences generating, waiting for a place or reading their prompt. */
  readonly running: number;
  readonly waiting: number;
  /** Sequences waiting to be scored. */
  readonly scoring: number;
  readonly maxSequences: number;
  readonly contextLength: number;
  /** Totals since opening. */
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly scoredTokens: number;
  readonly decodeSteps: number;
  readonly prefillCalls: number;
  /** Milliseconds spent in the executor, and in choosing tokens. */
  readonly computeMilliseconds: number;
  readonly samplingMilliseconds: number;
  /** Share of the cache that holds tokens, 0 to 1. */
  readonly cacheUse: number;
}
