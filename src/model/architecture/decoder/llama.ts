import { add, mul, reshape, rmsNorm } from '../../../compiler/ir/index.js';
import type { Dim, Tensor } from '../../../compiler/ir/index.js';
import { activate, linear } from '../../nn/index.js';
import { SpecBuilder } from '../specs.js';
import type { DecoderConfig } from './config.js';
import { decoderFlops, embedTokens } from './family.js';
import type { BlockScope, DecoderFamily } from './family.js';
import { llamaFromHf, llamaModelTypes, llamaToHf } from './llama-config.js';
import { ownModelType } from './model-types.js';
import { ownFromHf, ownToHf } from './own-config.js';

const embeddingName = 'model.embed_tokens.weight';
const positionsName = 'model.embed_positions.weight';
const layerPrefix = (n: number) => `model.layers.${n}`;

/** x times a matrix [out, in], plus its bias where there is one. */
function project({ get, linear: hook }: BlockScope, name: string, x: Tensor, bias: boolean): Tensor {
  return hook(`${name}.weight`, x, () =>
    linear(x, get(`${name}.weight`), 'outIn', bias ? get(`${name}.bias`) : undefined),
  );
}

function norm(
  { gemmaScales, normEpsilon: epsilon }: DecoderConfig,
  { get }: BlockScope,
  name: string,
  x: Tensor,
): Tensor {
  const weight = get(`${name}.weight`);
  return rmsNorm(x, gemmaScales ? add(weight, 1) : weight, { epsilon }).y;
}

/** Queries or keys [N, heads·K], each head normed by itself. */
function headNorm(config: DecoderConfig, scope: BlockScope, name: string, x: Tensor): Tensor {
  const [rows, width] = x.shape as readonly [Dim, number];
  const heads = reshape(x, [rows, width / config.headSize, config.headSize]);
  return reshape(norm(config, scope, name, heads), [rows, width]);
}

/** Names of the norms of a block; where there are norms after each half, the one before the second has another name. */
const normNames = ({ postNorms }: DecoderConfig) => ({
  beforeAttention: 'input_layernorm',
  afterAttention: postNorms ? 'post_attention_layernorm' : undefined,
  beforeFeedForward: postNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm',
  afterFeedForward: postNorms ? 'post_feedforward_layernorm' : undefined,
});

/** Llama (Touvron et al. 2023): rotary positions, RMSNorm before each half, SwiGLU, grouped queries; and its relatives. */
export const llama: DecoderFamily = {
  kind: 'decoder',
  modelTypes: [...llamaModelTypes, ownModelType],
  embeddingName,
  positionsName,
  layerPrefix,

  fromHf: (json) => (json.get('model_type') === ownModelType ? ownFromHf(json) : llamaFromHf(json)),
  toHf: (config) => (config.modelType === ownModelType ? ownToHf(config) : llamaToHf(config)),

  parameterSpecs(config) {
    const { hiddenSize: C, intermediateSize: F, vocabSize: V, numHeads: H, numKvHeads: G, headSize: K } = config;
    const residual = config.initializerRange / Math.sqrt(2 * config.numLayers);
    const b = new SpecBuilder(config.initializerRange);
    const one = config.gemmaScales ? 0 : 1;
    const names = normNames(config);
    b.table(embeddingName, [V, C]);
    if (config.positions === 'learned') b.table(positionsName, [config.contextLength, C]);
    for (let n = 0; n < config.numLayers; n++) {
      const layer = layerPrefix(n);
      const map = (name: string, out: number, width: number, bias: boolean, std?: number) => {
        b.matrix(`${layer}.${name}.weight`, [out, width], std);
        if (bias) b.vector(`${layer}.${name}.bias`, out, 0);
      };
      const scale = (name: string | undefined) => name && b.vector(`${layer}.${name}.weight`, C, one);
      const biased = config.attentionBias !== 'none';
      scale(names.beforeAttention);
      map('self_attn.q_proj', H * K, C, biased);
      map('self_attn.k_proj', G * K, C, biased);
      map('self_attn.v_proj', G * K, C, biased);
      map('self_attn.o_proj', C, H * K, config.attentionBias === 'all', residual);
      if (config.qkNorm) {
        b.vector(`${layer}.self_attn.q_norm.weight`, K, one);
        b.vector(`${layer}.self_attn.k_norm.weight`, K, one);
      }
      scale(names.afterAttention);
      scale(names.beforeFeedForward);
      map('mlp.gate_proj', F, C, config.mlpBias);
      map('mlp.up_proj', F, C, config.mlpBias);
      map('mlp.down_proj', C, F, config.mlpBias, residual);
      scale(names.afterFeedForward);
    }
    b.vector('model.norm.weight', C, one);
    if (!config.tieEmbeddings) b.head('lm_head.weight', [V, C]);
    return b.specs;
  },

  // Frequencies that older files carry, and the copy of a tied head.
  isExtra: (stored, { tieEmbeddings }) =>
    stored.endsWith('.rotary_emb.inv_freq') || (tieEmbeddings && stored === 'lm_head.weight'),
  flopsPerToken: (config, length) => decoderFlops(config, llama.parameterSpecs(config), length),

  embed: (config, scope) =>
    embedTokens(scope.get(embeddingName), scope, config.gemmaScales ? Math.sqrt(config.hiddenSize) : undefined),

  block(config, scope, n, x) {
    const layer = layerPrefix(n);
    const names = normNames(config);
    const normed = (name: string | undefined, y: Tensor) => (name ? norm(config, scope, `${layer}.${name}`, y) : y);
    const y = normed(names.beforeAttention, x);
    const biased = config.attentionBias !== 'none';
    const map = (name: string) => project(scope, `${layer}.self_attn.${name}_proj`, y, biased);
    const head = (name: string) =>
      config.qkNorm ? headNorm(config, scope, `${layer}.self_attn.${name}_norm`, map(name)) : map(name);
    const attended = scope.attend(n)(head('q'), head('k'), map('v'));
    const written = project(scope, `${layer}.self_attn.o_proj`, attended, config.attentionBias === 'all');
    const z = add(x, scope.drop(normed(names.afterAttention, written), 2 * n + 1));
    // GLU (Shazeer, "GLU Variants Improve Transformer", 2020): down(activation(gate(x)) · up(x)).
    const w = normed(names.beforeFeedForward, z);
    const feed = (name: string, input: Tensor) => project(scope, `${layer}.mlp.${name}_proj`, input, config.mlpBias);
    const fed = feed('down', mul(activate(config.activation, feed('gate', w)), feed('up', w)));
    return add(z, scope.drop(normed(names.afterFeedForward, fed), 2 * n + 2));
  },

  finalNorm: (config, scope, x) => norm(config, scope, 'model.norm', x),
};
