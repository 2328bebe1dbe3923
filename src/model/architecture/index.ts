/**
 * Transformers by family: configuration, parameter tree, initialisation, forward pass and cost.
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
export { decoderConfig, validateDecoderConfig } from './decoder/index.js';
export type { DecoderConfig, DecoderFamilyName, DecoderOptions } from './decoder/index.js';
export { decoderHead, decoderHidden, embeddingName, forward, headName, layerPrefix } from './decoder/index.js';
export type { DecoderCache, DecoderInput, DecoderOutput } from './decoder/index.js';
export { cacheBytes, decoderModelTypes, estimateMemory, ownModelType } from './decoder/index.js';
export type { AttentionBias, DecoderModelType, DecoderModelTypeName, LayerAttention } from './decoder/index.js';
export type { MemoryEstimate, TrainingShape } from './decoder/index.js';
export {
  decodeTarget,
  encodeSource,
  encoderDecoderConfig,
  encoderDecoders,
  sequenceToSequenceFlops,
  sequenceToSequenceLoss,
  shiftRight,
  sourceMemory,
  targetLogits,
  validateEncoderDecoderConfig,
} from './encoder-decoder/index.js';
export type { BartConfig, EncoderDecoderConfig, EncoderDecoderFamilyName } from './encoder-decoder/index.js';
export type { EncoderDecoderOptions, EncodedSource, SequenceToSequenceBatch } from './encoder-decoder/index.js';
export type { SequenceToSequenceFlops, SourceInput, SourceMemory, T5Config } from './encoder-decoder/index.js';
export type { TargetAttention, TargetCache, TargetInput, TargetOutput } from './encoder-decoder/index.js';
export {
  encoderConfig,
  encoderForward,
  firstTokens,
  maskedLanguageLogits,
  meanOverTokens,
  poolerOutput,
  sequenceLogits,
  tokenLogits,
  validateEncoderConfig,
} from './encoder/index.js';
export type { EncoderConfig, EncoderFamilyName, EncoderHead, EncoderInput } from './encoder/index.js';
export type { EncoderOptions, EncoderOutput } from './encoder/index.js';
export { families, flopsPerToken, modelConfigFromHf, modelConfigToHf } from './families.js';
export { countParameters, familyOf, parameterSpecs } from './families.js';
export { initialize } from './initialize.js';
export { portableDecoderGraph, portableEncoderGraph } from './portable.js';
export { portableSourceGraph, portableTargetGraphs } from './portable-pair.js';
export type { CommonConfig, ConfigOf, Family, LinearHook, ModelConfig, ModelKind } from './model.js';
export type { Initializer, ParameterKind, ParameterSpec, ParameterSpecs, Params } from './specs.js';
