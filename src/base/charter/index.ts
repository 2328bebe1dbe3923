/**
 * The charter of a model: purpose, users, data classes, risks, the controls they ask for and release thresholds.
 *
 * @module
 * @example
 * ```ts
 * import { evaluateThresholds } from 'abovo/charter';
 * const [finding] = evaluateThresholds(['base.bitsPerByte <= 2.0'], { base: { bitsPerByte: 1.7 } });
 * finding.met; // true
 * ```
 */
export { controls, requiredControls } from './controls.js';
export type { Control, RiskKind } from './controls.js';
export { charterSchema, dataClasses, lawfulBases, personalClasses, riskKinds } from './schema.js';
export type { Charter, DataClass } from './schema.js';
export { describeFinding, evaluateThresholds, parseThreshold } from './threshold.js';
export type { Threshold, ThresholdFinding } from './threshold.js';
