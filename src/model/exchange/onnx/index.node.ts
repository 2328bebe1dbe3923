/**
 * Models as ONNX files in the layout that Optimum and transformers.js share.
 *
 * @module
 * @example
 * ```ts no-run
 * import { exportOnnx } from 'abovo/exchange/node';
 * await exportOnnx('model', 'model-onnx'); // model-onnx/onnx/model.onnx, config.json, tokenizer.json
 * ```
 */
export { exportOnnx } from './export.node.js';
export type { ExportedOnnx } from './export.node.js';
