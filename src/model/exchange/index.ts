/**
 * Foreign formats: GGUF, llama2.c checkpoints and vocabularies.
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
export {
  decodeGgufTensor,
  encodeGguf,
  ggufFamilies,
  ggufTokenizers,
  ggufTypes,
  parseGgufHeader,
  preTokenizers,
  storageOf,
} from './gguf/index.js';
export type { GgufFamily, GgufHeader, GgufMetadata, GgufTensorInfo, GgufTensorRow } from './gguf/index.js';
export type { GgufTensorSource, GgufType, GgufTypeName, GgufValue, GgufWriteType } from './gguf/index.js';
