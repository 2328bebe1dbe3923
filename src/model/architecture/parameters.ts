import { numElements } from '../../compiler/tensor/index.js';
import type { DecoderConfig } from './config.js';

/** How a fresh tensor is filled: normal with this standard deviation, or one value. */
export type Initializer = { readonly normal: number } | { readonly value: number };

export type ParameterKind = 'embedding' | 'matrix' | 'vector' | 'head';

/** One tensor of a model. Linear weights lie as Hugging Face stores them: gpt2 [in, out] (Conv1D), llama [out, in]. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  readonly init: Initializer;
  /** Weight decay applies (everything that is not a vector). */
  readonly decay: boolean;
  readonly kind: ParameterKind;
}

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** Names of the tensors of layer `n`, as Hugging Face names them. */
export function layerPrefix(config: DecoderConfig, n: number): string {
  return config.shape === 'gpt2' ? `transformer.h.${n}` : `model.layers.${n}`;
}

/** Name of the token embedding table [vocabSize, hiddenSize]. */
export function embeddingName(config: DecoderConfig): string {
  return config.shape === 'gpt2' ? 'transformer.wte.weight' : 'model.embed_tokens.weight';
}

/** Name of the matrix that the head multiplies by: the embedding table where they are tied. */
export function headName(config: DecoderConfig): string {
  return config.tieEmbeddings ? embeddingName(config) : 'lm_head.weight';
}

/**
 * Every tensor of a model in the order of computation. Initialisation is GPT-2's for both shapes: normal with
 * `initializerRange`, the two projections that write into the residual stream scaled by 1/√(2·numLayers), biases 0,
 * norms 1.
 */
export function parameterSpecs(config: DecoderConfig): ParameterSpecs {
  const { hiddenSize: C, intermediateSize: F, vocabSize: V, numHeads: H, numKvHeads: G, headSize: K } = config;
  const std = config.initializerRange;
  const residual = std / Math.sqrt(2 * config.numLayers);
  const specs: Record<string, ParameterSpec> = {};
  const table = (name: string, rows: number) => {
    specs[name] = { shape: [rows, C], init: { normal: std }, decay: true, kind: 'embedding' };
  };
  const matrix = (name: string, shape: readonly number[], normal = std) => {
    specs[name] = { shape, init: { normal }, decay: true, kind: 'matrix' };
  };
  const vector = (name: string, length: number, value: number) => {
    specs[name] = { shape: [length], init: { value }, decay: false, kind: 'vector' };
  };
  table(embeddingName(config), V);
  if (config.shape === 'gpt2') {
    table('transformer.wpe.weight', config.contextLength);
    for (let n = 0; n < config.numLayers; n++) {
      const layer = layerPrefix(config, n);
      vector(`${layer}.ln_1.weight`, C, 1);
      vector(`${layer}.ln_1.bias`, C, 0);
      matrix(`${layer}.attn.c_attn.weight`, [C, 3 * C]);
      vector(`${layer}.attn.c_attn.bias`, 3 * C, 0);
      matrix(`${layer}.attn.c_proj.weight`, [C, C], residual);
      vector(`${layer}.attn.c_proj.bias`, C, 0);
      vector(`${layer}.ln_2.weight`, C, 1);
      vector(`${layer}.ln_2.bias`, C, 0);
      matrix(`${layer}.mlp.c_fc.weight`, [C, F]);
      vector(`${layer}.mlp.c_fc.bias`, F, 0);
      matrix(`${layer}.mlp.c_proj.weight`, [F, C], residual);
      vector(`${layer}.mlp.c_proj.bias`, C, 0);
    }
    vector('transformer.ln_f.weight', C, 1);
    vector('transformer.ln_f.bias', C, 0);
  } else {
    for (let n = 0; n < config.numLayers; n++) {
      const layer = layerPrefix(config, n);
      vector(`${layer}.input_layernorm.weight`, C, 1);
      matrix(`${layer}.self_attn.q_proj.weight`, [H * K, C]);
      matrix(`${layer}.self_attn.k_proj.weight`, [G * K, C]);
      matrix(`${layer}.self_attn.v_proj.weight`, [G * K, C]);
      matrix(`${layer}.self_attn.o_proj.weight`, [C, H * K], residual);
      vector(`${layer}.post_attention_layernorm.weight`, C, 1);
      matrix(`${layer}.mlp.gate_proj.weight`, [F, C]);
      matrix(`${layer}.mlp.up_proj.weight`, [F, C]);
      matrix(`${layer}.mlp.down_proj.weight`, [C, F], residual);
    }
    vector('model.norm.weight', C, 1);
  }
  if (!config.tieEmbeddings) {
    specs['lm_head.weight'] = { shape: [V, C], init: { normal: std }, decay: true, kind: 'head' };
  }
  return specs;
}

/** Parameters in all, and without the tables that are only looked up (token and position embeddings). */
export function countParameters(config: DecoderConfig): { readonly total: number; readonly nonEmbedding: number } {
  let total = 0;
  let embedding = 0;
  for (const spec of Object.values(parameterSpecs(config))) {
    const count = numElements(spec.shape);
    total += count;
    if (spec.kind === 'embedding') embedding += count;
  }
  return { total, nonEmbedding: total - embedding };
}

/**
 * Floating-point operations per token: 2 (forward) or 6 (training) for each weight that a token is multiplied by — the
 * head included, tied or not, the looked-up tables not — plus attention's two products, 4·T·H·K per layer forward, a
 * causal mask not deducted (PaLM, appendix B: training 6N + 12·L·H·Q·T).
 */
export function flopsPerToken(
  config: DecoderConfig,
  sequenceLength: number,
): { readonly forward: number; readonly training: number } {
  const head = config.tieEmbeddings ? config.vocabSize * config.hiddenSize : 0;
  const weights = countParameters(config).nonEmbedding + head;
  const attention = 4 * config.numLayers * config.numHeads * config.headSize * sequenceLength;
  return { forward: 2 * weights + attention, training: 6 * weights + 3 * attention };
}
