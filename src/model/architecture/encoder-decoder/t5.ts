import { invariant } from '../../../base/core/index.js';
import { refuseConfig } from '../checks.js';
import { refuseField } from '../fields.js';
import { SpecBuilder } from '../specs.js';
import { encoderDecoderConfig } from './config.js';
import type { EncoderDecoderConfig, T5Config } from './config.js';
import { evenFlops, stackSpecs, startAndPad } from './family.js';
import type { AttentionNames, EncoderDecoderFamily, Side, StackNames } from './family.js';

const embeddingName = 'shared.weight';

function t5Names(config: EncoderDecoderConfig, side: Side): StackNames {
  const attention = (layer: string, n: number, name: string): AttentionNames => {
    const prefix = `${layer}.layer.${n}`;
    const map = (letter: string) => `${prefix}.${name}.${letter}`;
    return { norm: `${prefix}.layer_norm`, q: map('q'), k: map('k'), v: map('v'), o: map('o') };
  };
  const gated = config.family === 't5' && config.gated;
  return {
    relativeBias: `${side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`,
    positionOffset: 0,
    finalNorm: `${side}.final_layer_norm`,
    layers: Array.from({ length: side === 'encoder' ? config.numLayers : config.numDecoderLayers }, (_, n) => {
      const layer = `${side}.block.${n}`;
      const last = `${layer}.layer.${side === 'encoder' ? 1 : 2}`;
      const dense = (name: string) => `${last}.DenseReluDense.${name}`;
      return {
        self: attention(layer, 0, 'SelfAttention'),
        ...(side === 'decoder' ? { cross: attention(layer, 1, 'EncDecAttention') } : {}),
        feedForward: {
          norm: `${last}.layer_norm`,
          inner: gated ? [dense('wi_0'), dense('wi_1')] : [dense('wi')],
          outer: dense('wo'),
        },
      };
    }),
  };
}

/** What `feed_forward_proj` names. The GELU of `gated-gelu` is the tanh approximation, whatever its name says. */
const feedForwards: Readonly<Record<string, Pick<T5Config, 'gated' | 'activation'>>> = {
  relu: { gated: false, activation: 'relu' },
  gelu: { gated: false, activation: 'gelu' },
  gelu_new: { gated: false, activation: 'gelu-tanh' },
  silu: { gated: false, activation: 'silu' },
  'gated-relu': { gated: true, activation: 'relu' },
  'gated-gelu': { gated: true, activation: 'gelu-tanh' },
  'gated-silu': { gated: true, activation: 'silu' },
};

function asT5(config: EncoderDecoderConfig): T5Config {
  invariant(config.family === 't5', 'a T5 config');
  return config;
}

function feedForwardName({ gated, activation }: T5Config): string {
  const found = Object.entries(feedForwards).find(([, f]) => f.gated === gated && f.activation === activation);
  if (!found) refuseConfig('encoder-decoder', 'activation', 'other than the exact gelu where it is gated', activation);
  return found[0];
}

