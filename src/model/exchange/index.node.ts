/**
 * Import of foreign models as Hugging Face folders.
 *
 * @module
 * @example
 * ```ts no-run
 * import { importModel } from 'abovo/exchange/node';
 * await importModel('stories260K.bin', { tokenizer: 'tok512.bin', out: 'stories260K' });
 * ```
 */
export { importModel } from './import.node.js';
export type { ImportOptions, ImportedModel } from './import.node.js';
export { exportOnnx } from './onnx/index.node.js';
export type { ExportedOnnx } from './onnx/index.node.js';
