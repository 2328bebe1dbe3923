/**
 * Decoder-only transformers: configuration, parameter tree, initialisation, forward pass and cost.
 *
 * @module
 * @example
 * ```ts
 * import { countParameters, decoderConfig } from 'abovo/architecture';
 * const config = decoderConfig({
 *   shape: 'gpt2', vocabSize: 256, contextLength: 256, hiddenSize: 384, numLayers: 6, numHeads: 6,
 * });
 * countParameters(config).total; // 10844160
 * ```
 */
export { decoderConfig, validateDecoderConfig } from './config.js';
export type { DecoderConfig, DecoderOptions, DecoderShape } from './config.js';
export { decoderHead, decoderHidden, forward } from './forward.js';
export type { DecoderCache, DecoderInput, DecoderOutput, LinearHook } from './forward.js';
export { decoderConfigFromHf, decoderConfigToHf } from './hf-config.js';
export { initialize } from './initialize.js';
export type { Params } from './initialize.js';
export { cacheBytes, estimateMemory } from './memory.js';
export type { MemoryEstimate, TrainingShape } from './memory.js';
export { countParameters, embeddingName, flopsPerToken, headName, layerPrefix, parameterSpecs } from './parameters.js';
export type { Initializer, ParameterKind, ParameterSpec, ParameterSpecs } from './parameters.js';
