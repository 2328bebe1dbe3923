import { add, layerNorm, multiplyDims, reshape, split } from '../../../compiler/ir/index.js';
import type { Dim, Tensor } from '../../../compiler/ir/index.js';
import { activate, linear } from '../../nn/index.js';
import { SpecBuilder } from '../specs.js';
import { decoderConfig } from './config.js';
import type { DecoderConfig } from './config.js';
import { decoderFlops, embedTokens } from './family.js';
import type { BlockScope, DecoderFamily } from './family.js';
import { ownModelType } from './model-types.js';
import { ownFromHf, ownToHf } from './own-config.js';

const prefix = 'transformer.';
const layerPrefix = (n: number) => `${prefix}h.${n}`;
const embeddingName = `${prefix}word_embeddings.weight`;
const positionsName = `${prefix}embed_positions.weight`;

/** x times a matrix [out, in] plus its bias. */
function project({ get, linear: hook }: BlockScope, name: string, x: Tensor): Tensor {
  return hook(`${name}.weight`, x, () => linear(x, get(`${name}.weight`), 'outIn', get(`${name}.bias`)));
}

function norm({ normEpsilon: epsilon }: DecoderConfig, { get }: BlockScope, name: string, x: Tensor): Tensor {
  return layerNorm(x, get(`${name}.weight`), get(`${name}.bias`), { epsilon }).y;
}

/** BLOOM (Scao et al. 2022): as GPT-2, with ALiBi and a norm after the embeddings. */
export const bloom: DecoderFamily = {
  kind: 'decoder',
  modelTypes: ['bloom', ownModelType],
  embeddingName,
  positionsName,
  layerPrefix,

  fromHf(json) {
    if (json.get('model_type') === ownModelType) return ownFromHf(json);
    json.only('apply_residual_connection_post_layernorm', [false]);
    const vocabSize = json.number('vocab_size');
    return decoderConfig({
      family: 'bloom',
      modelType: 'bloom',
      vocabSize,
      // ALiBi has no longest text; BLOOM was trained on texts of 2,048 tokens.
      contextLength: json.number('seq_length', 2048),
      hiddenSize: json.number('hidden_size', json.number('n_embed', 64)),
      numLayers: json.number('n_layer', json.number('num_hidden_layers', 2)),
      numHeads: json.number('n_head', json.number('num_attention_heads', 8)),
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
      architectures: ['BloomForCausalLM'],
      model_type: 'bloom',
      bos_token_id: config.bos,
      eos_token_id: config.eos,
      pad_token_id: config.pad,
      initializer_range: config.initializerRange,
      tie_word_embeddings: config.tieEmbeddings,
      torch_dtype: 'float32',
      use_cache: true,
      vocab_size: config.vocabSize,
      apply_residual_connection_post_layernorm: false,
      attention_dropout: 0,
      hidden_dropout: 0,
      hidden_size: config.hiddenSize,
      layer_norm_epsilon: config.normEpsilon,
      n_head: config.numHeads,
      n_layer: config.numLayers,
      pretraining_tp: 1,
      seq_length: config.contextLength,
      slow_but_exact: false,
    };
  },

  parameterSpecs(config) {
    const { hiddenSize: C, intermediateSize: F, vocabSize: V } = config;
    const residual = config.initializerRange / Math.sqrt(2 * config.numLayers);
    const b = new SpecBuilder(config.initializerRange);
    const normed = (name: string) => {
      b.vector(`${name}.weight`, C, 1);
      b.vector(`${name}.bias`, C, 0);
    };
    const map = (name: string, out: number, width: number, std?: number) => {
      b.matrix(`${name}.weight`, [out, width], std);
      b.vector(`${name}.bias`, out, 0);
    };
    b.table(embeddingName, [V, C]);
    if (config.positions === 'learned') b.table(positionsName, [config.contextLength, C]);
    normed(`${prefix}word_embeddings_layernorm`);
    for (let n = 0; n < config.numLayers; n++) {
      const layer = layerPrefix(n);
      normed(`${layer}.input_layernorm`);
      map(`${layer}.self_attention.query_key_value`, 3 * C, C);
      map(`${layer}.self_attention.dense`, C, C, residual);
      normed(`${layer}.post_attention_layernorm`);
      map(`${layer}.mlp.dense_h_to_4h`, F, C);
      map(`${layer}.mlp.dense_4h_to_h`, C, F, residual);
    }
    normed(`${prefix}ln_f`);
    if (!config.tieEmbeddings) b.head('lm_head.weight', [V, C]);
    return b.specs;
  },

  // The published files were saved without the head's prefix.
  alias: (stored) => (stored.startsWith(prefix) || stored === 'lm_head.weight' ? stored : `${prefix}${stored}`),
  isExtra: (stored, { tieEmbeddings }) => tieEmbeddings && stored === 'lm_head.weight',
  flopsPerToken: (config, length) => decoderFlops(config, bloom.parameterSpecs(config), length),

  embed: (config, scope) =>
    norm(config, scope, `${prefix}word_embeddings_layernorm`, embedTokens(scope.get(embeddingName), scope)),

  block(config, scope, n, x) {
    const layer = layerPrefix(n);
    const { numHeads: H, headSize: K } = config;
    const qkv = project(
      scope,
      `${layer}.self_attention.query_key_value`,
      norm(config, scope, `${layer}.input_layernorm`, x),
    );
    // Query, key and value of one head lie side by side, then those of the next.
    const rows = qkv.shape[0] as Dim;
    const parts = split(reshape(qkv, [rows, H, 3, K]), 3, 2).map((part) => reshape(part, [rows, multiplyDims(H, K)]));
    const [q, k, v] = parts as [Tensor, Tensor, Tensor];
    const attended = project(scope, `${layer}.self_attention.dense`, scope.attend(n)(q, k, v));
    const y = add(x, scope.drop(attended, 2 * n + 1));
    const inner = project(
      scope,
      `${layer}.mlp.dense_h_to_4h`,
      norm(config, scope, `${layer}.post_attention_layernorm`, y),
    );
    const fed = project(scope, `${layer}.mlp.dense_4h_to_h`, activate(config.activation, inner));
    return add(y, scope.drop(fed, 2 * n + 2));
  },

  finalNorm: (config, scope, x) => norm(config, scope, `${prefix}ln_f`, x),
};
