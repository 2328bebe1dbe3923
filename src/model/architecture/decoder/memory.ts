import type { DecoderConfig } from './config.js';
import { countSpecs } from '../specs.js';
import { decoders } from './decoders.js';

/** What one train step holds at once. */
export interface TrainingShape {
  readonly batchSize: number;
  readonly sequenceLength: number;
  /** Optimizer numbers per parameter: 2 for AdamW (default), 1 for momentum alone. */
  readonly optimizerSlots?: number;
  /** Parameters and optimizer state exist twice, before and after the step (default true). */
  readonly doubleBuffered?: boolean;
}

/** Bytes of each part, fp32; `total` is their sum without the runtime's own share. */
export interface MemoryEstimate {
  readonly parameters: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly activations: number;
  readonly logits: number;
  readonly total: number;
}

/** Activations that one token keeps in one layer for the backward pass, in numbers, without attention's products. */
function activationsPerLayer(config: DecoderConfig): number {
  const { hiddenSize: C, intermediateSize: F, numHeads: H, numKvHeads: G, headSize: K } = config;
  const heads = (H + 2 * G) * K;
  // Twice the heads: as projected and as laid out per head for the products (the same again when rotated).
  const attention = (config.positions === 'rope' ? 3 : 2) * heads + 2 * H * K;
  const feedForward = config.family === 'llama' ? 4 * F : 2 * F;
  return 6 * C + attention + feedForward;
}

/**
 * Peak memory of a train step: weights, gradients, optimizer state, activations kept for the backward pass and the
 * logits with their gradient. Attention's probabilities (B·H·T²) count for each layer: the backward pass reads them.
 */
export function estimateMemory(config: DecoderConfig, shape: TrainingShape): MemoryEstimate {
  const { batchSize: B, sequenceLength: T, optimizerSlots = 2, doubleBuffered = true } = shape;
  const weights = 4 * countSpecs(decoders[config.family].parameterSpecs(config)).total;
  const copies = doubleBuffered ? 2 : 1;
  const perToken = config.numLayers * activationsPerLayer(config);
  const probabilities = config.numLayers * config.numHeads * T;
  const parameters = copies * weights;
  const optimizer = copies * optimizerSlots * weights;
  const activations = 4 * B * T * (perToken + probabilities);
  const logits = 4 * B * T * config.vocabSize * 2;
  return {
    parameters,
    gradients: weights,
    optimizer,
    activations,
    logits,
    total: parameters + weights + optimizer + activations + logits,
  };
}

/** Bytes of one sequence's key and value cache at full length, fp32. */
export function cacheBytes(config: DecoderConfig, length: number = config.contextLength): number {
  return 4 * 2 * config.numLayers * config.numKvHeads * config.headSize * length;
}
