/**
 * Layers as pure functions over symbolic tensors: linear maps, embedding, rotary positions, attention, feed-forward,
 * dropout and the language-model loss.
 *
 * @module
 * @example
 * ```ts
 * import { trace } from 'abovo/ir';
 * import { linear } from 'abovo/nn';
 * trace('layer', { x: { dtype: 'f32', shape: [2, 8] }, w: { dtype: 'f32', shape: [4, 8] } }, ({ x, w }) => ({
 *   y: linear(x, w, 'outIn'),
 * }));
 * ```
 */
export { activate, activations } from './activation.js';
export type { Activation } from './activation.js';
export { attentionBlock, attentionOnCache, fullAttention } from './attention.js';
export type {
  Attend,
  BatchShape,
  CachedLayer,
  FullAttentionOptions,
  Heads,
  LayerCache,
  ScoreOptions,
} from './attention.js';
export { bidirectionalAttention } from './bidirectional-attention.js';
export type { BidirectionalOptions } from './bidirectional-attention.js';
export { dropout } from './dropout.js';
export type { Dropout } from './dropout.js';
export { embedding, linear } from './linear.js';
export type { WeightLayout } from './linear.js';
export { causalLmLoss, ignoredTarget } from './loss.js';
export type { CausalLmLoss } from './loss.js';
export { maskedAttention } from './masked-attention.js';
export type { MaskedAttentionOptions } from './masked-attention.js';
export {
  alibiBias,
  alibiSlopes,
  checkRelativeBuckets,
  checkRotaryScaling,
  positionParts,
  positionSchemes,
  relativeBias,
  relativeBucket,
  rotaryAngles,
  rotaryFrequencies,
  rotaryTables,
  sinusoidalTable,
  yarnAttentionFactor,
} from './positions/index.js';
export type { PositionParts, PositionRequest, PositionScheme } from './positions/index.js';
export type { RelativeBuckets, RotaryAngles, RotaryOptions, RotaryScaling } from './positions/index.js';
