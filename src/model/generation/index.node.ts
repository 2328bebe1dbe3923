/**
 * Language models of Hugging Face folders, on ONNX Runtime.
 *
 * @module
 * @example
 * ```ts no-run
 * import { openLanguageModel } from 'abovo/generation/node';
 * const model = await openLanguageModel('model');
 * for await (const piece of model.generate({ prompt: 'Once upon a time' })) process.stdout.write(piece.text);
 * await model.close();
 * ```
 */
export { openLanguageModel } from './open.node.js';
export type { OpenLanguageModelOptions } from './open.node.js';
export { openRewriter, openTextSearch } from './open-search.node.js';
export type { OpenTextSearchOptions } from './open-search.node.js';
export { openTextEmbedder } from './open-embedder.node.js';
export type { OpenTextEmbedderOptions } from './open-embedder.node.js';
