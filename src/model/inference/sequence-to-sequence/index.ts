/**
 * Answers of encoder-decoders: the source is read once, beams, greedy choice or sampling write on a cache.
 *
 * @module
 * @example
 * ```ts
 * import { encoderDecoderConfig, initialize } from 'abovo/architecture';
 * import { SequenceToSequence } from 'abovo/inference';
 * import { createInterpreter } from 'abovo/runtime';
 * const config = encoderDecoderConfig({
 *   family: 't5', vocabSize: 32, contextLength: 16, hiddenSize: 8, numLayers: 1, numHeads: 2,
 * });
 * const model = await SequenceToSequence.open({ config, params: initialize(config, 1), executor: createInterpreter() });
 * const [[best]] = await model.generate([[5, 6, 7, 1]], { maxTokens: 4, numBeams: 2 });
 * best.ids.length <= 4; // true
 * await model.close();
 * ```
 */
export { SequenceToSequence } from './model.js';
export type { SequenceToSequenceOptions } from './model.js';
