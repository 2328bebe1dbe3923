/**
 * Safetensors files on disk: a lazy reader and an atomic writer.
 *
 * @module
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { hostTensor } from 'abovo/tensor';
 * import { readSafetensorsFile, writeSafetensorsFile } from 'abovo/tensor/node';
 * const path = join(await mkdtemp(join(tmpdir(), 'abovo-')), 'model.safetensors');
 * await writeSafetensorsFile(path, { weight: hostTensor('f32', [2], [1, 2]) });
 * const { tensors } = await readSafetensorsFile(path);
 * tensors.weight.shape; // [2]
 * ```
 */
export { SafetensorsReader, readSafetensorsFile, writeSafetensorsFile } from './safetensors.node.js';
