/**
 * Decoder-only transformers: one file per family, and the forward pass that training and inference share.
 *
 * @module
 * @example
 * ```ts
 * import { countParameters, decoderConfig } from 'abovo/architecture';
 * const config = decoderConfig({
 *   family: 'gpt2', vocabSize: 256, contextLength: 256, hiddenSize: 384, numLayers: 6, numHeads: 6,
 * });
 * countParameters(config).total; // 10844160
 * ```
 */
export { decoderConfig, llamaVariants, validateDecoderConfig, windowOf } from './config.js';
export type { DecoderConfig, DecoderFamilyName, DecoderOptions, LlamaVariant } from './config.js';
export { decoders, embeddingName, headName, layerPrefix } from './decoders.js';
export type { BlockScope, DecoderFamily } from './family.js';
export { decoderHead, decoderHidden, forward } from './forward.js';
export type { DecoderCache, DecoderInput, DecoderOutput } from './forward.js';
export { cacheBytes, estimateMemory } from './memory.js';
export type { MemoryEstimate, TrainingShape } from './memory.js';
