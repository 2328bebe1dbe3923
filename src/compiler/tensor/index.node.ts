/**
 * Safetensors files on disk: a lazy reader and an atomic writer.
 *
 * @module
 * @example
 * ```ts
 * import { hostTensor } from 'abovo/tensor';
 * import { writeSafetensorsFile } from 'abovo/tensor/node';
 * await writeSafetensorsFile('model.safetensors', { weight: hostTensor('f32', [2], [1, 2]) });
 * ```
 */
export { SafetensorsReader, readSafetensorsFile, writeSafetensorsFile } from './safetensors.node.js';
