/**
 * Encoder-decoder transformers: T5 and BART as configurations, names of tensors and one forward pass.
 *
 * @module
 * @example
 * ```ts
 * import { countParameters, encoderDecoderConfig } from 'abovo/architecture';
 * const config = encoderDecoderConfig({
 *   family: 't5', vocabSize: 32128, contextLength: 512, hiddenSize: 512, headSize: 64, numLayers: 6, numHeads: 8,
 * });
 * countParameters(config).total; // 60506624
 * ```
 */
export { encoderDecoderConfig, validateEncoderDecoderConfig } from './config.js';
export type {
  BartConfig,
  EncoderDecoderConfig,
  EncoderDecoderFamilyName,
  EncoderDecoderOptions,
  T5Config,
} from './config.js';
export { encoderDecoders, sequenceToSequenceFlops } from './families.js';
export type { EncoderDecoderFamily, SequenceToSequenceFlops } from './family.js';
export { decodeTarget, encodeSource, sourceMemory, targetLogits } from './forward.js';
export type {
  EncodedSource,
  SourceInput,
  SourceMemory,
  TargetAttention,
  TargetCache,
  TargetInput,
  TargetOutput,
} from './forward.js';
export { sequenceToSequenceLoss, shiftRight } from './loss.js';
export type { SequenceToSequenceBatch } from './loss.js';
