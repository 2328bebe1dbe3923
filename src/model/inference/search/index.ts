/**
 * Search for answers: beam search as a function of log-probabilities, and a loop that drives any model row by row.
 *
 * @module
 * @example
 * ```ts
 * import { decoderConfig, initialize } from 'abovo/architecture';
 * import { DecoderSearch } from 'abovo/inference';
 * import { createInterpreter } from 'abovo/runtime';
 * const config = decoderConfig({
 *   family: 'llama', vocabSize: 32, contextLength: 16, hiddenSize: 8, numLayers: 1, numHeads: 2,
 * });
 * const model = await DecoderSearch.open({ config, params: initialize(config, 1), executor: createInterpreter() });
 * const [answers] = await model.generate([[1, 2]], { maxTokens: 4, numBeams: 3, numAnswers: 2 });
 * answers[0].score >= answers[1].score; // true
 * await model.close();
 * ```
 */
export { advanceBeams, startBeams } from './beam.js';
export type { BeamOptions, BeamState, Hypothesis, RunningBeam } from './beam.js';
export { searchDefaultsFromHf } from './defaults.js';
export type { SearchDefaults } from './defaults.js';
export { DecoderSearch } from './decoder.js';
export type { DecoderSearchOptions } from './decoder.js';
export type { Answer, SearchOptions } from './options.js';
export { RowEngine } from './row-engine.js';
export type { RowEngineOptions } from './row-engine.js';
export { RowSelector, RowTensors } from './rows.js';
export type { RowModel, RowSession, StepResult } from './rows.js';
export { checkPrompt, search } from './search.js';
