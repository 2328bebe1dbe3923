import {
  add,
  broadcastTo,
  cast,
  concat,
  iota,
  lessEqual,
  reduceSum,
  reshape,
  scalar,
  trace,
} from '../../compiler/ir/index.js';
import { multiplyDims, transpose } from '../../compiler/ir/index.js';
import type { Graph, Tensor, ValueType } from '../../compiler/ir/index.js';
import { maskedAttention } from '../nn/index.js';
import { decodeTarget, encodeSource, sourceMemory } from './encoder-decoder/index.js';
import type { EncoderDecoderConfig, SourceMemory, TargetAttention } from './encoder-decoder/index.js';
import { asNumbers, parameterTypes } from './portable.js';

// B sequences, S source tokens, T new target tokens, P past ones, A = P + T, H heads of K numbers, V vocabulary.

const [B, S, T] = ['batch_size', 'encoder_sequence_length', 'decoder_sequence_length'];
const [P, A] = ['past_decoder_sequence_length', 'total_decoder_sequence_length'];

/** An encoder-decoder's encoder as Optimum calls it: `input_ids`, `attention_mask` i64 [B, S] → `last_hidden_state` [B, S, C]. */
export function portableSourceGraph(config: EncoderDecoderConfig): Graph {
  const tokens: ValueType = { dtype: 'i64', shape: [B, S] };
  return trace('encoder', { input_ids: tokens, attention_mask: tokens, ...parameterTypes(config) }, (t) => {
    const { hidden } = encodeSource(config, t, {
      ids: asNumbers(t, 'input_ids'),
      mask: asNumbers(t, 'attention_mask'),
    });
    return { last_hidden_state: reshape(hidden, [B, S, config.hiddenSize]) };
  });
}

/** Attention of the new tokens to themselves and those before; what it attends to goes to `keep`. */
function attendTo(
  config: EncoderDecoderConfig,
  past: ((name: 'key' | 'value') => Tensor) | undefined,
  keep: (name: 'key' | 'value', whole: Tensor) => void,
  { scale, bias }: TargetAttention,
) {
  const { numHeads: H, headSize: K } = config;
  const split = (x: Tensor) => transpose(reshape(x, [B, T, H, K]), [0, 2, 1, 3]);
  const queries = placesOf(past !== undefined);
  const keys = past ? concat([iota([P], 0), queries], 0, A) : queries;
  const length = past ? A : T;
  const mask = lessEqual(reshape(keys, [1, 1, 1, length]), reshape(queries, [1, 1, T, 1]));
  return (q: Tensor, k: Tensor, v: Tensor): Tensor => {
    const [whole, values] = (['key', 'value'] as const).map((name) => {
      const fresh = split(name === 'key' ? k : v);
      const all = past ? concat([past(name), fresh], 2, A) : fresh;
      keep(name, all);
      return all;
    }) as [Tensor, Tensor];
    const biases = bias ? { bias: bias(reshape(queries, [1, T]), keys) } : {};
    const out = maskedAttention(split(q), whole, values, { scale, mask, ...biases });
    return reshape(transpose(out, [0, 2, 1, 3]), [multiplyDims(B, T), H * K]);
  };
}

/** Places of the new tokens in their text, i32 [T]. */
function placesOf(cached: boolean): Tensor {
  if (!cached) return iota([T], 0);
  return add(iota([T], 0), cast(reduceSum(broadcastTo(scalar(1), [P])), 'i32'));
}

/**
 * An encoder-decoder's decoder as Optimum calls it. `first`: `input_ids` i64 [B, T], `encoder_hidden_states` [B, S, C] and
 * `encoder_attention_mask` i64 [B, S] → `logits` [B, T, V], `present.N.decoder.key` and `.value` [B, H, T, K],
 * `present.N.encoder.key` and `.value` [B, H, S, K]. `next`: `input_ids`, `encoder_attention_mask` and both as
 * `past_key_values…` → the same, the source's as they came.
 */
export function portableTargetGraphs(config: EncoderDecoderConfig): { readonly first: Graph; readonly next: Graph } {
  return { first: targetGraph(config, false), next: targetGraph(config, true) };
}

function targetGraph(config: EncoderDecoderConfig, cached: boolean): Graph {
  const { numHeads: H, headSize: K, numDecoderLayers, hiddenSize: C } = config;
  const layers = Array.from({ length: numDecoderLayers }, (_, n) => n);
  const cache = (length: string): ValueType => ({ dtype: 'f32', shape: [B, H, length, K] });
  const inputs: Record<string, ValueType> = {
    input_ids: { dtype: 'i64', shape: [B, T] },
    encoder_attention_mask: { dtype: 'i64', shape: [B, S] },
    ...(cached ? {} : { encoder_hidden_states: { dtype: 'f32', shape: [B, S, C] } }),
  };
  for (const n of cached ? layers : []) {
    for (const kind of ['key', 'value']) {
      inputs[`past_key_values.${n}.decoder.${kind}`] = cache(P);
      inputs[`past_key_values.${n}.encoder.${kind}`] = cache(S);
    }
  }
  return trace(cached ? 'decoder_with_past' : 'decoder', { ...inputs, ...parameterTypes(config) }, (t) => {
    const outputs: Record<string, Tensor> = {};
    const past = (n: number, name: string) => t[`past_key_values.${n}.${name}`] as Tensor;
    const memory: SourceMemory = cached
      ? layers.map((n) => ({ key: past(n, 'encoder.key'), value: past(n, 'encoder.value') }))
      : sourceMemory(config, t, reshape(t.encoder_hidden_states as Tensor, [multiplyDims(B, S), C]), { B, S });
    memory.forEach(({ key, value }, n) => {
      outputs[`present.${n}.encoder.key`] = key;
      outputs[`present.${n}.encoder.value`] = value;
    });
    const { logits } = decodeTarget(config, t, {
      ids: asNumbers(t, 'input_ids'),
      positions: reshape(placesOf(cached), [1, T]),
      sourceMask: asNumbers(t, 'encoder_attention_mask'),
      memory,
      attend: (n, layer) =>
        attendTo(
          config,
          cached ? (name) => past(n, `decoder.${name}`) : undefined,
          (name, whole) => (outputs[`present.${n}.decoder.${name}`] = whole),
          layer,
        ),
    });
    return { logits: reshape(logits, [B, T, config.vocabSize]), ...outputs };
  });
}
