import { InvalidInput } from '../../../base/core/index.js';
import { decoderConfig } from '../../architecture/index.js';
import type { DecoderConfig, ModelConfig } from '../../architecture/index.js';
import type { GgufValue, MetadataReader } from './metadata.js';

/** What a tensor needs on its way between Hugging Face's layout and the format's. */
export type Turn = 'transpose' | 'query' | 'key';

/** A tensor under both names. */
export interface GgufTensorRow {
  readonly gguf: string;
  readonly hf: string;
  readonly turn?: Turn;
  /** A table of positions: kept in f32, as llama.cpp's converter does. */
  readonly exact?: boolean;
}

/** What reading a configuration knows besides the family's keys. */
export interface GgufFacts {
  readonly vocabSize: number;
  readonly tied: boolean;
  readonly bos: number | null;
  readonly eos: number | null;
}

/** Families that GGUF files hold here. */
export type GgufFamilyName = 'llama' | 'gpt2';

/** A family in GGUF: one row of the table below. Keys stand without the architecture's prefix. */
export interface GgufFamily<Config extends ModelConfig = ModelConfig> {
  /** `general.architecture`. */
  readonly architecture: string;
  metadata(config: Config): Readonly<Record<string, GgufValue>>;
  /** Throws `InvalidInput` for values that the family does not compute. */
  config(keys: FamilyKeys, facts: GgufFacts): Config;
  tensors(config: Config): readonly GgufTensorRow[];
}

/** Reads the keys of one architecture. */
export class FamilyKeys {
  readonly #metadata: MetadataReader;
  readonly #prefix: string;

  constructor(metadata: MetadataReader, architecture: string) {
    this.#metadata = metadata;
    this.#prefix = `${architecture}.`;
  }

  number(key: string, fallback?: number): number {
    return this.#metadata.number(this.#prefix + key, fallback);
  }

  optionalNumber(key: string): number | undefined {
    return this.#metadata.optionalNumber(this.#prefix + key);
  }

  /** Refuses a model that computes something else than the family does. */
  only(key: string, ...allowed: readonly (number | string)[]): void {
    const full = this.#prefix + key;
    const found =
      typeof allowed[0] === 'string' ? this.#metadata.optionalString(full) : this.#metadata.optionalNumber(full);
    if (found !== undefined && !allowed.includes(found)) {
      throw new InvalidInput(
        'gguf.family',
        `gguf: expected ${full} to be ${allowed.join(' or ')} (nothing else is supported), got ${found}`,
        { key: full },
      );
    }
  }

  /** Keys that say something about the model which nobody asked for. */
  unread(): string[] {
    return this.#metadata.unread(this.#prefix);
  }
}

const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const f32 = (value: number): GgufValue => ({ type: 'f32', value });
const layers = (config: DecoderConfig, row: (n: number) => readonly GgufTensorRow[]) =>
  Array.from({ length: config.numLayers }, (_, n) => row(n)).flat();
const head = (config: DecoderConfig): GgufTensorRow[] =>
  config.tieEmbeddings ? [] : [{ gguf: 'output.weight', hf: 'lm_head.weight' }];
const sizes = (config: DecoderConfig) => ({
  vocab_size: u32(config.vocabSize),
  context_length: u32(config.contextLength),
  embedding_length: u32(config.hiddenSize),
  block_count: u32(config.numLayers),
  feed_forward_length: u32(config.intermediateSize),
  'attention.head_count': u32(config.numHeads),
  'attention.head_count_kv': u32(config.numKvHeads),
});
const sizesOf = (keys: FamilyKeys, { tied: tieEmbeddings, ...facts }: GgufFacts) => {
  keys.only('vocab_size', facts.vocabSize);
  keys.only('expert_count', 0);
  keys.only('expert_used_count', 0);
  return {
    ...facts,
    tieEmbeddings,
    contextLength: keys.number('context_length'),
    hiddenSize: keys.number('embedding_length'),
    numLayers: keys.number('block_count'),
    intermediateSize: keys.number('feed_forward_length'),
    numHeads: keys.number('attention.head_count'),
  };
};

