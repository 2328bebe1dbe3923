/**
 * One token a word, for small closed vocabularies.
 *
 * @module
 * @example
 * ```ts
 * import { Tokenizer } from 'abovo/tokenizer';
 * const vocab = { '<unk>': 0, hen: 1, egg: 2 };
 * const tokenizer = Tokenizer.fromJson({ model: { type: 'WordLevel', vocab }, pre_tokenizer: { type: 'Whitespace' } });
 * tokenizer.encode('hen egg cock'); // [1, 2, 0]
 * ```
 */
export { readWordLevel } from './wordlevel.js';
