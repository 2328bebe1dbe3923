/**
 * GGUF files on disk: read as Hugging Face's parameters, written from a model folder.
 *
 * @module
 * @example
 * ```ts no-run
 * import { exportGguf } from 'abovo/exchange/node';
 * await exportGguf('model', 'model.gguf', { type: 'q8_0' });
 * ```
 */
export { exportGguf } from './export.node.js';
export type { ExportGgufOptions, ExportedGguf } from './export.node.js';
export { GgufFile } from './file.node.js';
export { readGguf } from './import.node.js';
export type { GgufContents } from './import.node.js';
export { writePooling } from './pooling.node.js';
export type { GgufPooling } from './pooling.node.js';
