/**
 * WordPiece: the longest token that begins a word, then the longest that goes on; words that cannot be spelled are unknown.
 *
 * @module
 * @example
 * ```ts
 * import { Tokenizer } from 'abovo/tokenizer';
 * const vocab = { '[UNK]': 0, egg: 1, '##shell': 2, '##s': 3 };
 * const tokenizer = Tokenizer.fromJson({ model: { type: 'WordPiece', vocab }, pre_tokenizer: { type: 'WhitespaceSplit' } });
 * tokenizer.encode('eggshells hen'); // [1, 2, 3, 0]
 * ```
 */
export { readWordPiece } from './read.js';
