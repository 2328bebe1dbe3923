/**
 * Vocabularies from text: counts pieces and merges them into tokens.
 *
 * @module
 * @example
 * ```ts
 * import { trainBpe } from 'abovo/tokenizer';
 * const tokenizer = await trainBpe(['hug pug pun bun hugs'.repeat(5)], { vocabSize: 261 });
 * tokenizer.encode('hug').map((id) => tokenizer.idToToken(id)); // ['hug']
 * ```
 */
export { trainBpe } from './bpe.js';
export type { TrainBpeOptions } from './bpe.js';
export { trainWordPiece } from './wordpiece.js';
export type { TrainWordPieceOptions } from './wordpiece.js';
export { trainUnigram } from './unigram.js';
export type { TrainUnigramOptions } from './unigram.js';
export type { Normalization } from './format.js';
export type { TrainOptions } from './options.js';
export { countWords } from './count.js';
export { byteLevelJson, wordPieceJson } from './format.js';
export { specialEntries } from './options.js';
export { WordCounter } from './word-counter.js';
