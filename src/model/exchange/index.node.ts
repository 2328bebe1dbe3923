/**
 * Models in and out: foreign files become Hugging Face folders, those become GGUF, ONNX and other folders.
 *
 * @module
 * @example
 * ```ts no-run
 * import { importModel } from 'abovo/exchange/node';
 * await importModel('model.gguf', { out: 'model' });
 * ```
 */
export { importFormats, importModel } from './import.node.js';
export type { ImportFormat, ImportOptions, ImportedModel } from './import.node.js';
export { exportOnnx } from './onnx/index.node.js';
export type { ExportedOnnx } from './onnx/index.node.js';
export { pullModel, pushModel } from './hub/index.node.js';
export type { HubOptions, PullOptions, PulledModel, PushOptions, PushedModel } from './hub/index.node.js';
export { exportFormats, exportModel } from './export.node.js';
export type { ExportFormat, ExportOptions, ExportedModel } from './export.node.js';
export { GgufFile, exportGguf, readGguf } from './gguf/index.node.js';
export type { ExportGgufOptions, ExportedGguf, GgufContents } from './gguf/index.node.js';
