import { InvalidInput } from '../../base/core/index.js';
import type { Json } from '../../base/core/index.js';
import { decoderConfig } from './config.js';
import type { DecoderConfig } from './config.js';

type JsonObject = { readonly [key: string]: Json };

function refuse(field: string, expected: string, got: unknown): never {
  throw new InvalidInput(
    'model.config',
    `config.json: expected ${field} ${expected}, got ${JSON.stringify(got) ?? 'nothing'}`,
    {
      field,
      got,
    },
  );
}

/** Reads typed fields of a config.json; a missing field takes its default, `undefined` meaning there is none. */
class Fields {
  readonly #json: JsonObject;

  constructor(json: JsonObject) {
    this.#json = json;
  }

  get(field: string): Json | undefined {
    return this.#json[field] ?? undefined;
  }

  number(field: string, fallback?: number): number {
    const value = this.get(field) ?? fallback;
    if (typeof value !== 'number') refuse(field, 'a number', value);
    return value;
  }

  boolean(field: string, fallback: boolean): boolean {
    const value = this.get(field) ?? fallback;
    if (typeof value !== 'boolean') refuse(field, 'true or false', value);
    return value;
  }

  /** Refuses a model that computes something else than the shapes here do. */
  only(field: string, allowed: readonly Json[]): void {
    const value = this.get(field);
    if (value !== undefined && !allowed.includes(value)) {
      refuse(field, `to be ${allowed.map((a) => JSON.stringify(a)).join(' or ')} (nothing else is supported)`, value);
    }
  }

  /** A token id, the first of several, or null where there is none inside the vocabulary. */
  tokenId(field: string, vocabSize: number): number | null {
    const value = this.get(field);
    const id = Array.isArray(value) ? value[0] : value;
    return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 && id < vocabSize ? id : null;
  }
}

function ropeTheta(fields: Fields): number {
  const parameters = fields.get('rope_parameters') ?? fields.get('rope_scaling');
  if (parameters === undefined) return fields.number('rope_theta', 10_000);
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    refuse('rope_parameters', 'an object', parameters);
  }
  const rope = new Fields(parameters as JsonObject);
  rope.only('rope_type', ['default']);
  rope.only('type', ['default']);
  return rope.number('rope_theta', fields.number('rope_theta', 10_000));
}

/**
 * A decoder's configuration from the config.json of a GPT2LMHeadModel or LlamaForCausalLM.
 *
 * @throws InvalidInput `model.config` for anything these shapes do not compute (scaled rotary positions, biases in
 * llama, other activations), naming the field.
 */
export function decoderConfigFromHf(json: unknown): DecoderConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new InvalidInput('model.config', 'config.json: expected an object with model_type');
  }
  const fields = new Fields(json as JsonObject);
  const vocabSize = fields.number('vocab_size');
  const common = {
    vocabSize,
    initializerRange: fields.number('initializer_range', 0.02),
    bos: fields.tokenId('bos_token_id', vocabSize),
    eos: fields.tokenId('eos_token_id', vocabSize),
  };
  const modelType = fields.get('model_type');
  if (modelType === 'gpt2') {
    fields.only('activation_function', ['gelu_new', 'gelu_pytorch_tanh']);
    fields.only('add_cross_attention', [false]);
    fields.only('scale_attn_weights', [true]);
    fields.only('scale_attn_by_inverse_layer_idx', [false]);
    const hiddenSize = fields.number('n_embd');
    return decoderConfig({
      ...common,
      shape: 'gpt2',
      contextLength: fields.number('n_positions', 1024),
      hiddenSize,
      intermediateSize: fields.number('n_inner', 4 * hiddenSize),
      numLayers: fields.number('n_layer'),
      numHeads: fields.number('n_head'),
      normEpsilon: fields.number('layer_norm_epsilon', 1e-5),
      tieEmbeddings: fields.boolean('tie_word_embeddings', true),
    });
  }
  if (modelType === 'llama') {
    fields.only('hidden_act', ['silu', 'swish']);
    fields.only('attention_bias', [false]);
    fields.only('mlp_bias', [false]);
    const hiddenSize = fields.number('hidden_size');
    const numHeads = fields.number('num_attention_heads');
    return decoderConfig({
      ...common,
      shape: 'llama',
      contextLength: fields.number('max_position_embeddings', 2048),
      hiddenSize,
      intermediateSize: fields.number('intermediate_size'),
      numLayers: fields.number('num_hidden_layers'),
      numHeads,
      numKvHeads: fields.number('num_key_value_heads', numHeads),
      headSize: fields.number('head_dim', hiddenSize / numHeads),
      normEpsilon: fields.number('rms_norm_eps', 1e-6),
      ropeTheta: ropeTheta(fields),
      tieEmbeddings: fields.boolean('tie_word_embeddings', false),
    });
  }
  return refuse('model_type', '"gpt2" or "llama"', modelType);
}

/** The config.json that transformers reads, weights in f32. */
export function decoderConfigToHf(config: DecoderConfig): Record<string, Json> {
  const common = {
    bos_token_id: config.bos,
    eos_token_id: config.eos,
    initializer_range: config.initializerRange,
    tie_word_embeddings: config.tieEmbeddings,
    torch_dtype: 'float32',
    use_cache: true,
    vocab_size: config.vocabSize,
  };
  if (config.shape === 'gpt2') {
    return {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      ...common,
      activation_function: 'gelu_new',
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
  }
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    ...common,
    attention_bias: false,
    attention_dropout: 0,
    head_dim: config.headSize,
    hidden_act: 'silu',
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
}
