/**
 * Models without a graph: n-gram language models.
 *
 * @module
 * @example
 * ```ts
 * import { trainKneserNey } from 'abovo/classic';
 * const model = trainKneserNey([[0, 1, 2, 1, 2, 3]], { vocabSize: 4 });
 * Math.exp(model.logprobs([0, 1, 2])[1]); // p(2 | 0 1), the first token is only context
 * ```
 */
export { KneserNey, trainKneserNey } from './ngram/index.js';
export type { Discounts, KneserNeyOptions } from './ngram/index.js';