/** T5 (Raffel et al. 2020), T5 1.1 and mT5, which is written as T5 1.1: relative positions, RMS norms before each half, no biases. */
export const t5: EncoderDecoderFamily = {
  kind: 'encoder-decoder',
  modelTypes: ['t5', 'mt5'],
  embeddingName,
  biases: false,
  names: t5Names,

  fromHf(json) {
    const vocabSize = json.number('vocab_size', 32128);
    const isMt5 = json.get('model_type') === 'mt5';
    const name = json.get('feed_forward_proj') ?? (isMt5 ? 'gated-gelu' : 'relu');
    const feedForward = typeof name === 'string' && Object.hasOwn(feedForwards, name) && feedForwards[name];
    if (!feedForward) {
      refuseField('feed_forward_proj', `to be one of ${Object.keys(feedForwards).join(', ')}`, name);
    }
    json.only('is_decoder', [false]);
    const tied = json.boolean('tie_word_embeddings', true);
    const numLayers = json.number('num_layers');
    const pad = json.tokenId('pad_token_id', vocabSize) ?? 0;
    return encoderDecoderConfig({
      family: 't5',
      vocabSize,
      contextLength: json.number('n_positions', 512),
      hiddenSize: json.number('d_model'),
      intermediateSize: json.number('d_ff'),
      numLayers,
      numDecoderLayers: json.number('num_decoder_layers', numLayers),
      numHeads: json.number('num_heads'),
      headSize: json.number('d_kv'),
      normEpsilon: json.number('layer_norm_epsilon', 1e-6),
      ...feedForward,
      relativeBuckets: json.number('relative_attention_num_buckets', 32),
      relativeMaxDistance: json.number('relative_attention_max_distance', 128),
      // Untied files of old mean "not scaled" too; newer ones say it by itself, and mT5 never scales.
      scaleHead: !isMt5 && json.boolean('scale_decoder_outputs', tied),
      tieEmbeddings: tied,
      initializerRange: json.number('initializer_factor', 1),
      bos: json.tokenId('bos_token_id', vocabSize),
      eos: json.get('eos_token_id') === undefined ? 1 : json.tokenId('eos_token_id', vocabSize),
      pad,
      decoderStart: json.tokenId('decoder_start_token_id', vocabSize) ?? pad,
    });
  },

  toHf(given) {
    const config = asT5(given);
    return {
      architectures: ['T5ForConditionalGeneration'],
      model_type: 't5',
      bos_token_id: config.bos,
      eos_token_id: config.eos,
      pad_token_id: config.pad,
      decoder_start_token_id: config.decoderStart,
      d_ff: config.intermediateSize,
      d_kv: config.headSize,
      d_model: config.hiddenSize,
      dropout_rate: 0,
      feed_forward_proj: feedForwardName(config),
      initializer_factor: config.initializerRange,
      is_encoder_decoder: true,
      layer_norm_epsilon: config.normEpsilon,
      n_positions: config.contextLength,
      num_decoder_layers: config.numDecoderLayers,
      num_heads: config.numHeads,
      num_layers: config.numLayers,
      relative_attention_max_distance: config.relativeMaxDistance,
      relative_attention_num_buckets: config.relativeBuckets,
      scale_decoder_outputs: config.scaleHead,
      tie_word_embeddings: config.tieEmbeddings,
      torch_dtype: 'float32',
      use_cache: true,
      vocab_size: config.vocabSize,
    };
  },

  generation: startAndPad,

  parameterSpecs(config) {
    const { hiddenSize: C, intermediateSize: F, numHeads: H, headSize: K, initializerRange: factor } = config;
    // The deviations of the original: scores are not scaled, so the queries' weights are.
    const std = {
      q: factor * (C * K) ** -0.5,
      kv: factor * C ** -0.5,
      o: factor * (H * K) ** -0.5,
      inner: factor * C ** -0.5,
      outer: factor * F ** -0.5,
      relativeBias: factor * C ** -0.5,
    };
    const b = new SpecBuilder(factor);
    b.table(embeddingName, [config.vocabSize, C]);
    stackSpecs(b, config, t5Names(config, 'encoder'), std, false);
    stackSpecs(b, config, t5Names(config, 'decoder'), std, false);
    // As a scaled tied head begins: logits of variance 1.
    if (!config.tieEmbeddings) b.head('lm_head.weight', [config.vocabSize, C], factor * C ** -0.5);
    return b.specs;
  },

  // Copies of the shared table, and biases of the cross-attention that nothing reads.
  isExtra: (stored, { tieEmbeddings }) =>
    stored === 'encoder.embed_tokens.weight' ||
    stored === 'decoder.embed_tokens.weight' ||
    /^decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight$/.test(stored) ||
    (tieEmbeddings && stored === 'lm_head.weight'),
  // Newer files call every model tied; one that is not has a head of its own (and is not scaled).
  withStored: (config, stored) =>
    asT5(config).scaleHead || !stored.has('lm_head.weight') ? config : { ...asT5(config), tieEmbeddings: false },
  flopsPerToken: (config, length) => evenFlops(t5, config, length),
};
