import { checkRotaryScaling, positionSchemes } from '../../nn/index.js';
import type { Activation, PositionScheme, RotaryScaling } from '../../nn/index.js';
import { checkCommon, checkPositive, checkSize, refuseConfig } from '../checks.js';
import type { CommonConfig } from '../model.js';
import { decoderModelTypes, misfit, modelTypeOf, ownModelType } from './model-types.js';
import type { DecoderModelTypeName, KnownModelType } from './model-types.js';

/** Families of decoders. */
export type DecoderFamilyName = 'gpt2' | 'llama' | 'bloom';

/** Biases of the attention's maps: of queries, keys and values (Qwen2), or of the output too. */
export type AttentionBias = 'none' | 'qkv' | 'all';

/**
 * A decoder-only transformer. `gpt2`: LayerNorm, GELU (tanh), biases, learned positions. `bloom`: the same with ALiBi
 * and a norm after the embeddings. `llama`: RMSNorm, a gated feed-forward (SwiGLU), rotary positions, grouped queries
 * where numKvHeads < numHeads, and the switches of its relatives, from `attentionBias` on; other families have none of them.
 */
export interface DecoderConfig extends CommonConfig {
  readonly kind: 'decoder';
  readonly family: DecoderFamilyName;
  /** `model_type` of config.json: a class of transformers that computes all of the switches, or `abovo` where none does. */
  readonly modelType: DecoderModelTypeName;
  /** Key and value heads; each serves numHeads / numKvHeads query heads. */
  readonly numKvHeads: number;
  readonly positions: PositionScheme;
  /** Base of the rotary frequencies. */
  readonly ropeTheta: number;
  /** How they are stretched for longer texts; null is not at all. */
  readonly ropeScaling: RotaryScaling | null;
  /** Another base, unstretched, for layers with a window (Gemma 3). */
  readonly localRopeTheta: number | null;
  readonly attentionBias: AttentionBias;
  /** Biases of the feed-forward's maps. */
  readonly mlpBias: boolean;
  /** Queries and keys are normed head by head before they are turned (Qwen 3). */
  readonly qkNorm: boolean;
  /** Norms multiply by 1 + weight, and embeddings by √hiddenSize (Gemma). */
  readonly gemmaScales: boolean;
  /** Norms after both halves of a block as well as before (Gemma 2). */
  readonly postNorms: boolean;
  /** Keys that a query sees, its own included; null is all (Mistral). */
  readonly window: number | null;
  /** Layers, in order, that the window leaves alone (Qwen, Gemma 2 and 3). */
  readonly globalLayers: readonly number[];
  /** Scores are scaled by 1/√attentionScalar; null is headSize (Gemma 2). */
  readonly attentionScalar: number | null;
  /** Scores become softcap·tanh(score / softcap); null is no bound (Gemma 2). */
  readonly attentionSoftcap: number | null;
  /** The same for logits. */
  readonly logitSoftcap: number | null;
}

/** What `decoderConfig` needs; the rest has defaults. */
export type DecoderOptions = Pick<
  DecoderConfig,
  'family' | 'vocabSize' | 'contextLength' | 'hiddenSize' | 'numLayers' | 'numHeads'
> &
  Partial<DecoderConfig>;

/** What differs from family to family where an option is absent. */
const defaults: Readonly<
  Record<
    DecoderFamilyName,
    {
      readonly activation: Activation;
      readonly positions: PositionScheme;
      intermediateSize(hiddenSize: number): number;
    }
  >
> = {
  gpt2: { activation: 'gelu-tanh', positions: 'learned', intermediateSize: (C) => 4 * C },
  bloom: { activation: 'gelu-tanh', positions: 'alibi', intermediateSize: (C) => 4 * C },
  llama: { activation: 'silu', positions: 'rope', intermediateSize: (C) => Math.ceil((8 * C) / 3 / 32) * 32 },
};

/**
 * Completes and checks a configuration. Defaults: numKvHeads = numHeads, headSize = hiddenSize / numHeads,
 * intermediateSize = 4·hiddenSize, or 8/3·hiddenSize rounded up to a multiple of 32 (llama), epsilon 1e-5, theta 10,000,
 * tied embeddings, initializerRange 0.02, all switches off, the first model type that computes the switches.
 *
 * @throws InvalidInput `model.config` naming the field.
 */
