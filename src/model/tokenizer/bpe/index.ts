/**
 * Byte-pair encoding: a piece's symbols merge by rank until no merge applies.
 *
 * @module
 * @example
 * ```ts
 * import { Tokenizer } from 'abovo/tokenizer';
 * const vocab = { l: 0, o: 1, w: 2, lo: 3, low: 4 };
 * const tokenizer = Tokenizer.fromJson({ model: { type: 'BPE', vocab, merges: ['l o', 'lo w'] } });
 * tokenizer.encode('lowlo'); // [4, 3]
 * ```
 */
export { readBpe } from './read.js';
