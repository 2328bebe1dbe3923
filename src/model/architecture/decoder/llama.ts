import { add, mul, rmsNorm } from '../../../compiler/ir/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';
import { activate, embedding, linear } from '../../nn/index.js';
import { hfActivation } from '../fields.js';
import type { Fields } from '../fields.js';
import { SpecBuilder } from '../specs.js';
import { decoderConfig } from './config.js';
import type { DecoderConfig } from './config.js';
import { decoderFlops } from './family.js';
import type { BlockScope, DecoderFamily } from './family.js';

const embeddingName = 'model.embed_tokens.weight';
const layerPrefix = (n: number) => `model.layers.${n}`;

/** x times a matrix [out, in]. */
function project({ get, linear: hook }: BlockScope, name: string, x: Tensor): Tensor {
  return hook(`${name}.weight`, x, () => linear(x, get(`${name}.weight`), 'outIn'));
}

function norm({ normEpsilon: epsilon }: DecoderConfig, { get }: BlockScope, name: string, x: Tensor): Tensor {
  return rmsNorm(x, get(`${name}.weight`), { epsilon }).y;
}

function ropeTheta(json: Fields): number {
  const rope = json.object('rope_parameters') ?? json.object('rope_scaling');
  rope?.only('rope_type', ['default']);
  rope?.only('type', ['default']);
  const theta = json.number('rope_theta', 10_000);
  return rope?.number('rope_theta', theta) ?? theta;
}

/** Llama (Touvron et al. 2023): rotary positions, RMSNorm before each half, SwiGLU, grouped queries. */
export const llama: DecoderFamily = {
  kind: 'decoder',
  modelTypes: ['llama'],
  embeddingName,
  layerPrefix,

  fromHf(json) {
    json.only('attention_bias', [false]);
    json.only('mlp_bias', [false]);
    const vocabSize = json.number('vocab_size');
    const hiddenSize = json.number('hidden_size');
    const numHeads = json.number('num_attention_heads');
    return decoderConfig({
      family: 'llama',
      vocabSize,
      contextLength: json.number('max_position_embeddings', 2048),
      hiddenSize,
      intermediateSize: json.number('intermediate_size'),
      numLayers: json.number('num_hidden_layers'),
      numHeads,
      numKvHeads: json.number('num_key_value_heads', numHeads),
      headSize: json.number('head_dim', hiddenSize / numHeads),
      normEpsilon: json.number('rms_norm_eps', 1e-6),
      activation: json.activation('hidden_act', 'silu'),
      ropeTheta: ropeTheta(json),
      tieEmbeddings: json.boolean('tie_word_embeddings', false),
      initializerRange: json.number('initializer_range', 0.02),
      bos: json.tokenId('bos_token_id', vocabSize),
      eos: json.tokenId('eos_token_id', vocabSize),
      pad: json.tokenId('pad_token_id', vocabSize),
    });
  },

  toHf(config) {
    return {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      bos_token_id: config.bos,
      eos_token_id: config.eos,
      pad_token_id: config.pad,
      initializer_range: config.initializerRange,
      tie_word_embeddings: config.tieEmbeddings,
      torch_dtype: 'float32',
      use_cache: true,
      vocab_size: config.vocabSize,
      attention_bias: false,
      attention_dropout: 0,
      head_dim: config.headSize,
      hidden_act: hfActivation[config.activation],
      hidden_size: config.hiddenSize,
      intermediate_size: config.intermediateSize,
      max_position_embeddings: config.contextLength,
      mlp_bias: false,
      num_attention_heads: config.numHeads,
      num_hidden_layers: config.numLayers,
      num_key_value_heads: config.numKvHeads,
      rms_norm_eps: config.normEpsilon,
      rope_parameters: { rope_theta: config.ropeTheta, rope_type: 'default' },
      rope_theta: config.ropeTheta,
    };
  },

  parameterSpecs(config) {
    const { hiddenSize: C, intermediateSize: F, vocabSize: V, numHeads: H, numKvHeads: G, headSize: K } = config;
    const residual = config.initializerRange / Math.sqrt(2 * config.numLayers);
    const b = new SpecBuilder(config.initializerRange);
    b.table(embeddingName, [V, C]);
    for (let n = 0; n < config.numLayers; n++) {
      const layer = layerPrefix(n);
      b.vector(`${layer}.input_layernorm.weight`, C, 1);
      b.matrix(`${layer}.self_attn.q_proj.weight`, [H * K, C]);
      b.matrix(`${layer}.self_attn.k_proj.weight`, [G * K, C]);
      b.matrix(`${layer}.self_attn.v_proj.weight`, [G * K, C]);
      b.matrix(`${layer}.self_attn.o_proj.weight`, [C, H * K], residual);
      b.vector(`${layer}.post_attention_layernorm.weight`, C, 1);
      b.matrix(`${layer}.mlp.gate_proj.weight`, [F, C]);
      b.matrix(`${layer}.mlp.up_proj.weight`, [F, C]);
      b.matrix(`${layer}.mlp.down_proj.weight`, [C, F], residual);
    }
    b.vector('model.norm.weight', C, 1);
    if (!config.tieEmbeddings) b.head('lm_head.weight', [V, C]);
    return b.specs;
  },

  // Frequencies that older files carry, and the copy of a tied head.
  isExtra: (stored, { tieEmbeddings }) =>
    stored.endsWith('.rotary_emb.inv_freq') || (tieEmbeddings && stored === 'lm_head.weight'),
  flopsPerToken: (config, length) => decoderFlops(config, llama.parameterSpecs(config), length),

  embed: (_, { get, ids }) => embedding(get(embeddingName), ids),

  block(config, scope, n, x) {
    const layer = layerPrefix(n);
    const y = norm(config, scope, `${layer}.input_layernorm`, x);
    const head = (name: string) => project(scope, `${layer}.self_attn.${name}`, y);
    const attended = scope.attend(n)(head('q_proj'), head('k_proj'), head('v_proj'));
    const z = add(x, scope.drop(project(scope, `${layer}.self_attn.o_proj`, attended), 2 * n + 1));
    // GLU (Shazeer, "GLU Variants Improve Transformer", 2020): down(activation(gate(x)) · up(x)).
    const w = norm(config, scope, `${layer}.post_attention_layernorm`, z);
    const gate = activate(config.activation, project(scope, `${layer}.mlp.gate_proj`, w));
    const fed = project(scope, `${layer}.mlp.down_proj`, mul(gate, project(scope, `${layer}.mlp.up_proj`, w)));
    return add(z, scope.drop(fed, 2 * n + 2));
  },

  finalNorm: (config, scope, x) => norm(config, scope, 'model.norm', x),
};
