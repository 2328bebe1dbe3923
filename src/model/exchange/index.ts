/**
 * Foreign formats: llama2.c checkpoints and vocabularies.
 *
 * @module
 * @example
 * ```ts
 * import { parseLlama2cCheckpoint } from 'abovo/exchange';
 * try {
 *   parseLlama2cCheckpoint(new Uint8Array(3));
 * } catch (error) {
 *   String(error); // 'InvalidInput: llama2.c checkpoint: expected a header of 28 bytes, got 3'
 * }
 * ```
 */
export { parseLlama2cCheckpoint } from './llama2c-checkpoint.js';
export { llama2cTokenizerJson, parseLlama2cTokenizer } from './llama2c-tokenizer.js';
export type { Llama2cVocabulary } from './llama2c-tokenizer.js';
