import type { Json } from '../../../base/core/index.js';
import type { Fields } from '../fields.js';
import { decoderConfig } from './config.js';
import type { DecoderConfig } from './config.js';
import { ownModelType } from './model-types.js';

// Models that no class of transformers computes: config.json holds the configuration as it is here.

/** The config.json of such a model; the ids stand once more under the names that other tools look for. */
export function ownToHf(config: DecoderConfig): Record<string, Json> {
  return {
    architectures: [],
    model_type: ownModelType,
    ...(config as unknown as Record<string, Json>),
    bos_token_id: config.bos,
    eos_token_id: config.eos,
    pad_token_id: config.pad,
    vocab_size: config.vocabSize,
  };
}

/** Reads it; every field is checked as one that a caller gave. */
export function ownFromHf(json: Fields): DecoderConfig {
  const fields = [
    'family',
    'vocabSize',
    'contextLength',
    'hiddenSize',
    'intermediateSize',
    'numLayers',
    'numHeads',
    'numKvHeads',
    'headSize',
    'normEpsilon',
    'activation',
    'positions',
    'ropeTheta',
    'ropeScaling',
    'localRopeTheta',
    'attentionBias',
    'mlpBias',
    'qkNorm',
    'gemmaScales',
    'postNorms',
    'window',
    'globalLayers',
    'attentionScalar',
    'attentionSoftcap',
    'logitSoftcap',
    'tieEmbeddings',
    'initializerRange',
    'bos',
    'eos',
    'pad',
  ] as const;
  const given = Object.fromEntries(fields.map((field) => [field, json.get(field)]));
  return decoderConfig({ ...(given as unknown as DecoderConfig), modelType: ownModelType });
}
