/**
 * Hugging Face folders: load and save.
 *
 * @module
 * @example
 * ```ts no-run
 * import { decoderConfig, initialize } from 'abovo/architecture';
 * import { loadModel, saveModel } from 'abovo/architecture/node';
 * const config = decoderConfig({
 *   family: 'llama', vocabSize: 32, contextLength: 16, hiddenSize: 8, numLayers: 1, numHeads: 2,
 * });
 * await saveModel('tiny', config, initialize(config, 1));
 * (await loadModel('tiny', 'decoder')).config.hiddenSize; // 8
 * ```
 */
export { loadModel, readModelConfig, saveModel } from './folder.node.js';
export type { Model } from './folder.node.js';
export { readJsonFile } from './json-file.node.js';
export { refusePickle } from './weights.node.js';
export type { WeightType, WriteWeightsOptions } from './weights.node.js';
