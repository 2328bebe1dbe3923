/**
 * Trains models: objectives, optimizers, schedules, the compiled train step, the loop, checkpoints and exact resume.
 *
 * @module
 * @example
 * ```ts
 * import { learningRateFactor, resolveTrainConfig } from 'abovo/training';
 * const config = resolveTrainConfig({ learningRate: 1e-3, batchTokens: 4096, microBatchSize: 8, steps: 200 });
 * learningRateFactor(config, 199); // a little above the final share of 0.05
 * ```
 */
export { readNewestCheckpoint, writeCheckpoint } from './checkpoint.js';
export type { Checkpoint, CheckpointState } from './checkpoint.js';
export { resolveTrainConfig, trainConfigSchema, trainingDefaults, trainingSection } from './config.js';
export type { TrainConfig, TrainingSection } from './config.js';
export { gradientNoiseScale, readMetrics } from './metrics.js';
export type { MetricsLine, StepMetrics, ValidationMetrics } from './metrics.js';
export type { ParameterInfo } from './optimizer.js';
export type { TrainOptions, TrainResult } from './options.js';
export { trainPrograms, validationProgram } from './programs.js';
export type { StepProgram, StepPrograms } from './programs.js';
export { learningRateFactor } from './schedule.js';
export { TrainStep, Validation } from './step.js';
export type { NoiseEstimate, StepResult } from './step.js';
export { microBatchesPerStep, train } from './train.js';
export {
  causalLanguageModel,
  corruptedLengths,
  countTargets,
  denoising,
  maskedBatches,
  maskedLanguageModel,
  mixtureNoise,
  pairBatches,
  placesPerRow,
  positionsOf,
  prefixBatches,
  prefixNoise,
  rawLength,
  sequenceToSequence,
  spanCorruption,
  tokenLoss,
  ul2Lengths,
  ul2Noise,
  ul2Spans,
} from './objectives/index.js';
export type { CausalOptions, DenoiseOptions, LossTerms, MaskOptions, MaskedBatch } from './objectives/index.js';
export type { MixturePart, Noise, NoisePair, Objective, PairBatch, PairBatchOptions } from './objectives/index.js';
export type { PrefixBatch, PrefixOptions, SpanOptions, Ul2Options } from './objectives/index.js';
