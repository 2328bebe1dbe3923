/**
 * GGUF, llama.cpp's one-file format: header, tensor types, families, tokenizers; what needs no file system.
 *
 * @module
 * @example
 * ```ts
 * import { encodeGguf, parseGgufHeader } from 'abovo/exchange';
 * const tensor = { name: 't', type: 'F32', shape: [2], values: () => new Float32Array([1, 2]) } as const;
 * const bytes = Buffer.concat([...encodeGguf(new Map([['general.name', { type: 'string', value: 'egg' }]]), [tensor])]);
 * parseGgufHeader(bytes, bytes.length)?.tensors.get('t')?.shape; // [2]
 * ```
 */
export { ggufFamilies } from './families.js';
export type { GgufFamily, GgufTensorRow } from './family.js';
export type { GgufMetadata, GgufValue } from './metadata.js';
export type { GgufWriteType } from './model.js';
export { decodeGgufTensor, parseGgufHeader } from './parse.js';
export type { GgufHeader, GgufTensorInfo } from './parse.js';
export { preTokenizers } from './pre-tokenizers.js';
export { ggufTypes, storageOf } from './tensor-types.js';
export type { GgufType, GgufTypeName } from './tensor-types.js';
export { ggufTokenizers } from './tokenizer-types.js';
export { encodeGguf } from './write.js';
export type { GgufTensorSource } from './write.js';
