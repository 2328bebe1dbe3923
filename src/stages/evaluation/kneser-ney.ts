import { trainKneserNey } from '../../model/classic/index.js';
import { encodeText, type EncodingModel } from './encoding.js';
import { scoreDocuments, totalLikelihood, type HeldOutDocument, type HeldOutResult } from './likelihood.js';
import { scorerOf } from './scorer.js';

export interface KneserNeyResult extends HeldOutResult {
  readonly order: number;
  /** Distinct n-grams of each order, from 1 up. */
  readonly ngrams: readonly number[];
}

/**
 * Interpolated modified Kneser-Ney over the same tokens, training text and held-out bytes as the model: strong on
 * little text, and made in seconds.
 */
export async function kneserNeyBaseline(
  model: EncodingModel & { readonly vocabSize: number },
  training: readonly string[],
  heldOut: readonly HeldOutDocument[],
  { order = 5, signal }: { readonly order?: number; readonly signal?: AbortSignal } = {},
): Promise<KneserNeyResult> {
  const [end] = model.eosTokenIds;
  function* documents(): Generator<number[]> {
    for (const text of training) {
      signal?.throwIfAborted();
      const { ids } = encodeText(model, text);
      yield end === undefined ? [...ids] : [...ids, end];
    }
  }
  const ngram = trainKneserNey(documents(), { vocabSize: model.vocabSize, order });
  const likelihoods = await scoreDocuments(scorerOf(ngram), model, heldOut, signal ? { signal } : {});
  return { ...totalLikelihood(likelihoods), order, ngrams: ngram.ngrams };
}
