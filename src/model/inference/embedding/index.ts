/**
 * Hidden states, vectors of texts, and logits of an encoder's head: whole sequences in, ids only.
 *
 * @module
 * @example
 * ```ts
 * import { encoderConfig, initialize } from 'abovo/architecture';
 * import { Embedder } from 'abovo/inference';
 * import { createInterpreter } from 'abovo/runtime';
 * const config = encoderConfig({
 *   family: 'bert', vocabSize: 32, contextLength: 16, hiddenSize: 8, numLayers: 1, numHeads: 2,
 * });
 * const embedder = new Embedder({ config, params: initialize(config, 1), executor: createInterpreter() });
 * const [vector] = await embedder.embed([{ ids: [1, 5, 9, 2] }], { pooling: 'mean' });
 * vector!.length; // 8
 * ```
 */
export { Embedder, poolings } from './embedder.js';
export type { EmbedOptions, Pooling, TokenSequence } from './embedder.js';
