/**
 * Text to token ids and back: BPE, WordPiece, Unigram and WordLevel in Hugging Face's tokenizer.json format; tiktoken's rank and SentencePiece's model
 * files; training; comparison of tokenizers; chat templates. Runs in a browser too.
 *
 * @module
 * @example
 * ```ts
 * import { trainBpe } from 'abovo/tokenizer';
 * const tokenizer = await trainBpe(['low lower lowest newer newest wider widest'], { vocabSize: 262 });
 * tokenizer.decode(tokenizer.encode('lowest')); // 'lowest'
 * ```
 */
export { Tokenizer } from './tokenizer.js';
export type { DecodeOptions, EncodeOptions, Encoding, SamplingOptions } from './tokenizer.js';
export type { Segmentation } from './model.js';
export type { StreamDecoder } from './stream.js';
export type { AddedToken } from './added-tokens.js';
export { trainBpe, trainUnigram, trainWordPiece } from './training/index.js';
export type {
  Normalization,
  TrainBpeOptions,
  TrainOptions,
  TrainUnigramOptions,
  TrainWordPieceOptions,
} from './training/index.js';
export { gpt2Pattern, gpt4Pattern, o200kPattern, splitPatterns } from './patterns.js';
export type { SplitPatternName } from './patterns.js';
export { tiktokenEncodings, tokenizerFromTiktoken } from './tiktoken.js';
export type { TiktokenEncoding, TiktokenEncodingName } from './tiktoken.js';
export { fromSentencePiece } from './sentencepiece/index.js';
export type { SentencePieceOptions } from './sentencepiece/index.js';
export { TokenizerReport } from './report.js';
export type { TokenizerFigures, TokenizerReportRow } from './report.js';
export { ChatTemplate, chatTokens, defaultChatTemplate, encodeChat, renderChat } from './chat.js';
export type { ChatOptions, EncodedChatTokens, SpecialTokenNames } from './chat.js';
