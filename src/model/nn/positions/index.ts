/**
 * Where tokens stand, as parts that a model may exchange: T5's relative biases.
 *
 * @module
 * @example
 * ```ts
 * import { relativeBucket } from 'abovo/nn';
 * relativeBucket(-20, { numBuckets: 32, maxDistance: 128, bidirectional: false }); // 17
 * ```
 */
export { checkRelativeBuckets, relativeBias, relativeBucket } from './t5-relative.js';
export type { RelativeBuckets } from './t5-relative.js';
