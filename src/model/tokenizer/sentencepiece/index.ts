/**
 * SentencePiece `.model` files as tokenizers.
 *
 * @module
 * @example
 * ```ts no-run
 * import { readFile } from 'node:fs/promises';
 * import { fromSentencePiece } from 'abovo/tokenizer';
 * const tokenizer = fromSentencePiece(await readFile('tokenizer.model'), { addBos: true });
 * ```
 */
import { Tokenizer } from '../tokenizer.js';
import { type SentencePieceOptions, sentencePieceJson } from './convert.js';
import { parseSentencePiece } from './model-file.js';

/**
 * Reads a SentencePiece `.model` file (Unigram, BPE or character) into a tokenizer with the same ids.
 * Errors: `InvalidInput` where the bytes are no such model, one of words, or one that puts spaces after words.
 */
export function fromSentencePiece(bytes: Uint8Array, options: SentencePieceOptions = {}): Tokenizer {
  return Tokenizer.fromJson(sentencePieceJson(parseSentencePiece(bytes), options));
}

export { parseSentencePiece } from './model-file.js';
export type { PieceType, SentencePiece, SentencePieceFile, SentencePieceType } from './model-file.js';
export { sentencePieceJson } from './convert.js';
export type { SentencePieceOptions } from './convert.js';
