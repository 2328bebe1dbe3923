import { decoderConfig } from '../../architecture/index.js';
import type { DecoderConfig, ModelConfig } from '../../architecture/index.js';
import { f32, head, layers, sizes, sizesOf, u32 } from './family.js';
import type { FamilyKeys, GgufFacts, GgufFamily, GgufTensorRow } from './family.js';
import type { GgufValue } from './metadata.js';
import { ropeFactors, scalingOf } from './rope-factors.js';

/** What tells Llama's relatives apart in GGUF. */
interface Relative {
  readonly architecture: string;
  readonly modelTypes: readonly DecoderConfig['modelType'][];
  /** Rows of queries and keys lie in neighbouring pairs; otherwise in halves, as in Hugging Face's files. */
  readonly pairs: boolean;
  readonly qkNorm: boolean;
}

const isLlama = (config: ModelConfig): config is DecoderConfig => config.family === 'llama';

/** Which maps of the attention have biases, by the file's tensors. */
function biasOf({ has }: GgufFacts): DecoderConfig['attentionBias'] {
  if (has('blk.0.attn_output.bias')) return 'all';
  return has('blk.0.attn_q.bias') ? 'qkv' : 'none';
}

function rotary(
  keys: FamilyKeys,
  headSize: number,
  facts: GgufFacts,
): Pick<DecoderConfig, 'ropeTheta' | 'ropeScaling'> {
  keys.only('rope.dimension_count', headSize);
  const ropeTheta = keys.number('rope.freq_base', 10_000);
  keys.only('rope.scaling.type', 'none', 'linear');
  const factor = keys.number('rope.scaling.factor', keys.number('rope.scale_linear', 1));
  if (facts.ropeFactors) {
    if (factor !== 1) keys.refuse('rope.scaling.factor', '1 beside rope_freqs.weight', factor);
    return { ropeTheta, ropeScaling: scalingOf(facts.ropeFactors, headSize, ropeTheta) };
  }
  return { ropeTheta, ropeScaling: factor === 1 ? null : { type: 'linear', factor } };
}

function scalingKeys({ ropeScaling }: DecoderConfig): Record<string, GgufValue> {
  // Llama 3's stretching is a tensor of its own; others are left to the check that finds what keys cannot say.
  if (ropeScaling?.type !== 'linear') return {};
  return { 'rope.scaling.type': { type: 'string', value: 'linear' }, 'rope.scaling.factor': f32(ropeScaling.factor) };
}

function llamaLike({ architecture, modelTypes, pairs, qkNorm }: Relative): GgufFamily<DecoderConfig> {
  return {
    architecture,
    holds: (config) => isLlama(config) && modelTypes.includes(config.modelType),
    metadata: (config) => ({
      ...sizes(config),
      'attention.head_count_kv': u32(config.numKvHeads),
      'attention.layer_norm_rms_epsilon': f32(config.normEpsilon),
      'attention.key_length': u32(config.headSize),
      'attention.value_length': u32(config.headSize),
      'rope.dimension_count': u32(config.headSize),
      'rope.freq_base': f32(config.ropeTheta),
      ...scalingKeys(config),
    }),
    config(keys, facts) {
      const common = sizesOf(keys, facts);
      const headSize = keys.number('attention.key_length', common.hiddenSize / common.numHeads);
      keys.only('attention.value_length', headSize);
      return decoderConfig({
        ...common,
        family: 'llama',
        modelType: modelTypes[0],
        headSize,
        numKvHeads: keys.number('attention.head_count_kv', common.numHeads),
        normEpsilon: keys.number('attention.layer_norm_rms_epsilon'),
        ...rotary(keys, headSize, facts),
        attentionBias: biasOf(facts),
        qkNorm,
      });
    },
    tensors: (config) => [
      { gguf: 'token_embd.weight', hf: 'model.embed_tokens.weight' },
      ...layers(config, (n) => {
        const [to, from] = [`blk.${n}`, `model.layers.${n}`];
        const biased = config.attentionBias !== 'none';
        const map = (gguf: string, name: string, bias: boolean, turned = false): GgufTensorRow[] =>
          (bias ? ['weight', 'bias'] : ['weight']).map((part) => ({
            gguf: `${to}.${gguf}.${part}`,
            hf: `${from}.self_attn.${name}.${part}`,
            ...(turned && pairs && { turn: 'pairs' as const }),
          }));
        return [
          { gguf: `${to}.attn_norm.weight`, hf: `${from}.input_layernorm.weight` },
          ...map('attn_q', 'q_proj', biased, true),
          ...map('attn_k', 'k_proj', biased, true),
          ...map('attn_v', 'v_proj', biased),
          ...map('attn_output', 'o_proj', config.attentionBias === 'all'),
          ...(qkNorm ? [...map('attn_q_norm', 'q_norm', false), ...map('attn_k_norm', 'k_norm', false)] : []),
          { gguf: `${to}.ffn_norm.weight`, hf: `${from}.post_attention_layernorm.weight` },
          { gguf: `${to}.ffn_gate.weight`, hf: `${from}.mlp.gate_proj.weight` },
          { gguf: `${to}.ffn_up.weight`, hf: `${from}.mlp.up_proj.weight` },
          { gguf: `${to}.ffn_down.weight`, hf: `${from}.mlp.down_proj.weight` },
        ];
      }),
      { gguf: 'output_norm.weight', hf: 'model.norm.weight' },
      ...head(config),
    ],
    constants: ({ headSize, ropeTheta, ropeScaling }) =>
      ropeScaling?.type === 'llama3'
        ? [{ name: 'rope_freqs.weight', values: ropeFactors(headSize, ropeTheta, ropeScaling) }]
        : [],
    // A name only: what it stands for is in the other fields.
    leaves: { fields: ['modelType'] },
  };
}

/** Llama; Mistral without a window computes the same and comes back as Llama. */
export const llama = llamaLike({ architecture: 'llama', modelTypes: ['llama', 'mistral'], pairs: true, qkNorm: false });
export const qwen2 = llamaLike({ architecture: 'qwen2', modelTypes: ['qwen2'], pairs: false, qkNorm: false });
export const qwen3 = llamaLike({ architecture: 'qwen3', modelTypes: ['qwen3'], pairs: false, qkNorm: true });
