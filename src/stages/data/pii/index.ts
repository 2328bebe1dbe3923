/**
 * Finds personal data and secrets in text, by rules with checksums and by a tagger of names, and redacts, masks, hashes or
 * substitutes them.
 *
 * @module
 * @example
 * ```ts
 * import { applyActions, createEngine } from 'abovo/data/pii';
 * const engine = await createEngine();
 * const text = 'Write to ada@example.org; her card is 4111 1111 1111 1111.';
 * applyActions(text, engine.analyze(text)); // 'Write to <EMAIL_ADDRESS>; her card is <CREDIT_CARD>.'
 * ```
 */
export { actions, applyActions, keyedHash, normalized } from './actions/index.js';
export type { Action, ApplyOptions } from './actions/index.js';
export { toCodePoints } from './code-points.js';
export { PiiEngine } from './engine.js';
export type { EngineOptions, Finder } from './engine.js';
export { entityTypes } from './entity-types.js';
export { compileOwn, createEngine, keyFrom, ownRecognizer, piiOptions, presets, readRecognizers } from './options.js';
export type { OwnRecognizer, PiiOptions } from './options.js';
export { recognizers } from './recognizers/index.js';
export { readRecords } from './records.js';
export type { TextRecord } from './records.js';
export { typeReference } from './reference.js';
export { steps } from './step.js';
export type { EntityType, Family, Recognizer, Span, Trigger } from './types.js';
