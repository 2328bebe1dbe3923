/**
 * Vectors on disk, and GloVe in bounded memory.
 *
 * @module
 * @example
 * ```ts no-run
 * const loaded = await loadVectors('vectors.bin');
 * if (loaded.kind === 'words') await saveVectors('vectors.txt', loaded.vectors, 'text');
 * ```
 */
export { loadVectors, saveFastText, saveVectors, trainGloveOnDisk } from './files.node.js';
export type { LoadedVectors } from './files.node.js';
