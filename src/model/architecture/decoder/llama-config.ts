import type { Json } from '../../../base/core/index.js';
import { yarnAttentionFactor } from '../../nn/index.js';
import type { RotaryScaling } from '../../nn/index.js';
import { hfActivation, refuseField } from '../fields.js';
import type { Fields } from '../fields.js';
import { decoderConfig, llamaVariants } from './config.js';
import type { DecoderConfig, LlamaVariant } from './config.js';

/** transformers' class names. */
const classNames: Readonly<Record<LlamaVariant, string>> = {
  llama: 'Llama',
  mistral: 'Mistral',
  qwen2: 'Qwen2',
  qwen3: 'Qwen3',
  gemma: 'Gemma',
};

/** `rope_parameters` of transformers 5, or `rope_theta` and `rope_scaling` of earlier ones. */
function rotary(json: Fields): Pick<DecoderConfig, 'ropeTheta' | 'ropeScaling'> {
  const rope = json.object('rope_parameters') ?? json.object('rope_scaling');
  const plain = json.number('rope_theta', 10_000);
  const ropeTheta = rope?.number('rope_theta', plain) ?? plain;
  const type = rope?.get('rope_type') ?? rope?.get('type') ?? 'default';
  if (!rope || type === 'default') return { ropeTheta, ropeScaling: null };
  const factor = rope.number('factor');
  const original = () => rope.number('original_max_position_embeddings', json.number('max_position_embeddings', 2048));
  const scaling = (): RotaryScaling => {
    switch (type) {
      case 'linear':
      case 'dynamic':
        return { type, factor };
      case 'llama3':
        return {
          type,
          factor,
          original: original(),
          lowFactor: rope.number('low_freq_factor'),
          highFactor: rope.number('high_freq_factor'),
        };
      case 'yarn': {
        rope.only('mscale', []);
        rope.only('mscale_all_dim', []);
        rope.only('truncate', [true]);
        return {
          type,
          factor,
          original: original(),
          betaFast: rope.number('beta_fast', 32),
          betaSlow: rope.number('beta_slow', 1),
          attentionFactor: rope.number('attention_factor', yarnAttentionFactor(factor)),
        };
      }
      default:
        return refuseField('rope_type', 'to be one of default, linear, dynamic, yarn, llama3', type);
    }
  };
  return { ropeTheta, ropeScaling: scaling() };
}

/** First layer with a window, or undefined where there is none. */
function windowed(
  json: Fields,
  variant: LlamaVariant,
  numLayers: number,
): Pick<DecoderConfig, 'window' | 'windowFrom'> {
  const none = { window: null, windowFrom: 0 };
  const size = json.get('sliding_window');
  const layers = json.get('layer_types');
  if (Array.isArray(layers) && layers.length > 0) {
    const first = layers.indexOf('sliding_attention');
    if (first < 0) return none;
    const rest = layers.map((_, n) => (n < first ? 'full_attention' : 'sliding_attention'));
    if (layers.length !== numLayers || JSON.stringify(layers) !== JSON.stringify(rest)) {
      refuseField('layer_types', 'full attention, then a window from one layer on (nothing else is supported)', layers);
    }
    return { window: json.number('sliding_window'), windowFrom: first };
  }
  if (size === undefined) return none;
  if (variant === 'mistral') return { window: json.number('sliding_window'), windowFrom: 0 };
  if ((variant === 'qwen2' || variant === 'qwen3') && json.boolean('use_sliding_window', false)) {
    return { window: json.number('sliding_window', 4096), windowFrom: json.number('max_window_layers', 28) };
  }
  return none;
}

