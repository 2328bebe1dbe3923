import { type ModelConfig, countParameters, flopsPerToken } from '../../model/architecture/index.js';
import type { TrainConfig } from '../../stages/training/index.js';
import type { CorpusSource } from './data-facts.js';
import type { Horizon } from './derive-horizon.js';
import { type Shape, bytesPerToken } from './derive.js';
import type { StageName } from './plan.js';
import type { Measured } from './plan-state.js';
import type { Forecast } from './report-input.js';

interface Given {
  readonly source: CorpusSource;
  readonly shape: Shape;
  readonly horizon: Horizon;
  readonly measured: Measured;
  readonly architecture: ModelConfig;
}

/** Resident memory of the process after the measurement of speed, MB; and what a byte of text leaves in it. */
const processMB = 280;
const residentPerByte = 24;
/** What training adds to the memory of its measurement, and inference to that of the process, MB. */
const trainingMB = 90;
const inferenceMB = 80;
/** Bytes per second of the text stages, on one core of 2023. */
const speed = { files: 8e6, module: 1.4e6, tokenizer: 7e6, tokens: 9e6, xz: 1e6, ngram: 2e6 };

/** What each stage will take, before it runs; a stage whose input is not known yet has no forecast of time. */
export function forecastStages(given: Given): Record<StageName, Forecast> {
  const { source, shape, horizon, measured, architecture } = given;
  const { training, midtraining, finetuning, preference } = horizon;
  const bytes = source.facts.trainBytes;
  const memory = (fixed: number, perByte: number): number => Math.round(fixed + (perByte * (bytes ?? 0)) / 1e6);
  const text = (perSecond: number, perByte = residentPerByte): Forecast =>
    bytes === undefined ? {} : { seconds: 0.3 + bytes / perSecond, peakMemoryMB: memory(processMB, perByte) };
  const train = (config: TrainConfig, perByte: number, asked = 0): Forecast => {
    const tokens = config.steps * config.batchTokens;
    const validations = Math.ceil(config.steps / Math.max(1, config.validateEvery));
    const micro = config.microBatchSize * shape.rowTokens;
    const validationTokens = validations * config.validationBatches * micro + asked * tokens;
    const { forward, training: both } = flopsPerToken(architecture, architecture.contextLength);
    return {
      flops: tokens * both + validationTokens * forward,
      seconds: measured.startSeconds + (tokens + (validationTokens * forward) / both) / measured.tokensPerSecond,
      peakMemoryMB: memory(measured.peakMemoryMB + trainingMB, perByte),
    };
  };
  return {
    corpus: text(source.module ? speed.module : speed.files),
    tokenizer: text(speed.tokenizer),
    tokens: text(speed.tokens),
    baselines: baselines(bytes),
    base: train(training, 12),
    mid: midtraining ? train(midtraining.config, 12) : {},
    tuned: finetuning ? train(finetuning.config, residentPerByte) : {},
    // The reference is asked about what is trained on once: a forward pass over as many tokens.
    preferred: preference ? train(preference.config, residentPerByte, 1) : {},
    evaluation: evaluate(given, shape.architecture.vocabSize),
  };
}

function baselines(bytes: number | undefined): Forecast {
  if (bytes === undefined) return {};
  return {
    seconds: 0.5 + bytes / speed.xz + bytes / speed.ngram,
    peakMemoryMB: Math.round(processMB + (35 * bytes) / 1e6),
  };
}

function evaluate({ source, horizon, measured, architecture }: Given, vocabSize: number): Forecast {
  const { evaluation, finetuning } = horizon;
  const models = finetuning ? 2 : 1;
  const { forward, training } = flopsPerToken(architecture, architecture.contextLength);
  const bytes = Math.min(evaluation.heldOutBytes, source.facts.heldOutBytes ?? 150_000);
  // A question is four choices of some 32 tokens, scored with its prompt; what is scored without is shared by many.
  const questions = source.provides.includes('choice') ? evaluation.questions * 5 * 32 : 0;
  const scored = models * (bytes / bytesPerToken(vocabSize) + questions);
  const texts = source.provides.includes('writing') && finetuning ? evaluation.answers : 0;
  const written = (texts + models * evaluation.samples) * evaluation.sampleTokens * 0.5;
  // Scoring is a forward pass; a written token at small batches costs several times that.
  const forwardRate = (measured.tokensPerSecond * training) / forward;
  const text = source.facts.trainBytes ?? 0;
  const weights = 4 * countParameters(architecture).total;
  return {
    flops: (scored + written) * forward,
    seconds: 1 + scored / forwardRate + (8 * written) / forwardRate,
    peakMemoryMB: Math.round(processMB + inferenceMB + (residentPerByte * text + 3 * weights) / 1e6),
  };
}
