/**
 * Element types (block-quantized ones too), shapes and dense tensors in host memory.
 *
 * @module
 * @example
 * ```ts
 * import { hostTensor } from 'abovo/tensor';
 * hostTensor('f32', [2, 2], [1, 2, 3, 4]).data.length; // 4
 * ```
 */
export { blockBytes, blockFormats, packBlocks, unpackBlocks } from './block-format.js';
export type { BlockFormat, BlockType } from './block-format.js';
export { allocate, hostTensor, numElements, sizeOf } from './dtype.js';
export type { DType, HostTensor, TensorData } from './dtype.js';
export { decodeBf16, decodeF16, encodeBf16, encodeF16, fromFloats, toFloats } from './half.js';
export type { HalfType } from './half.js';
export { encodeSafetensors, maxHeaderBytes, parseSafetensorsHeader, readSafetensors } from './safetensors.js';
export type { SafetensorsFile, SafetensorsHeader, TensorEntry } from './safetensors.js';
