/**
 * Lowers graphs to ONNX models: one rule per primitive, fusion to ONNX Runtime's own operators, protobuf encoding.
 *
 * @module
 * @example
 * ```ts
 * import { relu, trace } from 'abovo/ir';
 * import { lower } from 'abovo/onnx';
 * const graph = trace('rectify', { x: { dtype: 'f32', shape: ['N'] } }, ({ x }) => ({ y: relu(x) }));
 * const model = lower(graph); // bytes of an .onnx file
 * ```
 */
export { portNames } from './builder.js';
export { lower, lowerToModel } from './lower.js';
export type { LowerOptions } from './lower.js';
export { chooseModel } from './branches.js';
export { encodeInParts, encodeModel, onnxTypes, opsetVersion } from './model.js';
export type { ModelInParts, OnnxAttribute, OnnxModel, OnnxNode, OnnxValue } from './model.js';
