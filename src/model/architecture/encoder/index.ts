/**
 * Encoder-only transformers: one file per shape, the forward pass, and the heads on it.
 *
 * @module
 * @example
 * ```ts
 * import { countParameters, encoderConfig } from 'abovo/architecture';
 * const config = encoderConfig({
 *   family: 'bert', vocabSize: 256, contextLength: 64, hiddenSize: 32, numLayers: 2, numHeads: 4,
 * });
 * countParameters(config).total; // 37152
 * ```
 */
export { encoderConfig, validateEncoderConfig } from './config.js';
export type { EncoderConfig, EncoderFamilyName, EncoderHead, EncoderOptions } from './config.js';
export { encoders } from './encoders.js';
export type { EncoderFamily } from './family.js';
export {
  encoderForward,
  firstTokens,
  maskedLanguageLogits,
  meanOverTokens,
  poolerOutput,
  sequenceLogits,
  tokenLogits,
} from './forward.js';
export type { EncoderInput, EncoderOutput } from './forward.js';
