import { invariant } from '../../../base/core/index.js';
import { hfActivation, refuseField } from '../fields.js';
import { SpecBuilder } from '../specs.js';
import { encoderDecoderConfig } from './config.js';
import type { BartConfig, EncoderDecoderConfig } from './config.js';
import { evenFlops, stackSpecs, startAndPad } from './family.js';
import type { EncoderDecoderFamily, Side, StackNames } from './family.js';

const prefix = 'model.';
const embeddingName = `${prefix}shared.weight`;
/** A row [1, vocabSize] that is added to the logits and not trained. */
export const logitsBiasName = 'final_logits_bias';

function asBart(config: EncoderDecoderConfig): BartConfig {
  invariant(config.family === 'bart', 'a BART config');
  return config;
}

function bartNames(config: EncoderDecoderConfig, side: Side): StackNames {
  const stack = `${prefix}${side}`;
  const attention = (layer: string, name: string) => ({
    norm: `${layer}.${name}_layer_norm`,
    q: `${layer}.${name}.q_proj`,
    k: `${layer}.${name}.k_proj`,
    v: `${layer}.${name}.v_proj`,
    o: `${layer}.${name}.out_proj`,
  });
  return {
    positions: `${stack}.embed_positions.weight`,
    positionOffset: 2,
    embeddingNorm: `${stack}.layernorm_embedding`,
    ...(asBart(config).preNorm ? { finalNorm: `${stack}.layer_norm` } : {}),
    layers: Array.from({ length: side === 'encoder' ? config.numLayers : config.numDecoderLayers }, (_, n) => {
      const layer = `${stack}.layers.${n}`;
      return {
        self: attention(layer, 'self_attn'),
        ...(side === 'decoder' ? { cross: attention(layer, 'encoder_attn') } : {}),
        feedForward: { norm: `${layer}.final_layer_norm`, inner: [`${layer}.fc1`], outer: `${layer}.fc2` },
      };
    }),
  };
}

/** BART (Lewis et al. 2020): learned positions, LayerNorm after each sum, biases; mBART has its norms before. */
export const bart: EncoderDecoderFamily = {
  kind: 'encoder-decoder',
  modelTypes: ['bart', 'mbart'],
  embeddingName,
  biases: true,
  names: bartNames,

  fromHf(json) {
    const preNorm = json.get('model_type') === 'mbart';
    const vocabSize = json.number('vocab_size', 50265);
    json.only('is_decoder', [false]);
    // Switches of files before there was mBART.
    json.only('normalize_before', [preNorm]);
    json.only('normalize_embedding', [true]);
    json.only('add_final_layer_norm', [preNorm]);
    json.only('static_position_embeddings', [false]);
    json.only('extra_pos_embeddings', [2]);
    const same = (field: string, other: string): number => {
      const value = json.number(field);
      if (json.number(other, value) !== value) {
        refuseField(other, `to equal ${field} (${value}; nothing else is supported)`, json.get(other));
      }
      return value;
    };
    const hiddenSize = json.number('d_model', 1024);
    const numHeads = same('encoder_attention_heads', 'decoder_attention_heads');
    const numLayers = json.number('encoder_layers');
    const eos = json.get('eos_token_id') === undefined ? 2 : json.tokenId('eos_token_id', vocabSize);
    return encoderDecoderConfig({
      family: 'bart',
      preNorm,
      vocabSize,
      contextLength: json.number('max_position_embeddings', 1024),
      hiddenSize,
      intermediateSize: same('encoder_ffn_dim', 'decoder_ffn_dim'),
      numLayers,
      numDecoderLayers: json.number('decoder_layers', numLayers),
      numHeads,
      headSize: hiddenSize / numHeads,
      activation: json.activation('activation_function', 'gelu'),
      scaleEmbedding: json.boolean('scale_embedding', false),
      tieEmbeddings: json.boolean('tie_word_embeddings', true),
      initializerRange: json.number('init_std', 0.02),
      bos: json.get('bos_token_id') === undefined ? 0 : json.tokenId('bos_token_id', vocabSize),
      eos,
      pad: json.get('pad_token_id') === undefined ? 1 : json.tokenId('pad_token_id', vocabSize),
      decoderStart: json.tokenId('decoder_start_token_id', vocabSize) ?? eos ?? undefined,
    });
  },

  toHf(given) {
    const config = asBart(given);
    return {
      architectures: [config.preNorm ? 'MBartForConditionalGeneration' : 'BartForConditionalGeneration'],
      model_type: config.preNorm ? 'mbart' : 'bart',
      bos_token_id: config.bos,
      eos_token_id: config.eos,
      pad_token_id: config.pad,
      decoder_start_token_id: config.decoderStart,
      forced_eos_token_id: config.eos,
      activation_dropout: 0,
      activation_function: hfActivation[config.activation],
      attention_dropout: 0,
      d_model: config.hiddenSize,
      decoder_attention_heads: config.numHeads,
      decoder_ffn_dim: config.intermediateSize,
      decoder_layers: config.numDecoderLayers,
      dropout: 0,
      encoder_attention_heads: config.numHeads,
      encoder_ffn_dim: config.intermediateSize,
      encoder_layers: config.numLayers,
      init_std: config.initializerRange,
      is_encoder_decoder: true,
      max_position_embeddings: config.contextLength,
      scale_embedding: config.scaleEmbedding,
      tie_word_embeddings: config.tieEmbeddings,
      torch_dtype: 'float32',
      use_cache: true,
      vocab_size: config.vocabSize,
    };
  },

  generation: (config) => ({ ...startAndPad(config), forced_eos_token_id: config.eos }),

  parameterSpecs(config) {
    const { initializerRange: normal, vocabSize: V, hiddenSize: C } = config;
    const std = { q: normal, kv: normal, o: normal, inner: normal, outer: normal, relativeBias: normal };
    const b = new SpecBuilder(normal);
    b.table(embeddingName, [V, C]);
    stackSpecs(b, config, bartNames(config, 'encoder'), std, true);
    stackSpecs(b, config, bartNames(config, 'decoder'), std, true);
    if (!config.tieEmbeddings) b.head('lm_head.weight', [V, C]);
    b.specs[logitsBiasName] = { shape: [1, V], init: { value: 0 }, decay: false, kind: 'vector' };
    return b.specs;
  },

  // Files of the model without a head name its tensors without a prefix.
  alias: (stored) =>
    stored.startsWith(prefix) || stored === logitsBiasName || stored === 'lm_head.weight'
      ? stored
      : `${prefix}${stored}`,
  // Copies of the shared table.
  isExtra: (stored, { tieEmbeddings }) =>
    /^(?:model\.)?(?:encoder|decoder)\.embed_tokens\.weight$/.test(stored) ||
    (tieEmbeddings && stored === 'lm_head.weight'),
  fill: (name) => (name === logitsBiasName ? 0 : undefined),
  flopsPerToken: (config, length) => evenFlops(bart, config, length),
};
