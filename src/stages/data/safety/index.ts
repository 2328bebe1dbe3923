/**
 * Offensive content with its context, what a corpus says beside the names of groups of people, and whom filters remove.
 *
 * @module
 * @example
 * ```ts
 * import { RemovalByGroup, SafetyScorer } from 'abovo/data/safety';
 * const { toxicity } = new SafetyScorer().score('They are all vermin and deserve to be shot.');
 * const meter = new RemovalByGroup();
 * meter.add('The women spoke first.', toxicity < 0.5);
 * meter.report().groups[0]?.group; // 'women'
 * ```
 */
export { BiasMeter, RemovalByGroup, rateRatio, wilson } from './bias.js';
export type { BiasReport, GroupAssociation, GroupRemoval, OccupationBalance, RateRatio } from './bias.js';
export { groupsIn, identityGroups } from './groups.js';
export { categories } from './lexicon.js';
export type { Category, Entry } from './lexicon.js';
export { SafetyScorer } from './score.js';
export type { SafetyHit, SafetyScore } from './score.js';
export { broken, defaultThresholds, openSafety, safetyOptions, steps } from './steps.js';
export type { SafetyOptions } from './steps.js';