/** Reads the config.json of Llama or one of its relatives. */
export function llamaFromHf(json: Fields): DecoderConfig {
  const variant = json.get('model_type') as LlamaVariant;
  if (!llamaVariants.includes(variant)) refuseField('model_type', `to be one of ${llamaVariants.join(', ')}`, variant);
  json.only('mlp_bias', [false]);
  const gemma = variant === 'gemma';
  const qwen2 = variant === 'qwen2';
  const biased = !qwen2 && json.boolean('attention_bias', false);
  const vocabSize = json.number('vocab_size');
  const hiddenSize = json.number('hidden_size');
  const numHeads = json.number('num_attention_heads');
  const numLayers = json.number('num_hidden_layers');
  return decoderConfig({
    family: 'llama',
    variant,
    vocabSize,
    contextLength: json.number('max_position_embeddings', 2048),
    hiddenSize,
    intermediateSize: json.number('intermediate_size'),
    numLayers,
    numHeads,
    numKvHeads: json.number('num_key_value_heads', numHeads),
    headSize: json.number('head_dim', gemma ? 256 : variant === 'qwen3' ? 128 : hiddenSize / numHeads),
    normEpsilon: json.number('rms_norm_eps', 1e-6),
    // Gemma's older files name an exact GELU that its code never took.
    activation: gemma ? json.activation('hidden_activation', 'gelu-tanh') : json.activation('hidden_act', 'silu'),
    ...rotary(json),
    attentionBias: qwen2 ? 'qkv' : biased ? 'all' : 'none',
    qkNorm: variant === 'qwen3',
    gemmaScales: gemma,
    ...windowed(json, variant, numLayers),
    tieEmbeddings: json.boolean('tie_word_embeddings', gemma),
    initializerRange: json.number('initializer_range', 0.02),
    bos: json.tokenId('bos_token_id', vocabSize),
    eos: json.tokenId('eos_token_id', vocabSize),
    pad: json.tokenId('pad_token_id', vocabSize),
  });
}

function rotaryToHf({ ropeTheta, ropeScaling }: DecoderConfig): Record<string, Json> {
  const base = { rope_theta: ropeTheta };
  if (!ropeScaling) return { ...base, rope_type: 'default' };
  const { type, factor } = ropeScaling;
  switch (type) {
    case 'linear':
    case 'dynamic':
      return { ...base, rope_type: type, factor };
    case 'llama3':
      return {
        ...base,
        rope_type: type,
        factor,
        original_max_position_embeddings: ropeScaling.original,
        low_freq_factor: ropeScaling.lowFactor,
        high_freq_factor: ropeScaling.highFactor,
      };
    default:
      return {
        ...base,
        rope_type: type,
        factor,
        original_max_position_embeddings: ropeScaling.original,
        beta_fast: ropeScaling.betaFast,
        beta_slow: ropeScaling.betaSlow,
        attention_factor: ropeScaling.attentionFactor,
      };
  }
}

/** The config.json that transformers reads. */
export function llamaToHf(config: DecoderConfig): Record<string, Json> {
  const { variant, window, windowFrom, numLayers } = config;
  const activation = hfActivation[config.activation];
  const rope = rotaryToHf(config);
  const qwen = variant === 'qwen2' || variant === 'qwen3';
  return {
    architectures: [`${classNames[variant]}ForCausalLM`],
    model_type: variant,
    bos_token_id: config.bos,
    eos_token_id: config.eos,
    pad_token_id: config.pad,
    initializer_range: config.initializerRange,
    tie_word_embeddings: config.tieEmbeddings,
    torch_dtype: 'float32',
    use_cache: true,
    vocab_size: config.vocabSize,
    ...(variant === 'qwen2' ? {} : { attention_bias: config.attentionBias === 'all' }),
    attention_dropout: 0,
    head_dim: config.headSize,
    hidden_act: activation,
    ...(variant === 'gemma' ? { hidden_activation: activation } : {}),
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.contextLength,
    ...(variant === 'llama' ? { mlp_bias: false } : {}),
    num_attention_heads: config.numHeads,
    num_hidden_layers: numLayers,
    num_key_value_heads: config.numKvHeads,
    rms_norm_eps: config.normEpsilon,
    ...(variant === 'mistral' || qwen ? { sliding_window: window } : {}),
    ...(qwen
      ? {
          use_sliding_window: window !== null,
          max_window_layers: window === null ? numLayers : windowFrom,
          layer_types: Array.from({ length: numLayers }, (_, n) =>
            window !== null && n >= windowFrom ? 'sliding_attention' : 'full_attention',
          ),
        }
      : {}),
    rope_parameters: rope,
    rope_theta: config.ropeTheta,
    // Readers of earlier files take the scaling from here.
    ...(config.ropeScaling ? { rope_scaling: rope } : {}),
  };
}
