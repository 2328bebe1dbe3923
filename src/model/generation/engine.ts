import type { FinishReason, SamplingParams, Usage } from '../../base/contract/index.js';

/** One generated token: its log-probability under the unmodified distribution, and the likeliest alternatives. */
export interface TokenStep {
  readonly tokenId: number;
  readonly logprob: number;
  readonly top: ReadonlyArray<readonly [id: number, logprob: number]>;
}

/** What to generate, in ids. */
export interface TokenRequest {
  readonly promptIds: readonly number[];
  readonly maxTokens: number;
  readonly sampling: SamplingParams;
  readonly stopTokenIds?: readonly number[];
  readonly signal?: AbortSignal;
  /** Report this many alternatives per step. */
  readonly logprobs?: number;
  /** Report the prompt's own log-probabilities when finished, with this many alternatives. */
  readonly promptLogprobs?: number;
}

/** Tokens as they are made; ends after the last one. Leaving the loop early cancels the request. */
export interface TokenStream extends AsyncIterable<TokenStep> {
  readonly finished: Promise<TokenStreamEnd>;
}

export interface TokenStreamEnd {
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** Where the request asked for it. Nothing precedes the first token: its log-probability is null. */
  readonly promptTokens?: ReadonlyArray<{ readonly logprob: number | null; readonly top: TokenStep['top'] }>;
}

/** Log-probabilities of one sequence: `logprobs[t]` is log p(token t + 1 | tokens 0 … t); nothing precedes the first token. */
export interface SequenceScore {
  readonly logprobs: Float32Array;
  readonly top?: ReadonlyArray<ReadonlyArray<readonly [id: number, logprob: number]>>;
}

export interface EngineStats {
  /** Sequences that hold a slot now. */
  readonly running: number;
  /** Sequences that wait for a slot. */
  readonly waiting: number;
  readonly maxSequences: number;
}

/** Ids in, ids out: what text generation needs from an inference engine. */
export interface TokenEngine {
  readonly contextLength: number;
  submit(request: TokenRequest): TokenStream;
  score(
    sequences: readonly (readonly number[])[],
    options?: { top?: number; signal?: AbortSignal },
  ): Promise<readonly SequenceScore[]>;
  stats(): EngineStats;
  close(): Promise<void>;
}

/** Text to ids and back: what text generation needs from a tokenizer. */
export interface TextTokenizer {
  readonly vocabSize: number;
  encode(text: string, options?: { addSpecialTokens?: boolean }): ArrayLike<number>;
  encodeWithOffsets(
    text: string,
    options?: { addSpecialTokens?: boolean },
  ): { readonly ids: readonly number[]; readonly offsets: ReadonlyArray<readonly [number, number]> };
  decode(ids: readonly number[], options?: { skipSpecialTokens?: boolean }): string;
  decodeBytes(ids: readonly number[]): Uint8Array;
  decoder(): { push(id: number): string; end(): string };
  idToToken(id: number): string | undefined;
  tokenToId(token: string): number | undefined;
}
