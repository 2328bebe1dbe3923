import { decoderConfig } from '../../architecture/index.js';
import type { DecoderConfig } from '../../architecture/index.js';
import { f32, layers, sizes, sizesOf, u32 } from './family.js';
import type { FamilyKeys, GgufFamily, GgufTensorRow } from './family.js';
import type { GgufValue } from './metadata.js';

/** What tells the generations of Gemma apart in GGUF. What has no key llama.cpp knows by itself. */
interface Generation {
  readonly architecture: 'gemma' | 'gemma2' | 'gemma3';
  readonly modelType: DecoderConfig['modelType'];
  readonly postNorms: boolean;
  readonly qkNorm: boolean;
  /** Of so many layers the last one has no window; 0 where none has one. */
  readonly pattern: number;
  /** Attention's and the logits' bound stand in the file. */
  readonly softcaps: boolean;
  /** Base of the rotation: in all layers, or in those without a window, of which the others' is 10,000. */
  readonly theta: number;
  readonly localTheta: number | null;
  /** The size that scales its scores by the width of a head of hiddenSize / numHeads, known by its number of layers. */
  readonly largest: number | null;
}

const globalLayers = (numLayers: number, pattern: number) =>
  Array.from({ length: numLayers }, (_, n) => n).filter((n) => pattern > 0 && (n + 1) % pattern === 0);

/** Norms are stored as what they multiply by, 1 + weight. */
const norm = (gguf: string, hf: string): GgufTensorRow => ({
  gguf: `${gguf}.weight`,
  hf: `${hf}.weight`,
  turn: 'plusOne',
});

function scaling(keys: FamilyKeys): DecoderConfig['ropeScaling'] {
  keys.only('rope.scaling.type', 'none', 'linear');
  const factor = keys.number('rope.scaling.factor', 1);
  return factor === 1 ? null : { type: 'linear', factor };
}

function gemmaOf(generation: Generation): GgufFamily<DecoderConfig> {
  const { architecture, modelType, postNorms, qkNorm, pattern, softcaps, theta, localTheta, largest } = generation;
  return {
    architecture,
    holds: (config) => config.family === 'llama' && config.modelType === modelType,
    metadata: ({ window, attentionSoftcap, logitSoftcap, ropeScaling, ...config }): Record<string, GgufValue> => ({
      ...sizes({ window, attentionSoftcap, logitSoftcap, ropeScaling, ...config }),
      'attention.head_count_kv': u32(config.numKvHeads),
      'attention.layer_norm_rms_epsilon': f32(config.normEpsilon),
      'attention.key_length': u32(config.headSize),
      'attention.value_length': u32(config.headSize),
      'rope.freq_base': f32(config.ropeTheta),
      ...(pattern > 0 && window !== null ? { 'attention.sliding_window': u32(window) } : {}),
      ...(softcaps && attentionSoftcap !== null ? { attn_logit_softcapping: f32(attentionSoftcap) } : {}),
      ...(softcaps && logitSoftcap !== null ? { final_logit_softcapping: f32(logitSoftcap) } : {}),
      ...(ropeScaling?.type === 'linear'
        ? {
            'rope.scaling.type': { type: 'string', value: 'linear' } as const,
            'rope.scaling.factor': f32(ropeScaling.factor),
          }
        : {}),
    }),
    config(keys, facts) {
      const common = sizesOf(keys, facts);
      const { numLayers, hiddenSize, numHeads } = common;
      const headSize = keys.number('attention.key_length', 256);
      keys.only('attention.value_length', headSize);
      keys.only('rope.dimension_count', headSize);
      const scalar = numLayers === largest ? hiddenSize / numHeads : headSize;
      return decoderConfig({
        ...common,
        family: 'llama',
        modelType,
        activation: 'gelu-tanh',
        headSize,
        numKvHeads: keys.number('attention.head_count_kv', numHeads),
        normEpsilon: keys.number('attention.layer_norm_rms_epsilon'),
        ropeTheta: keys.number('rope.freq_base', theta),
        ropeScaling: scaling(keys),
        localRopeTheta: localTheta,
        gemmaScales: true,
        postNorms,
        qkNorm,
        attentionScalar: scalar === headSize ? null : scalar,
        ...(pattern > 0
          ? { window: keys.number('attention.sliding_window'), globalLayers: globalLayers(numLayers, pattern) }
          : {}),
        ...(softcaps
          ? {
              attentionSoftcap: keys.number('attn_logit_softcapping', 50),
              logitSoftcap: keys.number('final_logit_softcapping', 30),
            }
          : {}),
      });
    },
    tensors: (config) => [
      { gguf: 'token_embd.weight', hf: 'model.embed_tokens.weight' },
      ...layers(config, (n) => {
        const [to, from] = [`blk.${n}`, `model.layers.${n}`];
        const map = (gguf: string, hf: string) => ({ gguf: `${to}.${gguf}.weight`, hf: `${from}.${hf}.weight` });
        const own = (gguf: string, hf: string) => norm(`${to}.${gguf}`, `${from}.${hf}`);
        return [
          own('attn_norm', 'input_layernorm'),
          map('attn_q', 'self_attn.q_proj'),
          map('attn_k', 'self_attn.k_proj'),
          map('attn_v', 'self_attn.v_proj'),
          map('attn_output', 'self_attn.o_proj'),
          ...(qkNorm ? [own('attn_q_norm', 'self_attn.q_norm'), own('attn_k_norm', 'self_attn.k_norm')] : []),
          ...(postNorms ? [own('post_attention_norm', 'post_attention_layernorm')] : []),
          own('ffn_norm', postNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm'),
          map('ffn_gate', 'mlp.gate_proj'),
          map('ffn_up', 'mlp.up_proj'),
          map('ffn_down', 'mlp.down_proj'),
          ...(postNorms ? [own('post_ffw_norm', 'post_feedforward_layernorm')] : []),
        ];
      }),
      norm('output_norm', 'model.norm'),
    ],
  };
}

const first = { postNorms: false, qkNorm: false, pattern: 0, softcaps: false, theta: 10_000, localTheta: null };

export const gemma = gemmaOf({ ...first, architecture: 'gemma', modelType: 'gemma', largest: null });
export const gemma2 = gemmaOf({
  ...first,
  architecture: 'gemma2',
  modelType: 'gemma2',
  postNorms: true,
  pattern: 2,
  softcaps: true,
  largest: 46,
});
export const gemma3 = gemmaOf({
  ...first,
  architecture: 'gemma3',
  modelType: 'gemma3_text',
  postNorms: true,
  qkNorm: true,
  pattern: 6,
  theta: 1_000_000,
  localTheta: 10_000,
  largest: 62,
});
