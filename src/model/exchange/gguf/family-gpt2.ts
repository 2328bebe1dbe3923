import { decoderConfig } from '../../architecture/index.js';
import type { DecoderConfig } from '../../architecture/index.js';
import { f32, head, layers, pair, sizes, sizesOf } from './family.js';
import type { GgufFamily } from './family.js';

/** GPT-2: one map for queries, keys and values; matrices lie turned. */
export const gpt2: GgufFamily<DecoderConfig> = {
  architecture: 'gpt2',
  holds: (config) => config.family === 'gpt2',
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
