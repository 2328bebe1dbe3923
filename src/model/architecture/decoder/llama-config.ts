import type { Json } from '../../../base/core/index.js';
import { checkSize, mostLayers } from '../checks.js';
import { hfActivation, refuseField } from '../fields.js';
import type { Fields } from '../fields.js';
import { decoderConfig } from './config.js';
import type { DecoderConfig } from './config.js';
import { decoderModelTypes } from './model-types.js';
import type { KnownModelType } from './model-types.js';
import { contextToHf, ropeFromHf, ropeToHf } from './rope-config.js';

const [sliding, full] = ['sliding_attention', 'full_attention'];

/** Types of this family, in the order of their table. */
export const llamaModelTypes = (Object.keys(decoderModelTypes) as KnownModelType[]).filter(
  (name) => decoderModelTypes[name].family === 'llama',
);

const isGemma = (name: KnownModelType) => decoderModelTypes[name].gemmaScales;
const isQwen = (name: KnownModelType) => name === 'qwen2' || name === 'qwen3';

/** Whether layer `n` has a window where config.json has no `layer_types`. */
function usualPattern(name: KnownModelType, json: Fields): (n: number) => boolean {
  if (isQwen(name)) {
    const first = json.number('max_window_layers', 28);
    return (n) => n >= first;
  }
  if (name === 'gemma2') return (n) => n % 2 === 0;
  const every = json.number('sliding_window_pattern', 6);
  return (n) => (n + 1) % every !== 0;
}

function windows(
  json: Fields,
  name: KnownModelType,
  numLayers: number,
): Pick<DecoderConfig, 'window' | 'globalLayers'> {
  // Before anything of that length is made.
  checkSize('decoder', 'numLayers', numLayers, mostLayers);
  const none = { window: null, globalLayers: [] };
  const kind = decoderModelTypes[name].windows;
  if (kind === 'none' || (isQwen(name) && !json.boolean('use_sliding_window', false))) return none;
  const window = json.optionalNumber('sliding_window', 4096);
  if (window === null) return none;
  const types = json.get('layer_types');
  const known = Array.isArray(types) && types.length === numLayers && types.every((t) => t === sliding || t === full);
  if (types !== undefined && !(known && (kind === 'any' || !types.includes(full)))) {
    const allowed = kind === 'any' ? `${sliding} or ${full}` : sliding;
    refuseField('layer_types', `to be ${numLayers} times ${allowed}`, types);
  }
  const pattern = kind === 'all' ? () => true : usualPattern(name, json);
  const limited = (n: number) => (known ? types[n] === sliding : pattern(n));
  const globalLayers = Array.from({ length: numLayers }, (_, n) => n).filter((n) => !limited(n));
  return globalLayers.length === numLayers ? none : { window, globalLayers };
}

function rope(json: Fields, name: KnownModelType, contextLength: number) {
  const parameters = json.object('rope_parameters');
  if (name !== 'gemma3_text') {
    const theta = json.number('rope_theta', 10_000);
    return ropeFromHf(parameters ?? json.object('rope_scaling'), theta, contextLength);
  }
  const scaled = parameters?.object(full) ?? json.object('rope_scaling');
  const local = parameters?.object(sliding);
  local?.only('rope_type', ['default']);
  const localRopeTheta = local?.number('rope_theta', 10_000) ?? json.number('rope_local_base_freq', 10_000);
  return { ...ropeFromHf(scaled, json.number('rope_theta', 1_000_000), contextLength), localRopeTheta };
}

/** What only Gemma's relatives have. */
function gemmaSwitches(json: Fields, name: KnownModelType): Partial<DecoderConfig> {
  const type = decoderModelTypes[name];
  json.only('use_bidirectional_attention', [false]);
  const scalar = type.scaled ? json.number('query_pre_attn_scalar', 256) : null;
  const usual = name === 'gemma2' ? { attention: 50, logits: 30 } : { attention: null, logits: null };
  return {
    attentionScalar: scalar === json.number('head_dim', 256) ? null : scalar,
    attentionSoftcap: type.attentionSoftcap ? json.optionalNumber('attn_logit_softcapping', usual.attention) : null,
    logitSoftcap: type.logitSoftcap ? json.optionalNumber('final_logit_softcapping', usual.logits) : null,
  };
}

function activationOf(json: Fields, name: KnownModelType) {
  if (!isGemma(name)) return json.activation('hidden_act', 'silu');
  // Gemma's first files name an exact GELU that its code never took.
  if (name === 'gemma' && json.get('hidden_activation') === undefined) {
    const found = json.activation('hidden_act', 'gelu-tanh');
    return found === 'gelu' ? 'gelu-tanh' : found;
  }
  return json.activation('hidden_activation', 'gelu-tanh');
}

