/**
 * Tokenizers on disk: the tokenizer files of a Hugging Face folder, read and written.
 *
 * @module
 * @example
 * ```ts no-run
 * import { loadTokenizer, saveTokenizer } from 'abovo/tokenizer/node';
 * const { tokenizer, chatTemplate } = await loadTokenizer('model');
 * await saveTokenizer('copy', tokenizer, { chatTemplate, eosToken: '<|endoftext|>' });
 * ```
 */
export { loadTokenizer, saveTokenizer } from './folder.node.js';
export type { LoadedTokenizer, SaveTokenizerOptions } from './folder.node.js';
