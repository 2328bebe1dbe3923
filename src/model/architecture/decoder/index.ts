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
export { attentionOf, decoderConfig, validateDecoderConfig } from './config.js';
export type { AttentionBias, DecoderConfig, DecoderFamilyName, DecoderOptions } from './config.js';
export { decoders, embeddingName, headName, layerPrefix } from './decoders.js';
export type { BlockScope, DecoderFamily } from './family.js';
export { decoderHead, decoderHidden, forward } from './forward.js';
export type { DecoderCache, DecoderInput, DecoderOutput, LayerAttention } from './forward.js';
export { decoderModelTypes, ownModelType } from './model-types.js';
export type { DecoderModelType, DecoderModelTypeName } from './model-types.js';
export { cacheBytes, estimateMemory } from './memory.js';
export type { MemoryEstimate, TrainingShape } from './memory.js';
