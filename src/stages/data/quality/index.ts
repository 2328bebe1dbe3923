/**
 * Rules of quality that web corpora were filtered by: Gopher, C4, mC4, FineWeb, addresses, and perplexity under a small model.
 *
 * @module
 * @example
 * ```ts
 * import { assess } from 'abovo/data/quality';
 * assess('Buy now! Buy now! Buy now!').rules; // ['gopherRepetition:top_2_gram', …, 'gopherQuality:gopher_short_doc', …]
 * ```
 */
export { assess, ruleSets } from './assess.js';
export type { Assessment, RuleSet } from './assess.js';
export { c4, c4Options, mc4, mc4Options } from './c4.js';
export type { C4Options, C4Result, Mc4Options } from './c4.js';
export { TextClassifier, loadTextClassifier, saveTextClassifier, trainTextClassifier } from './classifier.js';
export type { ClassifierReport, LabelledText, TrainClassifierOptions } from './classifier.js';
export { areaUnderCurve, calibrationError } from './metrics.js';
export type { ClassFigures } from './metrics.js';
export { fineweb, finewebOptions } from './fineweb.js';
export type { FinewebOptions } from './fineweb.js';
export { gopherQuality, gopherQualityOptions } from './gopher-quality.js';
export type { GopherQualityOptions } from './gopher-quality.js';
export { gopherRepetition, gopherRepetitionOptions } from './gopher-repetition.js';
export type { GopherRepetitionOptions } from './gopher-repetition.js';
export { learnBytes, quantile } from './perplexity.js';
export type { ByteModel, LearnedModel, TextModel } from './perplexity.js';
export { openPerplexity, perplexityOptions, steps } from './steps.js';
export type { PerplexityOptions } from './steps.js';
export { TextMeasure } from './text-measure.js';
export type { Finding } from './text-measure.js';
export { urlJudge, urlOptions } from './url.js';
export type { UrlOptions } from './url.js';
export { countSentences, wordsOf } from './words.js';
