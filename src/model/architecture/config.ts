import { InvalidInput } from '../../base/core/index.js';

/** Which family's block a decoder is built from. */
export type DecoderShape = 'gpt2' | 'llama';

/**
 * A decoder-only transformer. `gpt2`: learned positions, LayerNorm, GELU (tanh), biases. `llama`: rotary positions,
 * RMSNorm, SwiGLU, no biases, grouped queries where numKvHeads < numHeads.
 */
export interface DecoderConfig {
  readonly shape: DecoderShape;
  readonly vocabSize: number;
  /** Longest sequence, in tokens. */
  readonly contextLength: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numLayers: number;
  readonly numHeads: number;
  /** Key and value heads; each serves numHeads / numKvHeads query heads. Equal to numHeads for `gpt2`. */
  readonly numKvHeads: number;
  readonly headSize: number;
  readonly normEpsilon: number;
  /** Base of the rotary frequencies (`llama`). */
  readonly ropeTheta: number;
  /** The head multiplies by the embedding table instead of a matrix of its own. */
  readonly tieEmbeddings: boolean;
  /** Standard deviation of fresh weights. */
  readonly initializerRange: number;
  readonly bos: number | null;
  readonly eos: number | null;
}

/** What `decoderConfig` needs; the rest has defaults. */
export type DecoderOptions = Pick<
  DecoderConfig,
  'shape' | 'vocabSize' | 'contextLength' | 'hiddenSize' | 'numLayers' | 'numHeads'
> &
  Partial<DecoderConfig>;

/** Largest values: beyond them a file is hostile, not large. */
const largestSize = 2 ** 24;
const mostLayers = 2 ** 12;

/**
 * Completes and checks a configuration. Defaults: numKvHeads = numHeads, headSize = hiddenSize / numHeads,
 * intermediateSize = 4·hiddenSize (gpt2) or 8/3·hiddenSize rounded up to a multiple of 32 (llama), epsilon 1e-5,
 * theta 10,000, tied embeddings, initializerRange 0.02.
 *
 * @throws InvalidInput `model.config` naming the field.
 */
export function decoderConfig(options: DecoderOptions): DecoderConfig {
  const { shape, hiddenSize, numHeads } = options;
  const config: DecoderConfig = {
    shape,
    vocabSize: options.vocabSize,
    contextLength: options.contextLength,
    hiddenSize,
    intermediateSize:
      options.intermediateSize ?? (shape === 'gpt2' ? 4 * hiddenSize : Math.ceil((8 * hiddenSize) / 3 / 32) * 32),
    numLayers: options.numLayers,
    numHeads,
    numKvHeads: options.numKvHeads ?? numHeads,
    headSize: options.headSize ?? hiddenSize / numHeads,
    normEpsilon: options.normEpsilon ?? 1e-5,
    ropeTheta: options.ropeTheta ?? 10_000,
    tieEmbeddings: options.tieEmbeddings ?? true,
    initializerRange: options.initializerRange ?? 0.02,
    bos: options.bos ?? null,
    eos: options.eos ?? null,
  };
  validateDecoderConfig(config);
  return config;
}

function refuse(field: string, expected: string, got: unknown): never {
  throw new InvalidInput('model.config', `decoder config: expected ${field} ${expected}, got ${JSON.stringify(got)}`, {
    field,
    got,
  });
}

/** Throws `InvalidInput` (code `model.config`) where a configuration describes no model. */
export function validateDecoderConfig(config: DecoderConfig): void {
  if (config.shape !== 'gpt2' && config.shape !== 'llama') refuse('shape', "'gpt2' or 'llama'", config.shape);
  const sizes = [
    'vocabSize',
    'contextLength',
    'hiddenSize',
    'intermediateSize',
    'numLayers',
    'numHeads',
    'numKvHeads',
    'headSize',
  ] as const;
  for (const field of sizes) {
    const value = config[field];
    const most = field === 'numLayers' ? mostLayers : largestSize;
    if (!Number.isSafeInteger(value) || value < 1 || value > most) refuse(field, `an integer from 1 to ${most}`, value);
  }
  if (config.numHeads % config.numKvHeads !== 0) {
    refuse('numKvHeads', `to divide numHeads (${config.numHeads})`, config.numKvHeads);
  }
  if (config.shape === 'gpt2') {
    if (config.numKvHeads !== config.numHeads) refuse('numKvHeads', 'equal to numHeads for gpt2', config.numKvHeads);
    if (config.headSize * config.numHeads !== config.hiddenSize) {
      refuse('headSize', 'hiddenSize / numHeads for gpt2', config.headSize);
    }
  } else if (config.headSize % 2 !== 0) {
    refuse('headSize', 'even (rotary positions turn pairs)', config.headSize);
  }
  for (const field of ['normEpsilon', 'ropeTheta', 'initializerRange'] as const) {
    if (!(Number.isFinite(config[field]) && config[field] > 0)) refuse(field, 'a positive number', config[field]);
  }
  for (const field of ['bos', 'eos'] as const) {
    const id = config[field];
    if (id !== null && !(Number.isSafeInteger(id) && id >= 0 && id < config.vocabSize)) {
      refuse(field, `null or an id below vocabSize (${config.vocabSize})`, id);
    }
  }
}
