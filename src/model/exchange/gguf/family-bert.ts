import { encoderConfig } from '../../architecture/index.js';
import type { EncoderConfig } from '../../architecture/index.js';
import { f32, layers, pair, sizes, sizesOf } from './family.js';
import type { GgufFamily } from './family.js';

/** The body of a BERT, whose hidden states llama.cpp pools to a vector of the text. */
export const bert: GgufFamily<EncoderConfig> = {
  architecture: 'bert',
  holds: (config) => config.family === 'bert',
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
