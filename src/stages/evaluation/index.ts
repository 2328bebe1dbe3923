/**
 * What a model is worth: bits per byte and perplexity on held-out text, choices by likelihood with intervals, written
 * texts by chrF, samples, and what simple methods reach on the same data.
 *
 * @module
 * @example
 * ```ts
 * import { pairedTest, wilsonInterval } from 'abovo/evaluation';
 * wilsonInterval(8, 10); // { value: 0.8, low: 0.490…, high: 0.943… }
 * pairedTest([true, true, false], [true, false, false]).wins; // 1
 * ```
 */
export { chrF } from './chrf.js';
export type { ChrfOptions, ChrfScore } from './chrf.js';
export { answerChoices } from './choice.js';
export type { ChoiceAnswer, ChoiceOptions, ChoiceResult } from './choice.js';
export { brotli, compressionBaseline, compressionBitsPerByte, findXz } from './compression.js';
export type { CompressionResult, Compressor } from './compression.js';
export { encodeAnswer, encodeText } from './encoding.js';
export type { EncodingModel, ScoredIds, ScoredText } from './encoding.js';
export { compareChoices, evaluate, measureBaselines } from './evaluate.js';
export type {
  BaselineOptions,
  Baselines,
  EvaluateOptions,
  EvaluatedModel,
  Evaluation,
  EvaluationData,
  Sample,
  WritingResult,
  WritingTask,
} from './evaluate.js';
export { kneserNeyBaseline } from './kneser-ney.js';
export type { KneserNeyResult } from './kneser-ney.js';
export {
  bitsPerByte,
  likelihoodOf,
  negativeLogLikelihood,
  perplexity,
  scoreDocuments,
  totalLikelihood,
} from './likelihood.js';
export type { HeldOutDocument, HeldOutResult, Likelihood } from './likelihood.js';
export { scoreSequences, scorerOf } from './scorer.js';
export type { ScoreOptions, Scorer } from './scorer.js';
export { evaluationConfigSchema, evaluationDefaults, evaluationSection, resolveEvaluationConfig } from './section.js';
export type { EvaluationConfig, EvaluationSection } from './section.js';
export { scoreTextPairs } from './similarity.js';
export type { TextSimilarity, TextSimilarityOptions } from './similarity.js';
export { pairedTest, wilsonInterval } from './statistics.js';
export type { Interval, PairedTest } from './statistics.js';
export { writeTexts } from './writing.js';
export type { SampleRequest, WritingModel, WritingOptions } from './writing.js';
