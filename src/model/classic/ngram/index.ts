/**
 * N-gram language models: interpolated modified Kneser-Ney over token ids.
 *
 * @module
 * @example
 * ```ts
 * const model = trainKneserNey(documents, { vocabSize: 4096, order: 5 });
 * model.logprobs([bos, ...ids]);
 * ```
 */
export { KneserNey, trainKneserNey } from './kneser-ney.js';
export type { Discounts, KneserNeyOptions } from './kneser-ney.js';
