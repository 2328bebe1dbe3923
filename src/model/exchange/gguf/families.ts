import { InvalidInput } from '../../../base/core/index.js';
import { decoderConfig, encoderConfig } from '../../architecture/index.js';
import type { DecoderConfig, EncoderConfig, ModelConfig } from '../../architecture/index.js';
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
  /** Rows of the table of segment embeddings, where there is one. */
  readonly segments?: number;
}

/** Families that GGUF files hold here. */
export type GgufFamilyName = 'llama' | 'gpt2' | 'bert';

/** A family in GGUF: one row of the table below. Keys stand without the architecture's prefix. */
export interface GgufFamily<Config extends ModelConfig = ModelConfig> {
  /** `general.architecture`. */
  readonly architecture: string;
  metadata(config: Config): Readonly<Record<string, GgufValue>>;
  /** Throws `InvalidInput` for values that the family does not compute. */
  config(keys: FamilyKeys, facts: GgufFacts): Config;
  tensors(config: Config): readonly GgufTensorRow[];
  /** Fields and tensors that the format has no place for, and what that means. */
  readonly leaves?: { readonly fields: readonly string[]; isTensor(hf: string): boolean; readonly note: string };
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

  boolean(key: string, fallback: boolean): boolean {
    return this.#metadata.boolean(this.#prefix + key, fallback);
  }

  optionalNumber(key: string): number | undefined {
    return this.#metadata.optionalNumber(this.#prefix + key);
  }

  /** Refuses a model that computes something else than the family does. */
  only(key: string, ...allowed: readonly (number | string)[]): void {
    const full = this.#prefix + key;
    const found =
      typeof allowed[0] === 'string' ? this.#metadata.optionalString(full) : this.#metadata.optionalNumber(full);
    if (found !== undefined && !allowed.includes(found)) this.refuse(key, allowed.join(' or '), found);
  }

  refuse(key: string, expected: string, got: unknown): never {
    const full = this.#prefix + key;
    throw new InvalidInput(
      'gguf.family',
      `gguf: expected ${full} to be ${expected} (nothing else is supported), got ${String(got)}`,
      { key: full },
    );
  }

  /** Keys that say something about the model which nobody asked for. */
  unread(): string[] {
    return this.#metadata.unread(this.#prefix);
  }
}

const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const f32 = (value: number): GgufValue => ({ type: 'f32', value });
const layers = (config: ModelConfig, row: (n: number) => readonly GgufTensorRow[]) =>
  Array.from({ length: config.numLayers }, (_, n) => row(n)).flat();
const head = (config: DecoderConfig): GgufTensorRow[] =>
  config.tieEmbeddings ? [] : [{ gguf: 'output.weight', hf: 'lm_head.weight' }];
const sizes = (config: ModelConfig) => ({
  vocab_size: u32(config.vocabSize),
  context_length: u32(config.contextLength),
  embedding_length: u32(config.hiddenSize),
  block_count: u32(config.numLayers),
  feed_forward_length: u32(config.intermediateSize),
  'attention.head_count': u32(config.numHeads),
});
/** Weight and bias of a map or a norm. */
const pair = (gguf: string, hf: string, turn?: Turn): GgufTensorRow[] => [
  { gguf: `${gguf}.weight`, hf: `${hf}.weight`, ...(turn && { turn }) },
  { gguf: `${gguf}.bias`, hf: `${hf}.bias` },
];
const sizesOf = (keys: FamilyKeys, { vocabSize, tied, bos, eos }: GgufFacts) => {
  keys.only('vocab_size', vocabSize);
  keys.only('expert_count', 0);
  keys.only('expert_used_count', 0);
  return {
    vocabSize,
    bos,
    eos,
    tieEmbeddings: tied,
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
    'attention.head_count_kv': u32(config.numKvHeads),
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
      return [
        ...pair(`${to}.attn_norm`, `${from}.ln_1`),
        ...pair(`${to}.attn_qkv`, `${from}.attn.c_attn`, 'transpose'),
        ...pair(`${to}.attn_output`, `${from}.attn.c_proj`, 'transpose'),
        ...pair(`${to}.ffn_norm`, `${from}.ln_2`),
        ...pair(`${to}.ffn_up`, `${from}.mlp.c_fc`, 'transpose'),
        ...pair(`${to}.ffn_down`, `${from}.mlp.c_proj`, 'transpose'),
      ];
    }),
    ...pair('output_norm', 'transformer.ln_f'),
    ...head(config),
  ],
};

/** The body of a BERT, whose hidden states llama.cpp pools to a vector of the text. */
const bert: GgufFamily<EncoderConfig> = {
  architecture: 'bert',
  metadata: (config) => ({
    ...sizes(config),
    'attention.layer_norm_epsilon': f32(config.normEpsilon),
    'attention.causal': { type: 'bool', value: false },
  }),
  config(keys, facts) {
    const common = sizesOf(keys, { ...facts, bos: null, eos: null });
    if (keys.boolean('attention.causal', false)) keys.refuse('attention.causal', 'false', true);
    // How hidden states become a vector: `abovo embed --pooling` says it here.
    keys.optionalNumber('pooling_type');
    return encoderConfig({
      ...common,
      family: 'bert',
      head: 'none',
      pooler: false,
      tieEmbeddings: true,
      typeVocabSize: facts.segments ?? 2,
      normEpsilon: keys.number('attention.layer_norm_epsilon'),
    });
  },
  tensors: (config) => {
    const prefix = config.head === 'none' ? '' : 'bert.';
    return [
      { gguf: 'token_embd.weight', hf: `${prefix}embeddings.word_embeddings.weight` },
      { gguf: 'position_embd.weight', hf: `${prefix}embeddings.position_embeddings.weight`, exact: true },
      { gguf: 'token_types.weight', hf: `${prefix}embeddings.token_type_embeddings.weight`, exact: true },
      ...pair('token_embd_norm', `${prefix}embeddings.LayerNorm`),
      ...layers(config, (n) => {
        const [to, from] = [`blk.${n}`, `${prefix}encoder.layer.${n}`];
        return [
          ...pair(`${to}.attn_q`, `${from}.attention.self.query`),
          ...pair(`${to}.attn_k`, `${from}.attention.self.key`),
          ...pair(`${to}.attn_v`, `${from}.attention.self.value`),
          ...pair(`${to}.attn_output`, `${from}.attention.output.dense`),
          ...pair(`${to}.attn_output_norm`, `${from}.attention.output.LayerNorm`),
          ...pair(`${to}.ffn_up`, `${from}.intermediate.dense`),
          ...pair(`${to}.ffn_down`, `${from}.output.dense`),
          ...pair(`${to}.layer_output_norm`, `${from}.output.LayerNorm`),
        ];
      }),
    ];
  },
  leaves: {
    fields: ['head', 'pooler', 'tieEmbeddings'],
    isTensor: (hf) => /^(?:bert\.)?pooler\.|^cls\./.test(hf),
    note: 'the file holds the body, whose hidden states are pooled to vectors; pooler and masked-LM head stay behind',
  },
};

/** The families that GGUF files hold here: one row each. */
export const ggufFamilies: Readonly<Record<GgufFamilyName, GgufFamily>> = { llama, gpt2, bert };
