/**
 * Engines of model folders, on ONNX Runtime.
 *
 * @module
 * @example
 * ```ts no-run
 * import { openEngine } from 'abovo/inference/node';
 * const { engine, close } = await openEngine('model', { threads: 2 });
 * for await (const { tokenId } of engine.submit({ promptIds: [1], maxTokens: 4 })) console.log(tokenId);
 * await close();
 * ```
 */
export { openEmbedder, openEngine, openSearch } from './open.node.js';
export type { OpenEngineOptions, OpenedEmbedder, OpenedEngine, OpenedSearch } from './open.node.js';
// Rooms above see models through this one.
export { readModelConfig } from '../architecture/index.node.js';
