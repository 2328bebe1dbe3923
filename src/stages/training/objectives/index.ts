/**
 * What a model is trained to do, and the noise that makes texts into tasks: causal, masked, span corruption, denoising,
 * prefixes, mixtures.
 *
 * @module
 * @example
 * ```ts
 * import { Random } from 'abovo/core';
 * import { spanCorruption } from 'abovo/training';
 * const noise = spanCorruption({ sentinels: [99, 98], eos: 1 });
 * const { source, target } = noise(Int32Array.of(5, 6, 7, 8, 9, 10, 11), new Random(1));
 * source.length + target.length; // 11: seven tokens, two sentinels (one on each side) and two ends
 * ```
 */
export { causalLanguageModel, countTargets, positionsOf, prefixBatches } from './causal-lm.js';
export type { CausalOptions, PrefixBatch, PrefixOptions } from './causal-lm.js';
export { maskedLanguageModel } from './masked-lm.js';
export { denoising } from './noise/denoise.js';
export type { DenoiseOptions } from './noise/denoise.js';
export { maskedBatches, placesPerRow } from './noise/mask-tokens.js';
export type { MaskOptions, MaskedBatch } from './noise/mask-tokens.js';
export { mixtureNoise, prefixNoise, ul2Lengths, ul2Noise, ul2Spans } from './noise/mixture.js';
export type { MixturePart, Ul2Options } from './noise/mixture.js';
export { pairBatches } from './noise/pairs.js';
export type { Noise, NoisePair, PairBatch, PairBatchOptions } from './noise/pairs.js';
export { corruptedLengths, rawLength, spanCorruption } from './noise/span-corruption.js';
export type { SpanOptions } from './noise/span-corruption.js';
export { tokenLoss } from './objective.js';
export type { LossTerms, Objective } from './objective.js';
export { sequenceToSequence } from './sequence-to-sequence.js';
