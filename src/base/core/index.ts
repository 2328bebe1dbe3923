/**
 * Errors, seeded random numbers, canonical JSON and units: what every room stands on. Runs in a browser too.
 *
 * @module
 * @example
 * ```ts
 * import { Random, canonicalJson } from 'abovo/core';
 * canonicalJson({ b: 1, a: [new Random(7).int(10) >= 0] }); // '{"a":[true],"b":1}'
 * ```
 */
export { AbovoError, InternalError, InvalidInput, Unavailable, invariant, messageOf } from './errors.js';
export type { ErrorFields, ErrorKind } from './errors.js';
export { nearest } from './nearest.js';
export { canonicalJson } from './json.js';
export type { Json } from './json.js';
export { Random, randomBits } from './random.js';
export type { RandomState } from './random.js';
export { formatBytes, formatCount, formatDuration } from './units.js';
