/**
 * Generation and scoring, ids in, ids out: prefill and decoding on a key-value cache in place, continuous batching,
 * sampling.
 *
 * @module
 * @example
 * ```ts
 * import { Engine } from 'abovo/inference';
 * import { createInterpreter } from 'abovo/runtime';
 * import { decoderConfig, initialize } from 'abovo/architecture';
 * const config = decoderConfig({
 *   family: 'llama', vocabSize: 32, contextLength: 16, hiddenSize: 8, numLayers: 1, numHeads: 2,
 * });
 * const engine = await Engine.open({ config, params: initialize(config, 1), executor: createInterpreter() });
 * for await (const { tokenId } of engine.submit({ promptIds: [1, 2], maxTokens: 4 })) tokenId; // four ids
 * await engine.close();
 * ```
 */
export { Embedder, poolings } from './embedding/index.js';
export type { EmbedOptions, Pooling, TokenSequence } from './embedding/index.js';
export { Engine } from './engine.js';
export type { EngineOptions } from './engine.js';
export type {
  EngineStats,
  GeneratedToken,
  GenerationRequest,
  GenerationResult,
  GenerationStream,
  PromptToken,
  RankedToken,
  Score,
  ScoreOptions,
} from './request.js';
export { DecoderSearch, RowEngine, advanceBeams, search, searchDefaultsFromHf, startBeams } from './search/index.js';
export type { Answer, BeamOptions, BeamState, Hypothesis, RowModel, RowSession } from './search/index.js';
export type { RowEngineOptions, SearchDefaults, SearchOptions } from './search/index.js';
export { SequenceToSequence } from './sequence-to-sequence/index.js';
export type { SequenceToSequenceOptions } from './sequence-to-sequence/index.js';
export { Sampler, largest, logSumExp, noToken, topLogprobs, validateSampling } from './sampling.js';
