/**
 * Text in, text out: prompts and chats to streamed, UTF-8-safe text with stop strings, log-probabilities and scores.
 *
 * @module
 * @example
 * ```ts
 * import { simulateModel } from 'abovo/generation/testing';
 * const model = simulateModel({ says: 'An egg is an oval body.' });
 * for await (const piece of model.generate({ prompt: 'egg', stop: ['.'] })) process.stdout.write(piece.text);
 * ```
 */
export type {
  EngineStats,
  SequenceScore,
  TextTokenizer,
  TokenEngine,
  TokenRequest,
  TokenStep,
  TokenStream,
} from './engine.js';
export { textEmbedder } from './embed.js';
export type { EmbedTextOptions, EmbeddedTexts, TextEmbedder, TextEmbedderParts } from './embed.js';
export { Generation } from './generation.js';
export { LanguageModel } from './language-model.js';
export type { ChatTemplate, LanguageModelParts, TextModel, TextScore } from './language-model.js';
export type {
  ChatRequest,
  GenerateRequest,
  GenerationResult,
  Prompt,
  TextDelta,
  TokenLogprob,
} from './request.js';
export { StopMatcher } from './stop.js';
export { TextSearch } from './text-search.js';
export type { TextSearchParts, TextSearchRequest, WrittenText } from './text-search.js';
