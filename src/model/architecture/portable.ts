import {
  add,
  and,
  broadcastTo,
  cast,
  concat,
  equal,
  iota,
  less,
  lessEqual,
  multiplyDims,
  reduceSum,
  reshape,
  rope,
  scalar,
  sub,
  trace,
  transpose,
} from '../../compiler/ir/index.js';
import type { Graph, Tensor, ValueType } from '../../compiler/ir/index.js';
import { alibiBias, maskedAttention } from '../nn/index.js';
import type { Attend } from '../nn/index.js';
import { forward } from './decoder/index.js';
import type { DecoderConfig } from './decoder/index.js';
import { encoderForward, maskedLanguageLogits, poolerOutput, sequenceLogits, tokenLogits } from './encoder/index.js';
import type { EncoderConfig, EncoderInput } from './encoder/index.js';
import { familyOf } from './families.js';
import type { ModelConfig } from './model.js';

// B sequences, T new tokens, P past ones, S = P + T, H query heads, G key heads of K numbers, V vocabulary.

export const parameterTypes = (config: ModelConfig): Record<string, ValueType> =>
  Object.fromEntries(
    Object.entries(familyOf(config).parameterSpecs(config)).map(([name, { shape }]) => [name, { dtype: 'f32', shape }]),
  );

export const asNumbers = (t: Readonly<Record<string, Tensor>>, name: string): Tensor => cast(t[name] as Tensor, 'i32');

/**
 * A decoder as Optimum and transformers.js call it: `input_ids` i64 [B, T], `attention_mask` i64 [B, S] over past and new
 * tokens, `position_ids` i64 [B, T], `past_key_values.N.key` and `.value` [B, G, P, K] → `logits` [B, T, V] and
 * `present.N.key` and `.value` [B, G, S, K].
 */
export function portableDecoderGraph(config: DecoderConfig): Graph {
  const { numHeads: H, numKvHeads: G, headSize: K, numLayers } = config;
  const past: ValueType = { dtype: 'f32', shape: ['batch_size', G, 'past_sequence_length', K] };
  const tokens: ValueType = { dtype: 'i64', shape: ['batch_size', 'sequence_length'] };
  const inputs: Record<string, ValueType> = {
    input_ids: tokens,
    attention_mask: { dtype: 'i64', shape: ['batch_size', 'total_sequence_length'] },
    position_ids: tokens,
  };
  for (let n = 0; n < numLayers; n++) {
    inputs[`past_key_values.${n}.key`] = past;
    inputs[`past_key_values.${n}.value`] = past;
  }
  return trace('decoder', { ...inputs, ...parameterTypes(config) }, (t) => {
    const [B, T] = ['batch_size', 'sequence_length'];
    const [P, S] = ['past_sequence_length', 'total_sequence_length'];
    const outputs: Record<string, Tensor> = {};
    // A key is seen by the queries from its own place on, unless it is padding.
    const before = cast(reduceSum(broadcastTo(scalar(1), [P])), 'i32');
    const query = reshape(add(iota([T], 0), before), [1, 1, T, 1]);
    const key = reshape(iota([S], 0), [1, 1, 1, S]);
    const counts = reshape(equal(asNumbers(t, 'attention_mask'), 1), [B, 1, 1, S]);
    const seen = and(lessEqual(key, query), counts);
    const recent = (window: number) => (window > 0 ? and(seen, less(sub(query, key), window)) : seen);
    const split = (x: Tensor, count: number) => transpose(reshape(x, [B, T, count, K]), [0, 2, 1, 3]);
    const { logits } = forward(config, t, {
      ids: asNumbers(t, 'input_ids'),
      positions: asNumbers(t, 'position_ids'),
      attend: (n, { rotary, slopes, window, ...scores }): Attend => {
        const turn = (x: Tensor) => (rotary ? rope(x, rotary.cos, rotary.sin, { interleaved: false }) : x);
        return (q, k, v) => {
          const join = (name: 'key' | 'value', fresh: Tensor): Tensor => {
            const whole = concat([t[`past_key_values.${n}.${name}`] as Tensor, fresh], 2, S);
            outputs[`present.${n}.${name}`] = whole;
            return whole;
          };
          const [keys, values] = [join('key', turn(split(k, G))), join('value', split(v, G))];
          const bias = slopes && alibiBias(slopes, reshape(query, [1, T]), S);
          const out = maskedAttention(turn(split(q, H)), keys, values, { ...scores, bias, mask: recent(window) });
          return reshape(transpose(out, [0, 2, 1, 3]), [multiplyDims(B, T), H * K]);
        };
      },
    });
    return { logits: reshape(logits, [B, T, config.vocabSize]), ...outputs };
  });
}

/**
 * An encoder as Optimum and transformers.js call it: `input_ids`, `attention_mask` and, where the model has segments,
 * `token_type_ids`, each i64 [B, T] → `logits` of the head, or `last_hidden_state` [B, T, C] and `pooler_output`.
 */
export function portableEncoderGraph(config: EncoderConfig): Graph {
  const [B, T] = ['batch_size', 'sequence_length'];
  const tokens: ValueType = { dtype: 'i64', shape: [B, T] };
  const inputs: Record<string, ValueType> = { input_ids: tokens, attention_mask: tokens };
  if (config.typeVocabSize > 1) inputs.token_type_ids = tokens;
  return trace('encoder', { ...inputs, ...parameterTypes(config) }, (t): Record<string, Tensor> => {
    const input: EncoderInput = {
      ids: asNumbers(t, 'input_ids'),
      positions: broadcastTo(reshape(iota([T], 0), [1, T]), [B, T]),
      segments: asNumbers(t, 'attention_mask'),
      ...(t.token_type_ids ? { typeIds: asNumbers(t, 'token_type_ids') } : {}),
    };
    switch (config.head) {
      case 'mlm':
        return { logits: reshape(maskedLanguageLogits(config, t, input), [B, T, config.vocabSize]) };
      case 'sequence-classification':
        return { logits: sequenceLogits(config, t, input) };
      case 'token-classification':
        return { logits: reshape(tokenLogits(config, t, input), [B, T, config.labels.length]) };
      default: {
        const { hidden } = encoderForward(config, t, input);
        const pooled = poolerOutput(config, t, input, hidden);
        const state = reshape(hidden, [B, T, config.hiddenSize]);
        return { last_hidden_state: state, ...(pooled ? { pooler_output: pooled } : {}) };
      }
    }
  });
}
