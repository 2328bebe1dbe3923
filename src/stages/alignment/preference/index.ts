/**
 * Learning from pairs of answers, the first preferred: DPO and its relatives.
 *
 * @module
 * @example
 * ```ts
 * import { packPairs } from 'abovo/alignment/preference';
 * const answer = (token: number) => ({ ids: [1, 2, token], assistant: [0, 0, 1] });
 * const source = packPairs([{ chosen: answer(3), rejected: answer(4) }], { sequenceLength: 4, batchSize: 1, seed: 1 });
 * source.batch(0).pairs; // 1
 * ```
 */
export { preferenceLosses } from './losses.js';
export type { PairScores, PreferenceLoss, PreferenceLossName, PreferenceLossOptions } from './losses.js';
export { preferenceObjective, scoreProgram } from './objective.js';
export type { PreferenceOptions } from './objective.js';
export { packPairs } from './pairs.js';
export type { EncodedPair, PackedPairs, PairPackOptions, PairStatistics, PairTokens } from './pairs.js';
export { pairScores } from './reference.js';
export { preferenceSection, resolvePreferenceConfig } from './section.js';
export type { PreferenceSection } from './section.js';
