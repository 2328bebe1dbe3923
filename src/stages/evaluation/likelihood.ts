import { InvalidInput } from '../../base/core/index.js';
import { encodeText, type EncodingModel } from './encoding.js';
import { scoreSequences, type ScoreOptions, type Scorer } from './scorer.js';

/** A held-out text. `context` stands before it, is given to the model and not counted. */
export interface HeldOutDocument {
  readonly id: string;
  readonly text: string;
  readonly context?: string;
}

/** Log-likelihood of one text or of many. */
export interface Likelihood {
  /** Predicted tokens. */
  readonly tokens: number;
  /** Bytes of the raw text that those tokens spell, in UTF-8. */
  readonly bytes: number;
  /** Negative log-likelihood in nats. */
  readonly nll: number;
}

/** How well a model predicts text it has not seen. */
export interface HeldOutResult extends Likelihood {
  readonly documents: number;
  readonly bitsPerByte: number;
  readonly perplexity: number;
}

/** nats / (ln 2 · bytes): comparable between models whatever their tokenizers, as perplexity is not. */
export function bitsPerByte({ nll, bytes }: Pick<Likelihood, 'nll' | 'bytes'>): number {
  return nll / (Math.LN2 * bytes);
}

/** exp(nats per predicted token); comparable only between models that share a tokenizer. */
export function perplexity({ nll, tokens }: Pick<Likelihood, 'nll' | 'tokens'>): number {
  return Math.exp(nll / tokens);
}

/** Sums likelihoods and adds the two figures. */
export function totalLikelihood(parts: readonly Likelihood[]): HeldOutResult {
  let tokens = 0;
  let bytes = 0;
  let nll = 0;
  for (const part of parts) {
    tokens += part.tokens;
    bytes += part.bytes;
    nll += part.nll;
  }
  const total = { tokens, bytes, nll };
  return { documents: parts.length, ...total, bitsPerByte: bitsPerByte(total), perplexity: perplexity(total) };
}

/** Sum of -logprob from a position on. */
export function negativeLogLikelihood(logprobs: ArrayLike<number>, from: number, to = logprobs.length): number {
  let nll = 0;
  for (let t = from; t < to; t++) nll -= logprobs[t] as number;
  return nll;
}

/** Likelihood of the tokens from position `from` on, which spell `bytes` bytes. */
export function likelihoodOf(
  ids: readonly number[],
  from: number,
  logprobs: ArrayLike<number>,
  bytes: number,
): Likelihood {
  return { tokens: Math.max(0, ids.length - from), bytes, nll: negativeLogLikelihood(logprobs, from) };
}

/**
 * Likelihood of each document's text given its context. Bytes are those of `text` as it stands; the end-of-text token
 * is not counted. Throws `InvalidInput` where there is nothing to measure.
 */
export async function scoreDocuments(
  scorer: Scorer,
  model: EncodingModel,
  documents: readonly HeldOutDocument[],
  options: ScoreOptions = {},
): Promise<Likelihood[]> {
  if (!documents.some(({ text }) => text !== '')) {
    throw new InvalidInput('evaluation.heldOut', 'evaluate: expected held-out text, got none');
  }
  const encoded = documents.map(({ text, context }) => encodeText(model, text, context));
  const scores = await scoreSequences(
    scorer,
    encoded.map(({ ids }) => ids),
    options,
  );
  return documents.map((_, i) => {
    const { ids, from, bytes } = encoded[i]!;
    return likelihoodOf(ids, from, scores[i]!, bytes);
  });
}
