import type { Activation } from '../../nn/index.js';
import { checkRelativeBuckets } from '../../nn/positions/index.js';
import { checkCommon, checkSize, refuseConfig } from '../checks.js';
import type { CommonConfig } from '../model.js';

export type EncoderDecoderFamilyName = 't5' | 'bart';

/** What encoder-decoders of both families have; `numLayers` and `contextLength` count the encoder's. */
interface EncoderDecoderCommon extends CommonConfig {
  readonly kind: 'encoder-decoder';
  readonly family: EncoderDecoderFamilyName;
  readonly numDecoderLayers: number;
  /** The token before the first target token. */
  readonly decoderStart: number;
}

/** T5: relative positions, RMS norms before each half, no biases, scores that are not scaled. */
export interface T5Config extends EncoderDecoderCommon {
  readonly family: 't5';
  /** The feed-forward multiplies by a second, linear half (1.1). */
  readonly gated: boolean;
  readonly relativeBuckets: number;
  readonly relativeMaxDistance: number;
  /** The decoder's states are multiplied by hiddenSize^-0.5 before the head (1.0). */
  readonly scaleHead: boolean;
}

/** BART: learned positions, LayerNorm, biases, exact GELU. */
export interface BartConfig extends EncoderDecoderCommon {
  readonly family: 'bart';
  /** Norms before each half and after the last layer (mBART) instead of after each sum. */
  readonly preNorm: boolean;
  /** Token embeddings are multiplied by √hiddenSize. */
  readonly scaleEmbedding: boolean;
}

export type EncoderDecoderConfig = T5Config | BartConfig;

type Sizes = 'vocabSize' | 'contextLength' | 'hiddenSize' | 'numLayers' | 'numHeads';

/** What `encoderDecoderConfig` needs; the rest has defaults. */
export type EncoderDecoderOptions =
  | (Pick<T5Config, 'family' | Sizes> & Partial<T5Config>)
  | (Pick<BartConfig, 'family' | Sizes> & Partial<BartConfig>);

/**
 * Completes and checks a configuration. Defaults: numDecoderLayers = numLayers, headSize = hiddenSize / numHeads,
 * intermediateSize = 4·hiddenSize, or 8/3·hiddenSize rounded up to a multiple of 32 where the feed-forward is gated;
 * T5 1.0 (relu, tied, scaled head) with 32 buckets up to distance 128, pad 0 as the decoder's start, eos 1;
 * BART (GELU, tied, norms after the sums) with bos 0, pad 1 and eos 2 as the decoder's start.
 *
 * @throws InvalidInput `model.config` naming the field.
 */
export function encoderDecoderConfig(options: EncoderDecoderOptions): EncoderDecoderConfig {
  const { hiddenSize: C, numHeads, numLayers } = options;
  const gated = options.family === 't5' && (options.gated ?? false);
  const id = (value: number | null | undefined, fallback: number | null) => (value === undefined ? fallback : value);
  const isT5 = options.family === 't5';
  const pad = id(options.pad, isT5 ? 0 : 1);
  const eos = id(options.eos, isT5 ? 1 : 2);
  const activation: Activation = options.activation ?? (isT5 ? (gated ? 'gelu-tanh' : 'relu') : 'gelu');
  const common = {
    kind: 'encoder-decoder' as const,
    vocabSize: options.vocabSize,
    contextLength: options.contextLength,
    hiddenSize: C,
    intermediateSize: options.intermediateSize ?? (gated ? Math.ceil((8 * C) / 3 / 32) * 32 : 4 * C),
    numLayers,
    numDecoderLayers: options.numDecoderLayers ?? numLayers,
    numHeads,
    headSize: options.headSize ?? C / numHeads,
    normEpsilon: options.normEpsilon ?? (isT5 ? 1e-6 : 1e-5),
    activation,
    tieEmbeddings: options.tieEmbeddings ?? true,
    initializerRange: options.initializerRange ?? (isT5 ? 1 : 0.02),
    bos: id(options.bos, isT5 ? null : 0),
    eos,
    pad,
    // Where there is neither, the check below asks for it.
    decoderStart: options.decoderStart ?? (isT5 ? pad : eos) ?? -1,
  };
  const config: EncoderDecoderConfig =
    options.family === 't5'
      ? {
          ...common,
          family: 't5',
          gated,
          relativeBuckets: options.relativeBuckets ?? 32,
          relativeMaxDistance: options.relativeMaxDistance ?? 128,
          scaleHead: options.scaleHead ?? common.tieEmbeddings,
        }
      : {
          ...common,
          family: 'bart',
          preNorm: options.preNorm ?? false,
          scaleEmbedding: options.scaleEmbedding ?? false,
        };
  validateEncoderDecoderConfig(config);
  return config;
}

/** Throws `InvalidInput` (code `model.config`) where a configuration describes no model. */
export function validateEncoderDecoderConfig(config: EncoderDecoderConfig): void {
  const { kind, family } = config;
  if (family !== 't5' && family !== 'bart') refuseConfig(kind, 'family', "'t5' or 'bart'", family);
  checkCommon(config);
  checkSize(kind, 'numDecoderLayers', config.numDecoderLayers, 2 ** 12);
  const start = config.decoderStart;
  if (!(Number.isSafeInteger(start) && start >= 0 && start < config.vocabSize)) {
    refuseConfig(kind, 'decoderStart', `an id below vocabSize (${config.vocabSize})`, start);
  }
  const flag = (field: string, value: unknown) => {
    if (typeof value !== 'boolean') refuseConfig(kind, field, 'true or false', value);
  };
  if (config.family === 't5') {
    flag('gated', config.gated);
    flag('scaleHead', config.scaleHead);
    checkRelativeBuckets({ numBuckets: config.relativeBuckets, maxDistance: config.relativeMaxDistance });
    return;
  }
  flag('preNorm', config.preNorm);
  flag('scaleEmbedding', config.scaleEmbedding);
  if (config.normEpsilon !== 1e-5) {
    refuseConfig(kind, 'normEpsilon', '1e-5 for bart, whose config.json has no field for it', config.normEpsilon);
  }
  if (config.headSize * config.numHeads !== config.hiddenSize) {
    refuseConfig(kind, 'headSize', 'hiddenSize / numHeads for bart', config.headSize);
  }
}
