import type { FinishReason, Message, SamplingParams, Usage } from '../../base/contract/index.js';

/** A prompt as text or as token ids. */
export type Prompt = string | readonly number[];

/** What to write after a prompt. */
export interface GenerateRequest {
  readonly prompt: Prompt;
  /** Most tokens to write; 0 writes none (with `echo` it scores the prompt). Default: what the context still holds. */
  readonly maxTokens?: number;
  readonly sampling?: SamplingParams;
  /** Text at which to stop; it is not part of the answer. */
  readonly stop?: readonly string[];
  /** Stop tokens besides the model's own end of text. */
  readonly stopTokenIds?: readonly number[];
  /** Go on after the model's own end-of-text token. */
  readonly ignoreEos?: boolean;
  /** Report log-probabilities with this many alternatives (0: of the chosen token alone). Absent: none. */
  readonly logprobs?: number;
  /** Begin the answer with the prompt itself, and its log-probabilities where asked for. */
  readonly echo?: boolean;
  /** Let the tokenizer add what it adds to a text (usually a beginning-of-text token). Default true for text prompts. */
  readonly addSpecialTokens?: boolean;
  readonly signal?: AbortSignal;
}

/** The answer to a chat. */
export interface ChatRequest extends Omit<GenerateRequest, 'prompt' | 'echo' | 'addSpecialTokens'> {
  readonly messages: readonly Message[];
  /** Extra variables of the chat template. */
  readonly templateVariables?: Readonly<Record<string, unknown>>;
}

/** One token of an answer with its log-probability. */
export interface TokenLogprob {
  readonly tokenId: number;
  /** The token's own text; `bytes:\xNN…` where its bytes are not UTF-8 by themselves. */
  readonly token: string;
  readonly bytes: readonly number[];
  /** Natural logarithm; null for the first token of an echoed prompt, which nothing precedes. */
  readonly logprob: number | null;
  readonly top: ReadonlyArray<{
    readonly tokenId: number;
    readonly token: string;
    readonly bytes: readonly number[];
    readonly logprob: number;
  }>;
  /** Where the token's text begins in the answer, in Unicode code points. */
  readonly offset: number;
}

/** A piece of an answer: complete characters only. */
export interface TextDelta {
  readonly text: string;
  /** Tokens whose text ends in this piece, where log-probabilities were asked for. */
  readonly tokens: readonly TokenLogprob[];
}

/** A whole answer. */
export interface GenerationResult {
  readonly text: string;
  readonly promptTokenIds: readonly number[];
  /** Generated tokens alone, without the one that ended the answer. */
  readonly tokenIds: readonly number[];
  readonly tokens: readonly TokenLogprob[];
  readonly finishReason: FinishReason;
  /** The stop string that ended the answer. */
  readonly stop?: string;
  readonly usage: Usage;
}
