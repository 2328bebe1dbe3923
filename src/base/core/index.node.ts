/**
 * The parts of `base/core` that need Node: hashing and atomic files.
 *
 * @module
 * @example
 * ```ts
 * import { sha256 } from 'abovo/core/node';
 * sha256('abovo').length; // 64
 * ```
 */
export { sha256, sha256File, syncFolder, writeFileAtomic } from './files.node.js';
