/**
 * A model without weights for tests of load, limits and cancellation: it waits as long and says what it is told.
 *
 * @module
 * @example
 * ```ts
 * import { simulateModel } from 'abovo/generation/testing';
 * const model = simulateModel({ says: 'Hello.', timeToFirstToken: 5 });
 * (await model.generate({ prompt: 'Hi' }).complete()).text; // 'Hello.'
 * ```
 */
export { ByteTokenizer } from './byte-tokenizer.js';
export { simulateModel } from './simulated-model.js';
export { SimulatedEngine } from './simulator.js';
export type { SimulatorOptions } from './simulator.js';
