/**
 * N-gram language models: interpolated modified Kneser-Ney over token ids.
 *
 * @module
 * @example
 * ```ts
 * import { trainKneserNey } from 'abovo/classic';
 * const model = trainKneserNey([[0, 1, 2, 1, 2], [0, 2, 1]], { vocabSize: 3, order: 2 });
 * model.order; // 2
 * ```
 */
export { KneserNey, trainKneserNey } from './kneser-ney.js';
export type { Discounts, KneserNeyOptions } from './kneser-ney.js';