/** Reads the config.json of Llama or one of its relatives. */
export function llamaFromHf(json: Fields): DecoderConfig {
  const name = json.get('model_type') as KnownModelType;
  if (!llamaModelTypes.includes(name)) refuseField('model_type', `to be one of ${llamaModelTypes.join(', ')}`, name);
  const { qkNorm, gemmaScales, postNorms } = decoderModelTypes[name];
  if (name !== 'llama') json.only('mlp_bias', [false]);
  const mayBias = name !== 'qwen2' && name !== 'mistral';
  const vocabSize = json.number('vocab_size');
  const hiddenSize = json.number('hidden_size');
  const numHeads = json.number('num_attention_heads');
  const numLayers = json.number('num_hidden_layers');
  const trained = json.number('max_position_embeddings', name === 'llama' ? 2048 : undefined);
  return decoderConfig({
    family: 'llama',
    modelType: name,
    vocabSize,
    contextLength: json.number('abovo_context_length', trained),
    hiddenSize,
    intermediateSize: json.number('intermediate_size'),
    numLayers,
    numHeads,
    numKvHeads: json.number('num_key_value_heads', numHeads),
    headSize: json.number('head_dim', gemmaScales ? 256 : name === 'qwen3' ? 128 : hiddenSize / numHeads),
    normEpsilon: json.number('rms_norm_eps', 1e-6),
    activation: activationOf(json, name),
    ...rope(json, name, trained),
    attentionBias: name === 'qwen2' ? 'qkv' : mayBias && json.boolean('attention_bias', false) ? 'all' : 'none',
    mlpBias: json.boolean('mlp_bias', false),
    qkNorm,
    gemmaScales,
    postNorms,
    ...windows(json, name, numLayers),
    ...(gemmaScales ? gemmaSwitches(json, name) : {}),
    tieEmbeddings: json.boolean('tie_word_embeddings', gemmaScales),
    initializerRange: json.number('initializer_range', 0.02),
    bos: json.tokenId('bos_token_id', vocabSize),
    eos: json.tokenId('eos_token_id', vocabSize),
    pad: json.tokenId('pad_token_id', vocabSize),
  });
}

function windowsToHf(name: KnownModelType, config: DecoderConfig): Record<string, Json> {
  const { window, globalLayers, numLayers } = config;
  const kind = decoderModelTypes[name].windows;
  if (kind === 'none') return {};
  if (kind === 'all') return { sliding_window: window };
  const layers = Array.from({ length: numLayers }, (_, n) =>
    window === null || globalLayers.includes(n) ? full : sliding,
  );
  const first = layers.indexOf(sliding);
  return {
    // Gemma 2 and 3 make a mask of this width even where no layer takes it.
    sliding_window: window ?? (isQwen(name) ? null : config.contextLength),
    layer_types: layers,
    ...(isQwen(name) ? { use_sliding_window: window !== null, max_window_layers: first < 0 ? numLayers : first } : {}),
  };
}

function ropeFields(config: DecoderConfig): Record<string, Json> {
  const parameters = ropeToHf(config);
  const { ropeTheta, localRopeTheta, ropeScaling } = config;
  // Readers of earlier files take the base and the scaling from beside it.
  const earlier = { rope_theta: ropeTheta, ...(ropeScaling ? { rope_scaling: parameters } : {}) };
  if (localRopeTheta === null) return { rope_parameters: parameters, ...earlier };
  const local = { rope_type: 'default', rope_theta: localRopeTheta };
  return {
    rope_parameters: { [full]: parameters, [sliding]: local },
    rope_local_base_freq: localRopeTheta,
    ...earlier,
  };
}

/** The config.json that transformers reads. */
export function llamaToHf(config: DecoderConfig): Record<string, Json> {
  const name = config.modelType as KnownModelType;
  const type = decoderModelTypes[name];
  const activation = hfActivation[config.activation];
  return {
    architectures: [type.className],
    model_type: name,
    bos_token_id: config.bos,
    eos_token_id: config.eos,
    pad_token_id: config.pad,
    initializer_range: config.initializerRange,
    tie_word_embeddings: config.tieEmbeddings,
    torch_dtype: 'float32',
    use_cache: true,
    vocab_size: config.vocabSize,
    ...(name === 'qwen2' ? {} : { attention_bias: config.attentionBias === 'all' }),
    attention_dropout: 0,
    head_dim: config.headSize,
    ...(isGemma(name) ? { hidden_activation: activation } : {}),
    ...(name === 'gemma' || !isGemma(name) ? { hidden_act: activation } : {}),
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    ...contextToHf(config),
    ...(name === 'llama' ? { mlp_bias: config.mlpBias } : {}),
    num_attention_heads: config.numHeads,
    num_hidden_layers: config.numLayers,
    num_key_value_heads: config.numKvHeads,
    rms_norm_eps: config.normEpsilon,
    ...windowsToHf(name, config),
    ...(type.scaled ? { query_pre_attn_scalar: config.attentionScalar ?? config.headSize } : {}),
    ...(type.attentionSoftcap ? { attn_logit_softcapping: config.attentionSoftcap } : {}),
    ...(type.logitSoftcap ? { final_logit_softcapping: config.logitSoftcap } : {}),
    ...ropeFields(config),
  };
}
