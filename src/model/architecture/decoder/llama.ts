import { add, mul, reshape, rmsNorm } from '../../../compiler/ir/index.js';
import type { Dim, Tensor } from '../../../compiler/ir/index.js';
import { activate, embedding, linear } from '../../nn/index.js';
import { SpecBuilder } from '../specs.js';
import { llamaVariants } from './config.js';
import type { DecoderConfig } from './config.js';
import { decoderFlops } from './family.js';
import type { BlockScope, DecoderFamily } from './family.js';
import { llamaFromHf, llamaToHf } from './llama-config.js';

const embeddingName = 'model.embed_tokens.weight';
const layerPrefix = (n: number) => `model.layers.${n}`;

/** x times a matrix [out, in]. */
function project({ get, linear: hook }: BlockScope, name: string, x: Tensor, bias = false): Tensor {
  return hook(`${name}.weight`, x, () =>
    linear(x, get(`${name}.weight`), 'outIn', bias ? get(`${name}.bias`) : undefined),
  );
}

function norm(config: DecoderConfig, { get }: BlockScope, name: string, x: Tensor): Tensor {
  const weight = get(`${name}.weight`);
  return rmsNorm(x, config.gemmaScales ? add(weight, 1) : weight, { epsilon: config.normEpsilon }).y;
}

/** Queries or keys [N, heads·K], each head normed by itself. */
function headNorm(config: DecoderConfig, { get }: BlockScope, name: string, x: Tensor): Tensor {
  const [rows, width] = x.shape as readonly [Dim, number];
  const heads = reshape(x, [rows, width / config.headSize, config.headSize]);
  const { y } = rmsNorm(heads, get(`${name}.weight`), { epsilon: config.normEpsilon });
  return reshape(y, [rows, width]);
}

/** Llama (Touvron et al. 2023): rotary positions, RMSNorm before each half, SwiGLU, grouped queries. */
export const llama: DecoderFamily = {
  kind: 'decoder',
  modelTypes: llamaVariants,
  embeddingName,
  layerPrefix,

  fromHf: llamaFromHf,
  toHf: llamaToHf,

  parameterSpecs(config) {
    const { hiddenSize: C, intermediateSize: F, vocabSize: V, numHeads: H, numKvHeads: G, headSize: K } = config;
    const residual = config.initializerRange / Math.sqrt(2 * config.numLayers);
    const b = new SpecBuilder(config.initializerRange);
    const one = config.gemmaScales ? 0 : 1;
    const biased = config.attentionBias !== 'none';
    b.table(embeddingName, [V, C]);
    for (let n = 0; n < config.numLayers; n++) {
      const layer = layerPrefix(n);
      b.vector(`${layer}.input_layernorm.weight`, C, one);
      b.matrix(`${layer}.self_attn.q_proj.weight`, [H * K, C]);
      if (biased) b.vector(`${layer}.self_attn.q_proj.bias`, H * K, 0);
      b.matrix(`${layer}.self_attn.k_proj.weight`, [G * K, C]);
      if (biased) b.vector(`${layer}.self_attn.k_proj.bias`, G * K, 0);
      b.matrix(`${layer}.self_attn.v_proj.weight`, [G * K, C]);
      if (biased) b.vector(`${layer}.self_attn.v_proj.bias`, G * K, 0);
      b.matrix(`${layer}.self_attn.o_proj.weight`, [C, H * K], residual);
      if (config.attentionBias === 'all') b.vector(`${layer}.self_attn.o_proj.bias`, C, 0);
      if (config.qkNorm) {
        b.vector(`${layer}.self_attn.q_norm.weight`, K, 1);
        b.vector(`${layer}.self_attn.k_norm.weight`, K, 1);
      }
      b.vector(`${layer}.post_attention_layernorm.weight`, C, one);
      b.matrix(`${layer}.mlp.gate_proj.weight`, [F, C]);
      b.matrix(`${layer}.mlp.up_proj.weight`, [F, C]);
      b.matrix(`${layer}.mlp.down_proj.weight`, [C, F], residual);
    }
    b.vector('model.norm.weight', C, one);
    if (!config.tieEmbeddings) b.head('lm_head.weight', [V, C]);
    return b.specs;
  },

  // Frequencies that older files carry, and the copy of a tied head.
  isExtra: (stored, { tieEmbeddings }) =>
    stored.endsWith('.rotary_emb.inv_freq') || (tieEmbeddings && stored === 'lm_head.weight'),
  flopsPerToken: (config, length) => decoderFlops(config, llama.parameterSpecs(config), length),

  embed(config, { get, ids }) {
    const rows = embedding(get(embeddingName), ids);
    return config.gemmaScales ? mul(rows, Math.sqrt(config.hiddenSize)) : rows;
  },

  block(config, scope, n, x) {
    const layer = layerPrefix(n);
    const y = norm(config, scope, `${layer}.input_layernorm`, x);
    const biased = config.attentionBias !== 'none';
    const map = (name: string) => project(scope, `${layer}.self_attn.${name}_proj`, y, biased);
    const head = (name: string) =>
      config.qkNorm ? headNorm(config, scope, `${layer}.self_attn.${name}_norm`, map(name)) : map(name);
    const attended = scope.attend(n)(head('q'), head('k'), map('v'));
    const written = project(scope, `${layer}.self_attn.o_proj`, attended, config.attentionBias === 'all');
    const z = add(x, scope.drop(written, 2 * n + 1));
    // GLU (Shazeer, "GLU Variants Improve Transformer", 2020): down(activation(gate(x)) · up(x)).
    const w = norm(config, scope, `${layer}.post_attention_layernorm`, z);
    const gate = activate(config.activation, project(scope, `${layer}.mlp.gate_proj`, w));
    const fed = project(scope, `${layer}.mlp.down_proj`, mul(gate, project(scope, `${layer}.mlp.up_proj`, w)));
    return add(z, scope.drop(fed, 2 * n + 2));
  },

  finalNorm: (config, scope, x) => norm(config, scope, 'model.norm', x),
};
