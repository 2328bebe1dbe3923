/**
 * Ways to tell a model where a token stands.
 *
 * @module
 * @example
 * ```ts
 * import { relativeBucket } from 'abovo/nn';
 * relativeBucket(-3, { numBuckets: 32, maxDistance: 128, bidirectional: true }); // 3
 * ```
 */
export { checkRelativeBuckets, relativeBias, relativeBucket } from './t5-relative.js';
export type { RelativeBuckets } from './t5-relative.js';
export { checkRotaryScaling, rotaryAngles, rotaryFrequencies, rotaryTables, yarnAttentionFactor } from './rotary.js';
export type { RotaryAngles, RotaryOptions, RotaryScaling } from './rotary.js';
export { alibiBias, alibiSlopes } from './alibi.js';
export { positionParts, positionSchemes } from './schemes.js';
export type { PositionParts, PositionRequest, PositionScheme } from './schemes.js';
export { sinusoidalTable } from './sinusoidal.js';
