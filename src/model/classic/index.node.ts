/**
 * What of static vectors needs Node: files, and training on several threads.
 *
 * @module
 * @example
 * ```ts no-run
 * import { loadVectors, saveVectors, trainWord2vecThreads } from 'abovo/classic/node';
 * const { vectors } = await trainWord2vecThreads(['the egg and the hen'], { threads: 2, minCount: 1 });
 * await saveVectors('vectors.bin', vectors, 'binary');
 * const loaded = await loadVectors('vectors.bin');
 * ```
 */
export { loadVectors, saveFastText, saveVectors, trainGloveOnDisk } from './files/index.node.js';
export type { LoadedVectors } from './files/index.node.js';
export { trainClassifierThreads, trainFastTextThreads, trainWord2vecThreads } from './parallel/index.node.js';
export type { ThreadOptions } from './parallel/index.node.js';
