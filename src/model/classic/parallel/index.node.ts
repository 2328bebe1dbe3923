/**
 * Training on several threads at once, over shared memory and without locks: faster, and not repeatable.
 *
 * @module
 * @example
 * ```ts no-run
 * const { vectors } = await trainWord2vecThreads(['the egg and the hen'], { threads: 2, minCount: 1 });
 * ```
 */
export { trainClassifierThreads, trainFastTextThreads, trainWord2vecThreads } from './hogwild.node.js';
export type { ThreadOptions } from './hogwild.node.js';
