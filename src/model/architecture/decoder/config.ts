import { checkRotaryScaling } from '../../nn/index.js';
import type { Activation, RotaryScaling } from '../../nn/index.js';
import { checkCommon, checkPositive, checkSize, refuseConfig } from '../checks.js';
import type { CommonConfig } from '../model.js';

/** Relatives of Llama, told apart by their switches and by their name in config.json. */
export const llamaVariants = ['llama', 'mistral', 'qwen2', 'qwen3', 'gemma'] as const;
export type LlamaVariant = (typeof llamaVariants)[number];

/** Families of decoders. */
export type DecoderFamilyName = 'gpt2' | 'llama';

/**
 * A decoder-only transformer. `gpt2`: learned positions, LayerNorm, GELU (tanh), biases. `llama`: rotary positions,
 * RMSNorm, SwiGLU, no biases, grouped queries where numKvHeads < numHeads.
 */
export interface DecoderConfig extends CommonConfig {
  readonly kind: 'decoder';
  readonly family: DecoderFamilyName;
  /** Key and value heads; each serves numHeads / numKvHeads query heads. Equal to numHeads for `gpt2`. */
  readonly numKvHeads: number;
  /** Base of the rotary frequencies (`llama`). */
  readonly ropeTheta: number;
  /** How they are stretched for longer texts; null is not at all (`llama`). */
  readonly ropeScaling: RotaryScaling | null;
  /** Name of the relative in config.json (`llama`). */
  readonly variant: LlamaVariant;
  /** Biases of the attention's maps: of queries, keys and values (Qwen2), or of the output too (`llama`). */
  readonly attentionBias: 'none' | 'qkv' | 'all';
  /** Queries and keys are normed head by head before they are turned (Qwen3; `llama`). */
  readonly qkNorm: boolean;
  /** Norms multiply by 1 + weight, and embeddings by √hiddenSize (Gemma; `llama`). */
  readonly gemmaScales: boolean;
  /** Keys that a query sees, its own included, in layers from `windowFrom` on; null is all (Mistral; `llama`). */
  readonly window: number | null;
  readonly windowFrom: number;
}

/** The window of layer `n`, 0 for none. */
export function windowOf({ window, windowFrom }: DecoderConfig, n: number): number {
  return window !== null && n >= windowFrom ? window : 0;
}

/** What `decoderConfig` needs; the rest has defaults. */
export type DecoderOptions = Pick<
  DecoderConfig,
  'family' | 'vocabSize' | 'contextLength' | 'hiddenSize' | 'numLayers' | 'numHeads'
> &
  Partial<DecoderConfig>;

/** What differs from family to family where an option is absent. */
const defaults: Readonly<
  Record<DecoderFamilyName, { readonly activation: Activation; intermediateSize(hiddenSize: number): number }>
> = {
  gpt2: { activation: 'gelu-tanh', intermediateSize: (C) => 4 * C },
  llama: { activation: 'silu', intermediateSize: (C) => Math.ceil((8 * C) / 3 / 32) * 32 },
};

/**
 * Completes and checks a configuration. Defaults: numKvHeads = numHeads, headSize = hiddenSize / numHeads,
 * intermediateSize = 4·hiddenSize (gpt2) or 8/3·hiddenSize rounded up to a multiple of 32 (llama), epsilon 1e-5,
 * theta 10,000, tied embeddings, initializerRange 0.02.
 *
 * @throws InvalidInput `model.config` naming the field.
 */
export function decoderConfig(options: DecoderOptions): DecoderConfig {
  const { family, hiddenSize, numHeads } = options;
  if (!Object.hasOwn(defaults, family)) {
    refuseConfig('decoder', 'family', `to be one of ${Object.keys(defaults).join(', ')}`, family);
  }
  const config: DecoderConfig = {
    kind: 'decoder',
    family,
    vocabSize: options.vocabSize,
    contextLength: options.contextLength,
    hiddenSize,
    intermediateSize: options.intermediateSize ?? defaults[family].intermediateSize(hiddenSize),
    numLayers: options.numLayers,
    numHeads,
    numKvHeads: options.numKvHeads ?? numHeads,
    headSize: options.headSize ?? hiddenSize / numHeads,
    normEpsilon: options.normEpsilon ?? 1e-5,
    activation: options.activation ?? defaults[family].activation,
    ropeTheta: options.ropeTheta ?? 10_000,
    ropeScaling: options.ropeScaling ?? null,
    variant: options.variant ?? 'llama',
    attentionBias: options.attentionBias ?? 'none',
    qkNorm: options.qkNorm ?? false,
    gemmaScales: options.gemmaScales ?? false,
    window: options.window ?? null,
    windowFrom: options.windowFrom ?? 0,
    tieEmbeddings: options.tieEmbeddings ?? true,
    initializerRange: options.initializerRange ?? 0.02,
    bos: options.bos ?? null,
    eos: options.eos ?? null,
    pad: options.pad ?? null,
  };
  validateDecoderConfig(config);
  return config;
}

/** Throws `InvalidInput` (code `model.config`) where a configuration describes no model. */
export function validateDecoderConfig(config: DecoderConfig): void {
  const refuse = (field: string, expected: string, got: unknown) => refuseConfig('decoder', field, expected, got);
  checkCommon(config);
  checkSize('decoder', 'numKvHeads', config.numKvHeads);
  checkPositive('decoder', 'ropeTheta', config.ropeTheta);
  if (config.ropeScaling) checkRotaryScaling(config.ropeScaling);
  if (!llamaVariants.includes(config.variant))
    refuse('variant', `to be one of ${llamaVariants.join(', ')}`, config.variant);
  if (!['none', 'qkv', 'all'].includes(config.attentionBias)) {
    refuse('attentionBias', 'to be none, qkv or all', config.attentionBias);
  }
  if (config.window !== null) checkSize('decoder', 'window', config.window);
  if (!Number.isSafeInteger(config.windowFrom) || config.windowFrom < 0) {
    refuse('windowFrom', 'a layer from 0 on', config.windowFrom);
  }
  if (config.family === 'gpt2') {
    const plain = {
      ropeScaling: null,
      attentionBias: 'none',
      qkNorm: false,
      gemmaScales: false,
      window: null,
    } as const;
    for (const [field, value] of Object.entries(plain)) {
      const got = config[field as keyof typeof plain];
      if (got !== value) refuse(field, `${JSON.stringify(value)} for gpt2`, got);
    }
  }
  if (config.numHeads % config.numKvHeads !== 0) {
    refuse('numKvHeads', `to divide numHeads (${config.numHeads})`, config.numKvHeads);
  }
  if (config.family === 'gpt2') {
    if (config.numKvHeads !== config.numHeads) refuse('numKvHeads', 'equal to numHeads for gpt2', config.numKvHeads);
    if (config.headSize * config.numHeads !== config.hiddenSize) {
      refuse('headSize', 'hiddenSize / numHeads for gpt2', config.headSize);
    }
  } else if (config.headSize % 2 !== 0) {
    refuse('headSize', 'even (rotary positions turn pairs)', config.headSize);
  }
}