export function decoderConfig(options: DecoderOptions): DecoderConfig {
  const { family, hiddenSize, numHeads } = options;
  if (!Object.hasOwn(defaults, family)) {
    refuseConfig('decoder', 'family', `to be one of ${Object.keys(defaults).join(', ')}`, family);
  }
  const config: Omit<DecoderConfig, 'modelType'> = {
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
    positions: options.positions ?? defaults[family].positions,
    ropeTheta: options.ropeTheta ?? 10_000,
    ropeScaling: options.ropeScaling ?? null,
    localRopeTheta: options.localRopeTheta ?? null,
    attentionBias: options.attentionBias ?? 'none',
    mlpBias: options.mlpBias ?? false,
    qkNorm: options.qkNorm ?? false,
    gemmaScales: options.gemmaScales ?? false,
    postNorms: options.postNorms ?? false,
    window: options.window ?? null,
    globalLayers: options.globalLayers ?? [],
    attentionScalar: options.attentionScalar ?? null,
    attentionSoftcap: options.attentionSoftcap ?? null,
    logitSoftcap: options.logitSoftcap ?? null,
    tieEmbeddings: options.tieEmbeddings ?? true,
    initializerRange: options.initializerRange ?? 0.02,
    bos: options.bos ?? null,
    eos: options.eos ?? null,
    pad: options.pad ?? null,
  };
  checkSwitches(config);
  const complete = { ...config, modelType: options.modelType ?? modelTypeOf(config) };
  validateDecoderConfig(complete);
  return complete;
}

const refuse = (field: string, expected: string, got: unknown) => refuseConfig('decoder', field, expected, got);

/** Checks the type of each switch, so that a model type can be looked for. */
function checkSwitches(config: Omit<DecoderConfig, 'modelType'>): void {
  const { numLayers, globalLayers } = config;
  if (!positionSchemes.includes(config.positions)) {
    refuse('positions', `to be one of ${positionSchemes.join(', ')}`, config.positions);
  }
  if (!['none', 'qkv', 'all'].includes(config.attentionBias)) {
    refuse('attentionBias', 'to be none, qkv or all', config.attentionBias);
  }
  for (const field of ['mlpBias', 'qkNorm', 'gemmaScales', 'postNorms'] as const) {
    if (typeof config[field] !== 'boolean') refuse(field, 'true or false', config[field]);
  }
  for (const field of ['localRopeTheta', 'attentionScalar', 'attentionSoftcap', 'logitSoftcap'] as const) {
    if (config[field] !== null) checkPositive('decoder', field, config[field]);
  }
  if (config.window !== null) checkSize('decoder', 'window', config.window);
  const ordered =
    Array.isArray(globalLayers) &&
    globalLayers.every(
      (n, i) => Number.isSafeInteger(n) && n < numLayers && n > (i === 0 ? -1 : (globalLayers[i - 1] as number)),
    );
  if (!ordered) refuse('globalLayers', `layers below numLayers (${numLayers}) in order`, globalLayers);
  if (config.window === null && globalLayers.length > 0)
    refuse('globalLayers', 'no layers without a window', globalLayers);
}

/** Throws `InvalidInput` (code `model.config`) where a configuration describes no model. */
export function validateDecoderConfig(config: DecoderConfig): void {
  const { family, modelType } = config;
  checkCommon(config);
  checkSwitches(config);
  checkSize('decoder', 'numKvHeads', config.numKvHeads);
  checkPositive('decoder', 'ropeTheta', config.ropeTheta);
  if (config.ropeScaling !== null) {
    checkRotaryScaling(config.ropeScaling);
    if (config.positions !== 'rope') refuse('ropeScaling', 'null without rotary positions', config.ropeScaling);
  }
  if (config.numHeads % config.numKvHeads !== 0) {
    refuse('numKvHeads', `to divide numHeads (${config.numHeads})`, config.numKvHeads);
  }
  if (config.positions === 'rope' && config.headSize % 2 !== 0) {
    refuse('headSize', 'even (rotary positions turn pairs)', config.headSize);
  }
  if (family !== 'llama') {
    if (config.numKvHeads !== config.numHeads)
      refuse('numKvHeads', `equal to numHeads for ${family}`, config.numKvHeads);
    if (config.headSize * config.numHeads !== config.hiddenSize) {
      refuse('headSize', `hiddenSize / numHeads for ${family}`, config.headSize);
    }
    if (family === 'bloom' && config.intermediateSize !== 4 * config.hiddenSize) {
      refuse('intermediateSize', '4·hiddenSize for bloom', config.intermediateSize);
    }
    // Its switches, whatever they are called in config.json.
    const problem = misfit(family, { ...config, positions: decoderModelTypes[family].positions });
    if (problem) refuse(problem.field, `${problem.expected} for ${family}`, config[problem.field]);
  }
  if (modelType === ownModelType) return;
  if (!Object.hasOwn(decoderModelTypes, modelType)) {
    refuse('modelType', `to be one of ${[...Object.keys(decoderModelTypes), ownModelType].join(', ')}`, modelType);
  }
  const problem = misfit(modelType as KnownModelType, config);
  if (problem) refuse(problem.field, `${problem.expected} for ${modelType}`, config[problem.field]);
}

/** What distinguishes the attention of layer `n`: 0 for no window and no softcap. */
export function attentionOf(
  config: DecoderConfig,
  n: number,
): { readonly scale: number; readonly window: number; readonly softcap: number } {
  return {
    scale: 1 / Math.sqrt(config.attentionScalar ?? config.headSize),
    window: config.window !== null && !config.globalLayers.includes(n) ? config.window : 0,
    softcap: config.attentionSoftcap ?? 0,
  };
}
