import { add, layerNorm, split } from '../../../compiler/ir/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';
import { activate, linear } from '../../nn/index.js';
import { hfActivation } from '../fields.js';
import { SpecBuilder } from '../specs.js';
import { decoderConfig } from './config.js';
import type { DecoderConfig } from './config.js';
import { decoderFlops, embedTokens } from './family.js';
import type { BlockScope, DecoderFamily } from './family.js';
import { ownModelType } from './model-types.js';
import { ownFromHf, ownToHf } from './own-config.js';

const prefix = 'transformer.';
const layerPrefix = (n: number) => `${prefix}h.${n}`;
const embeddingName = `${prefix}wte.weight`;
const positionsName = `${prefix}wpe.weight`;

/** x times a matrix [in, out] (torch's Conv1D) plus its bias. */
function project({ get, linear: hook }: BlockScope, name: string, x: Tensor): Tensor {
  return hook(`${name}.weight`, x, () => linear(x, get(`${name}.weight`), 'inOut', get(`${name}.bias`)));
}

function norm({ normEpsilon: epsilon }: DecoderConfig, { get }: BlockScope, name: string, x: Tensor): Tensor {
  return layerNorm(x, get(`${name}.weight`), get(`${name}.bias`), { epsilon }).y;
}

/** GPT-2 (Radford et al. 2019): learned positions, LayerNorm before each half, biases everywhere. */
export const gpt2: DecoderFamily = {
  kind: 'decoder',
  modelTypes: ['gpt2', ownModelType],
  embeddingName,
  positionsName,
  layerPrefix,

  fromHf(json) {
    if (json.get('model_type') === ownModelType) return ownFromHf(json);
    json.only('add_cross_attention', [false]);
    json.only('scale_attn_weights', [true]);
    json.only('scale_attn_by_inverse_layer_idx', [false]);
    const vocabSize = json.number('vocab_size');
    const hiddenSize = json.number('n_embd');
    return decoderConfig({
      family: 'gpt2',
      vocabSize,
      contextLength: json.number('n_positions', 1024),
      hiddenSize,
      intermediateSize: json.number('n_inner', 4 * hiddenSize),
      numLayers: json.number('n_layer'),
      numHeads: json.number('n_head'),
      activation: json.activation('activation_function', 'gelu-tanh'),
      normEpsilon: json.number('layer_norm_epsilon', 1e-5),
      tieEmbeddings: json.boolean('tie_word_embeddings', true),
      initializerRange: json.number('initializer_range', 0.02),
      bos: json.tokenId('bos_token_id', vocabSize),
      eos: json.tokenId('eos_token_id', vocabSize),
      pad: json.tokenId('pad_token_id', vocabSize),
    });
  },

  toHf(config) {
    if (config.modelType === ownModelType) return ownToHf(config);
    return {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      bos_token_id: config.bos,
      eos_token_id: config.eos,
      pad_token_id: config.pad,
      initializer_range: config.initializerRange,
      tie_word_embeddings: config.tieEmbeddings,
      torch_dtype: 'float32',
      use_cache: true,
      vocab_size: config.vocabSize,
      activation_function: config.activation === 'gelu-tanh' ? 'gelu_new' : hfActivation[config.activation],
      attn_pdrop: 0,
      embd_pdrop: 0,
      resid_pdrop: 0,
      layer_norm_epsilon: config.normEpsilon,
      n_embd: config.hiddenSize,
      n_head: config.numHeads,
      n_inner: config.intermediateSize,
      n_layer: config.numLayers,
      n_positions: config.contextLength,
    };
  },

  parameterSpecs(config) {
    const { hiddenSize: C, intermediateSize: F, vocabSize: V } = config;
    const residual = config.initializerRange / Math.sqrt(2 * config.numLayers);
    const b = new SpecBuilder(config.initializerRange);
    b.table(embeddingName, [V, C]);
    if (config.positions === 'learned') b.table(positionsName, [config.contextLength, C]);
    for (let n = 0; n < config.numLayers; n++) {
      const layer = layerPrefix(n);
      b.vector(`${layer}.ln_1.weight`, C, 1);
      b.vector(`${layer}.ln_1.bias`, C, 0);
      b.matrix(`${layer}.attn.c_attn.weight`, [C, 3 * C]);
      b.vector(`${layer}.attn.c_attn.bias`, 3 * C, 0);
      b.matrix(`${layer}.attn.c_proj.weight`, [C, C], residual);
      b.vector(`${layer}.attn.c_proj.bias`, C, 0);
      b.vector(`${layer}.ln_2.weight`, C, 1);
      b.vector(`${layer}.ln_2.bias`, C, 0);
      b.matrix(`${layer}.mlp.c_fc.weight`, [C, F]);
      b.vector(`${layer}.mlp.c_fc.bias`, F, 0);
      b.matrix(`${layer}.mlp.c_proj.weight`, [F, C], residual);
      b.vector(`${layer}.mlp.c_proj.bias`, C, 0);
    }
    b.vector(`${prefix}ln_f.weight`, C, 1);
    b.vector(`${prefix}ln_f.bias`, C, 0);
    if (!config.tieEmbeddings) b.head('lm_head.weight', [V, C]);
    return b.specs;
  },

  // The first GPT-2 files were saved without the head's prefix.
  alias: (stored) => (stored.startsWith(prefix) || stored === 'lm_head.weight' ? stored : `${prefix}${stored}`),
  // Causal masks of older files, and the copy of a tied head.
  isExtra: (stored, { tieEmbeddings }) =>
    /\.attn\.(bias|masked_bias)$/.test(stored) || (tieEmbeddings && stored === 'lm_head.weight'),
  flopsPerToken: (config, length) => decoderFlops(config, gpt2.parameterSpecs(config), length),

  embed: (_, scope) => embedTokens(scope.get(embeddingName), scope),

  block(config, scope, n, x) {
    const layer = layerPrefix(n);
    const qkv = project(scope, `${layer}.attn.c_attn`, norm(config, scope, `${layer}.ln_1`, x));
    const [q, k, v] = split(qkv, 3, 1) as [Tensor, Tensor, Tensor];
    const attended = project(scope, `${layer}.attn.c_proj`, scope.attend(n)(q, k, v));
    const y = add(x, scope.drop(attended, 2 * n + 1));
    const inner = project(scope, `${layer}.mlp.c_fc`, norm(config, scope, `${layer}.ln_2`, y));
    const fed = project(scope, `${layer}.mlp.c_proj`, activate(config.activation, inner));
    return add(y, scope.drop(fed, 2 * n + 2));
  },

  finalNorm: (config, scope, x) => norm(config, scope, `${prefix}ln_f`, x),
};
