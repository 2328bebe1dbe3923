import { add, constant, layerNorm, mul, multiplyDims, reshape, split } from '../../../compiler/ir/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import { activate, embedding, linear } from '../../nn/index.js';
import { hfActivation } from '../fields.js';
import type { Fields } from '../fields.js';
import { SpecBuilder } from '../specs.js';
import { encoderConfig } from './config.js';
import type { EncoderConfig } from './config.js';
import { encoderFlops, readHead, writeHead } from './family.js';
import type { EncoderFamily, EncoderScope } from './family.js';

const className = 'ModernBert';
const prefixOf = ({ head }: EncoderConfig) => (head === 'none' ? '' : 'model.');

/** LayerNorm without a bias. */
function norm({ normEpsilon: epsilon, hiddenSize: C }: EncoderConfig, { get }: EncoderScope, name: string, x: Tensor) {
  const none = constant(hostTensor('f32', [C], new Float32Array(C)));
  return layerNorm(x, get(`${name}.weight`), none, { epsilon }).y;
}

/** The map, activation and norm before the vocabulary or the classes. */
function headOf(config: EncoderConfig, scope: EncoderScope, x: Tensor): Tensor {
  return norm(config, scope, 'head.norm', activate(config.activation, scope.linear('head.dense', x, false)));
}

/** Base of the rotary frequencies under either spelling of transformers. */
function theta(json: Fields, kind: 'full_attention' | 'sliding_attention', field: string, fallback: number): number {
  const rope = json.object('rope_parameters')?.object(kind);
  rope?.only('rope_type', ['default']);
  return rope?.number('rope_theta', fallback) ?? json.number(field, fallback);
}

