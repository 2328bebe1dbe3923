/**
 * fastText models: vectors of words from their n-grams of characters, and linear classifiers of text, in fastText's own
 * file format.
 *
 * @module
 * @example
 * ```ts no-run
 * const model = await readFastText([bytes]);
 * model.vector('unseen'); // composed of n-grams
 * model.predict('a text', { top: 2 }); // [{ label: '__label__pos', probability: 0.9 }, …]
 * ```
 */
export { readFastText } from './read.js';
export type { ReadFastTextOptions } from './read.js';
export { writeFastText } from './write.js';
export { FastTextModel } from './model.js';
export type { PredictOptions, Prediction } from './model.js';
export { Dictionary } from './dictionary.js';
export type { DictionaryEntries } from './dictionary.js';
export type { FastTextSettings, LossKind, ModelKind } from './settings.js';
export { trainFastText } from './train-vectors.js';
export type { FastTextOptions, TrainedFastText } from './train-vectors.js';
export { trainClassifier } from './classifier.js';
export type { ClassifierOptions, Example } from './classifier.js';
