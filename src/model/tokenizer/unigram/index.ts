/**
 * Unigram: the most likely sequence of pieces, each with a probability of its own.
 *
 * @module
 * @example
 * ```ts
 * import { Tokenizer } from 'abovo/tokenizer';
 * const vocab = [['<unk>', 0], ['e', -3], ['g', -3], ['egg', -2], ['eg', -2.5], ['s', -3]];
 * const tokenizer = Tokenizer.fromJson({ model: { type: 'Unigram', unk_id: 0, vocab } });
 * tokenizer.encode('eggs'); // [3, 5]
 * ```
 */
export { readUnigram } from './read.js';
export { readPrecompiled } from './precompiled.js';