/** ModernBERT (Warner et al. 2024): rotary positions, norms before each half, GeGLU, windows in most layers. */
export const modernbert: EncoderFamily = {
  kind: 'encoder',
  modelTypes: ['modernbert'],

  fromHf(json) {
    for (const field of ['attention_bias', 'mlp_bias', 'norm_bias', 'classifier_bias']) json.only(field, [false]);
    json.only('decoder_bias', [true]);
    const vocabSize = json.number('vocab_size');
    const activation = json.activation('hidden_activation', 'gelu');
    json.only('classifier_activation', [json.get('hidden_activation') ?? 'gelu']);
    const globalEvery = json.number('global_attn_every_n_layers', 3);
    const numLayers = json.number('num_hidden_layers');
    const layers = json.get('layer_types');
    const expected = Array.from({ length: numLayers }, (_, n) =>
      n % globalEvery === 0 ? 'full_attention' : 'sliding_attention',
    );
    if (layers !== undefined && JSON.stringify(layers) !== JSON.stringify(expected))
      json.only('layer_types', [expected]);
    const pooling = json.get('classifier_pooling') ?? 'cls';
    json.only('classifier_pooling', ['cls', 'mean']);
    return encoderConfig({
      family: 'modernbert',
      ...readHead(json, className),
      vocabSize,
      contextLength: json.number('max_position_embeddings', 8192),
      hiddenSize: json.number('hidden_size'),
      intermediateSize: json.number('intermediate_size'),
      numLayers,
      numHeads: json.number('num_attention_heads'),
      normEpsilon: json.number('norm_eps', 1e-5),
      activation,
      tieEmbeddings: json.boolean('tie_word_embeddings', true),
      initializerRange: json.number('initializer_range', 0.02),
      bos: json.tokenId('bos_token_id', vocabSize),
      eos: json.tokenId('eos_token_id', vocabSize),
      pad: json.tokenId('pad_token_id', vocabSize),
      globalEvery,
      localReach: Math.floor(json.number('local_attention', 128) / 2),
      ropeTheta: theta(json, 'full_attention', 'global_rope_theta', 160_000),
      localRopeTheta: theta(json, 'sliding_attention', 'local_rope_theta', 10_000),
      classifierPooling: pooling as EncoderConfig['classifierPooling'],
    });
  },

  toHf(config) {
    const rope = (rope_theta: number) => ({ rope_theta, rope_type: 'default' });
    return {
      ...writeHead(config, className),
      model_type: 'modernbert',
      attention_bias: false,
      attention_dropout: 0,
      bos_token_id: config.bos,
      eos_token_id: config.eos,
      pad_token_id: config.pad,
      cls_token_id: config.bos,
      sep_token_id: config.eos,
      classifier_activation: hfActivation[config.activation],
      classifier_bias: false,
      classifier_pooling: config.classifierPooling,
      decoder_bias: true,
      embedding_dropout: 0,
      global_attn_every_n_layers: config.globalEvery,
      global_rope_theta: config.ropeTheta,
      hidden_activation: hfActivation[config.activation],
      hidden_size: config.hiddenSize,
      initializer_range: config.initializerRange,
      intermediate_size: config.intermediateSize,
      local_attention: 2 * config.localReach,
      local_rope_theta: config.localRopeTheta,
      max_position_embeddings: config.contextLength,
      mlp_bias: false,
      mlp_dropout: 0,
      norm_bias: false,
      norm_eps: config.normEpsilon,
      num_attention_heads: config.numHeads,
      num_hidden_layers: config.numLayers,
      rope_parameters: { full_attention: rope(config.ropeTheta), sliding_attention: rope(config.localRopeTheta) },
      tie_word_embeddings: config.tieEmbeddings,
      torch_dtype: 'float32',
      vocab_size: config.vocabSize,
    };
  },

  parameterSpecs(config) {
    const { hiddenSize: C, intermediateSize: F, vocabSize: V } = config;
    const b = new SpecBuilder(config.initializerRange);
    const residual = config.initializerRange / Math.sqrt(2 * config.numLayers);
    const prefix = prefixOf(config);
    b.table(`${prefix}embeddings.tok_embeddings.weight`, [V, C]);
    b.vector(`${prefix}embeddings.norm.weight`, C, 1);
    for (let n = 0; n < config.numLayers; n++) {
      const layer = `${prefix}layers.${n}`;
      // The embedding is normed already.
      if (n > 0) b.vector(`${layer}.attn_norm.weight`, C, 1);
      b.matrix(`${layer}.attn.Wqkv.weight`, [3 * C, C]);
      b.matrix(`${layer}.attn.Wo.weight`, [C, C], residual);
      b.vector(`${layer}.mlp_norm.weight`, C, 1);
      b.matrix(`${layer}.mlp.Wi.weight`, [2 * F, C]);
      b.matrix(`${layer}.mlp.Wo.weight`, [C, F], residual);
    }
    b.vector(`${prefix}final_norm.weight`, C, 1);
    if (config.head !== 'none') {
      b.matrix('head.dense.weight', [C, C]);
      b.vector('head.norm.weight', C, 1);
    }
    if (config.head === 'mlm') {
      if (!config.tieEmbeddings) b.head('decoder.weight', [V, C]);
      b.vector('decoder.bias', V, 0);
    } else if (config.head !== 'none') {
      b.matrix('classifier.weight', [config.labels.length, C]);
      b.vector('classifier.bias', config.labels.length, 0);
    }
    return b.specs;
  },

  alias(stored, { head }) {
    if (head === 'none') return stored.startsWith('model.') ? stored.slice('model.'.length) : stored;
    return /^(?:embeddings|layers|final_norm)\./.test(stored) ? `model.${stored}` : stored;
  },
  isExtra: (stored, { head, tieEmbeddings }) =>
    (tieEmbeddings && stored === 'decoder.weight') || (head === 'none' && /^(?:head|decoder)\./.test(stored)),
  flopsPerToken: (config, length) => encoderFlops(config, modernbert.parameterSpecs(config), length),

  embed(config, scope) {
    const prefix = `${prefixOf(config)}embeddings`;
    const rows = multiplyDims(...scope.ids.shape);
    const words = reshape(embedding(scope.get(`${prefix}.tok_embeddings.weight`), scope.ids), [
      rows,
      config.hiddenSize,
    ]);
    return scope.drop(norm(config, scope, `${prefix}.norm`, words), 0);
  },

  block(config, scope, n, x) {
    const layer = `${prefixOf(config)}layers.${n}`;
    const y = n === 0 ? x : norm(config, scope, `${layer}.attn_norm`, x);
    const [q, k, v] = split(scope.linear(`${layer}.attn.Wqkv`, y, false), 3, 1) as [Tensor, Tensor, Tensor];
    const attended = scope.linear(`${layer}.attn.Wo`, scope.attend(n)(q, k, v), false);
    const z = add(x, scope.drop(attended, 2 * n + 1));
    const inner = scope.linear(`${layer}.mlp.Wi`, norm(config, scope, `${layer}.mlp_norm`, z), false);
    const [input, gate] = split(inner, 2, 1) as [Tensor, Tensor];
    const fed = scope.linear(`${layer}.mlp.Wo`, mul(activate(config.activation, input), gate), false);
    return add(z, scope.drop(fed, 2 * n + 2));
  },

  finalNorm: (config, scope, x) => norm(config, scope, `${prefixOf(config)}final_norm`, x),

  pool: () => undefined,

  vocabulary(config, scope, hidden) {
    const table = config.tieEmbeddings ? `${prefixOf(config)}embeddings.tok_embeddings.weight` : 'decoder.weight';
    return add(linear(headOf(config, scope, hidden), scope.get(table), 'outIn'), scope.get('decoder.bias'));
  },

  classifySequences: (config, scope, pooled) => scope.linear('classifier', headOf(config, scope, pooled), true),
  classifyTokens: (config, scope, hidden) => scope.linear('classifier', headOf(config, scope, hidden), true),
};
