import type { Activation } from '../../nn/index.js';
import { checkCommon, checkPositive, checkSize, refuseConfig } from '../checks.js';
import type { CommonConfig } from '../model.js';

/** Families of encoders. */
export type EncoderFamilyName = 'bert' | 'roberta' | 'modernbert';

/** What stands on the hidden states: nothing, the vocabulary at masked places, or classes of texts or of tokens. */
export type EncoderHead = 'none' | 'mlm' | 'sequence-classification' | 'token-classification';
const heads: readonly EncoderHead[] = ['none', 'mlm', 'sequence-classification', 'token-classification'];

/**
 * An encoder-only transformer. `bert`: learned positions and segment embeddings, LayerNorm after each sum, GELU;
 * `roberta`: the same, positions counted from pad + 1. `modernbert`: rotary positions, norms before each half, GeGLU,
 * no biases, most layers attending within a window.
 */
export interface EncoderConfig extends CommonConfig {
  readonly kind: 'encoder';
  readonly family: EncoderFamilyName;
  readonly head: EncoderHead;
  /** Names of the classes, where the head has some. */
  readonly labels: readonly string[];
  /** A map on the first token stands on a model without head (`bert`, `roberta`; files of other programs may have none). */
  readonly pooler: boolean;
  /** Rows of the table of segment embeddings; 0 where there is none (`modernbert`). */
  readonly typeVocabSize: number;
  /** Every n-th layer sees the whole text, from the first on; 1 is all of them (`modernbert`). */
  readonly globalEvery: number;
  /** Farthest key that the other layers see, to either side (`modernbert`). */
  readonly localReach: number;
  /** Bases of the rotary frequencies of layers that see all, and of the others (`modernbert`). */
  readonly ropeTheta: number;
  readonly localRopeTheta: number;
  /** What a text's classes are read from: its first token, or the mean of all (`modernbert`). */
  readonly classifierPooling: 'cls' | 'mean';
}

/** What `encoderConfig` needs; the rest has defaults. */
export type EncoderOptions = Pick<
  EncoderConfig,
  'family' | 'vocabSize' | 'contextLength' | 'hiddenSize' | 'numLayers' | 'numHeads'
> &
  Partial<EncoderConfig>;

interface Defaults {
  readonly normEpsilon: number;
  readonly typeVocabSize: number;
  readonly pad: number | null;
  readonly globalEvery: number;
  intermediateSize(hiddenSize: number): number;
}

/** What differs from family to family where an option is absent. */
const defaults: Readonly<Record<EncoderFamilyName, Defaults>> = {
  bert: { normEpsilon: 1e-12, typeVocabSize: 2, pad: 0, globalEvery: 1, intermediateSize: (C) => 4 * C },
  roberta: { normEpsilon: 1e-5, typeVocabSize: 1, pad: 1, globalEvery: 1, intermediateSize: (C) => 4 * C },
  modernbert: {
    normEpsilon: 1e-5,
    typeVocabSize: 0,
    pad: null,
    globalEvery: 3,
    intermediateSize: (C) => Math.ceil((8 * C) / 3 / 32) * 32,
  },
};

/**
 * Completes and checks a configuration. Defaults: headSize = hiddenSize / numHeads; intermediateSize = 4·hiddenSize, in
 * modernbert 8/3·hiddenSize rounded up to a multiple of 32; exact GELU; an MLM head that shares the embedding table;
 * initializerRange 0.02; epsilon 1e-12 (bert) or 1e-5; pad 0 (bert) or 1 (roberta); modernbert's every third layer
 * global, reach 64, theta 160,000 and 10,000 (Warner et al. 2024).
 *
 * @throws InvalidInput `model.config` naming the field.
 */
export function encoderConfig(options: EncoderOptions): EncoderConfig {
  const { family, hiddenSize, numHeads } = options;
  if (!Object.hasOwn(defaults, family)) {
    refuseConfig('encoder', 'family', `to be one of ${Object.keys(defaults).join(', ')}`, family);
  }
  const standard = defaults[family];
  const activation: Activation = options.activation ?? 'gelu';
  const config: EncoderConfig = {
    kind: 'encoder',
    family,
    head: options.head ?? 'mlm',
    labels: options.labels ?? [],
    pooler: options.pooler ?? family !== 'modernbert',
    vocabSize: options.vocabSize,
    contextLength: options.contextLength,
    hiddenSize,
    intermediateSize: options.intermediateSize ?? standard.intermediateSize(hiddenSize),
    numLayers: options.numLayers,
    numHeads,
    headSize: options.headSize ?? hiddenSize / numHeads,
    normEpsilon: options.normEpsilon ?? standard.normEpsilon,
    activation,
    tieEmbeddings: options.tieEmbeddings ?? true,
    initializerRange: options.initializerRange ?? 0.02,
    bos: options.bos ?? null,
    eos: options.eos ?? null,
    pad: options.pad ?? standard.pad,
    typeVocabSize: options.typeVocabSize ?? standard.typeVocabSize,
    globalEvery: options.globalEvery ?? standard.globalEvery,
    localReach: options.localReach ?? 64,
    ropeTheta: options.ropeTheta ?? 160_000,
    localRopeTheta: options.localRopeTheta ?? 10_000,
    classifierPooling: options.classifierPooling ?? 'cls',
  };
  validateEncoderConfig(config);
  return config;
}

/** Throws `InvalidInput` (code `model.config`) where a configuration describes no model. */
export function validateEncoderConfig(config: EncoderConfig): void {
  const refuse = (field: string, expected: string, got: unknown) => refuseConfig('encoder', field, expected, got);
  checkCommon(config);
  for (const field of ['globalEvery', 'localReach'] as const) checkSize('encoder', field, config[field]);
  for (const field of ['ropeTheta', 'localRopeTheta'] as const) checkPositive('encoder', field, config[field]);
  if (!heads.includes(config.head)) refuse('head', `to be one of ${heads.join(', ')}`, config.head);
  const classes = config.head.endsWith('classification');
  if (classes && config.labels.length < 1) refuse('labels', 'at least one class', config.labels);
  if (!classes && config.labels.length > 0) refuse('labels', `none under the head ${config.head}`, config.labels);
  if (config.headSize * config.numHeads !== config.hiddenSize) {
    refuse('headSize', 'hiddenSize / numHeads', config.headSize);
  }
  if (!Number.isSafeInteger(config.typeVocabSize) || config.typeVocabSize < 0 || config.typeVocabSize > 1024) {
    refuse('typeVocabSize', 'an integer from 0 to 1024', config.typeVocabSize);
  }
  if (config.family === 'modernbert') {
    if (config.typeVocabSize !== 0) refuse('typeVocabSize', '0 for modernbert', config.typeVocabSize);
    if (config.pooler) refuse('pooler', 'false for modernbert', config.pooler);
    if (config.headSize % 2 !== 0) refuse('headSize', 'even (rotary positions turn pairs)', config.headSize);
    return;
  }
  if (config.globalEvery !== 1) refuse('globalEvery', `1 for ${config.family}`, config.globalEvery);
  if (config.typeVocabSize < 1) refuse('typeVocabSize', `1 or more for ${config.family}`, config.typeVocabSize);
  if (config.classifierPooling !== 'cls')
    refuse('classifierPooling', `cls for ${config.family}`, config.classifierPooling);
  if (config.family === 'roberta' && config.pad === null) refuse('pad', 'an id: positions count from it', config.pad);
}