const llama: GgufFamily<DecoderConfig> = {
  architecture: 'llama',
  metadata: (config) => ({
    ...sizes(config),
    'attention.layer_norm_rms_epsilon': f32(config.normEpsilon),
    'attention.key_length': u32(config.headSize),
    'attention.value_length': u32(config.headSize),
    'rope.dimension_count': u32(config.headSize),
    'rope.freq_base': f32(config.ropeTheta),
  }),
  config(keys, facts) {
    const common = sizesOf(keys, facts);
    const headSize = keys.number('attention.key_length', common.hiddenSize / common.numHeads);
    keys.only('attention.value_length', headSize);
    keys.only('rope.dimension_count', headSize);
    keys.only('rope.scaling.type', 'none');
    keys.only('rope.scaling.factor', 1);
    keys.only('rope.scale_linear', 1);
    return decoderConfig({
      ...common,
      family: 'llama',
      headSize,
      numKvHeads: keys.number('attention.head_count_kv', common.numHeads),
      normEpsilon: keys.number('attention.layer_norm_rms_epsilon'),
      ropeTheta: keys.number('rope.freq_base', 10_000),
    });
  },
  tensors: (config) => [
    { gguf: 'token_embd.weight', hf: 'model.embed_tokens.weight' },
    ...layers(config, (n) => {
      const [to, from] = [`blk.${n}`, `model.layers.${n}`];
      return [
        { gguf: `${to}.attn_norm.weight`, hf: `${from}.input_layernorm.weight` },
        { gguf: `${to}.attn_q.weight`, hf: `${from}.self_attn.q_proj.weight`, turn: 'query' },
        { gguf: `${to}.attn_k.weight`, hf: `${from}.self_attn.k_proj.weight`, turn: 'key' },
        { gguf: `${to}.attn_v.weight`, hf: `${from}.self_attn.v_proj.weight` },
        { gguf: `${to}.attn_output.weight`, hf: `${from}.self_attn.o_proj.weight` },
        { gguf: `${to}.ffn_norm.weight`, hf: `${from}.post_attention_layernorm.weight` },
        { gguf: `${to}.ffn_gate.weight`, hf: `${from}.mlp.gate_proj.weight` },
        { gguf: `${to}.ffn_up.weight`, hf: `${from}.mlp.up_proj.weight` },
        { gguf: `${to}.ffn_down.weight`, hf: `${from}.mlp.down_proj.weight` },
      ];
    }),
    { gguf: 'output_norm.weight', hf: 'model.norm.weight' },
    ...head(config),
  ],
};

const gpt2: GgufFamily<DecoderConfig> = {
  architecture: 'gpt2',
  metadata: (config) => ({ ...sizes(config), 'attention.layer_norm_epsilon': f32(config.normEpsilon) }),
  config(keys, facts) {
    const common = sizesOf(keys, facts);
    keys.only('attention.head_count_kv', common.numHeads);
    return decoderConfig({ ...common, family: 'gpt2', normEpsilon: keys.number('attention.layer_norm_epsilon') });
  },
  tensors: (config) => [
    { gguf: 'token_embd.weight', hf: 'transformer.wte.weight' },
    { gguf: 'position_embd.weight', hf: 'transformer.wpe.weight', exact: true },
    ...layers(config, (n) => {
      const [to, from] = [`blk.${n}`, `transformer.h.${n}`];
      const pair = (gguf: string, hf: string, turn?: Turn): GgufTensorRow[] => [
        { gguf: `${to}.${gguf}.weight`, hf: `${from}.${hf}.weight`, ...(turn && { turn }) },
        { gguf: `${to}.${gguf}.bias`, hf: `${from}.${hf}.bias` },
      ];
      return [
        ...pair('attn_norm', 'ln_1'),
        ...pair('attn_qkv', 'attn.c_attn', 'transpose'),
        ...pair('attn_output', 'attn.c_proj', 'transpose'),
        ...pair('ffn_norm', 'ln_2'),
        ...pair('ffn_up', 'mlp.c_fc', 'transpose'),
        ...pair('ffn_down', 'mlp.c_proj', 'transpose'),
      ];
    }),
    { gguf: 'output_norm.weight', hf: 'transformer.ln_f.weight' },
    { gguf: 'output_norm.bias', hf: 'transformer.ln_f.bias' },
    ...head(config),
  ],
};

/** The families that GGUF files hold here: one row each. */
export const ggufFamilies: Readonly<Record<GgufFamilyName, GgufFamily>> = { llama, gpt2 };
