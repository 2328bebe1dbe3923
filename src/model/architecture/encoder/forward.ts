import { InvalidInput } from '../../../base/core/index.js';
import { cast, constant, div, gather, less, max, mul, reduceSum, reshape } from '../../../compiler/ir/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import { bidirectionalAttention, dropout, linear, rotaryAngles } from '../../nn/index.js';
import type { BatchShape, Dropout } from '../../nn/index.js';
import type { LinearHook } from '../model.js';
import type { Params } from '../specs.js';
import type { EncoderConfig } from './config.js';
import { encoders } from './encoders.js';
import type { EncoderScope } from './family.js';

// B sequences, T tokens each, C hidden size, V vocabulary, R rows chosen from B·T. Activations lie as [B·T, C].

export interface EncoderInput {
  /** Token ids i32 [B, T]. */
  readonly ids: Tensor;
  /** Position of each token in its text, from 0, i32 [B, T]. */
  readonly positions: Tensor;
  /**
   * Text of each token i32 [B, T]: attention stays inside a text. A mask of 1 for tokens and 0 for padding is such a
   * numbering, and where it is one, means are taken over the 1s.
   */
  readonly segments?: Tensor;
  /** Segment embeddings to add, i32 [B, T] below typeVocabSize; absent means 0. */
  readonly typeIds?: Tensor;
  /** Dropout after the embedding and after both halves of each block; streams 0 … 2·numLayers of its key. */
  readonly dropout?: Dropout;
  readonly linear?: LinearHook;
}

export interface EncoderOutput {
  /** After the last block and its norm [B·T, C]. */
  readonly hidden: Tensor;
  /** The embedding and the result of each block, the last one normed: numLayers + 1 of [B·T, C]. */
  readonly layers: readonly Tensor[];
}

function scopeOf(config: EncoderConfig, params: Params<Tensor>, input: EncoderInput): EncoderScope {
  const { ids, positions, segments, typeIds } = input;
  if (ids.shape.length !== 2) {
    throw new InvalidInput('model.input', `encoder: expected ids [B, T], got [${ids.shape.join(', ')}]`);
  }
  const [B, T] = ids.shape as [string | number, string | number];
  const batch: BatchShape = { B, T };
  const get = (name: string): Tensor => {
    const tensor = params[name];
    if (!tensor) throw new InvalidInput('model.parameter', `encoder: expected a parameter ${name}, got none`, { name });
    return tensor;
  };
  const rotary = config.family === 'modernbert';
  const angles = (theta: number) =>
    rotaryAngles(positions, { length: config.contextLength, headSize: config.headSize, theta });
  const heads = { numHeads: config.numHeads, numKvHeads: config.numHeads, headSize: config.headSize };
  const all = rotary ? angles(config.ropeTheta) : undefined;
  const near = rotary && config.globalEvery > 1 ? angles(config.localRopeTheta) : undefined;
  return {
    ids,
    positions,
    typeIds,
    get,
    linear: (name, x, bias) => {
      const apply = () => linear(x, get(`${name}.weight`), 'outIn', bias ? get(`${name}.bias`) : undefined);
      return input.linear ? input.linear(`${name}.weight`, x, apply) : apply();
    },
    attend: (n) =>
      n % config.globalEvery === 0
        ? bidirectionalAttention(heads, batch, { rotary: all, segments })
        : bidirectionalAttention(heads, batch, { rotary: near, segments, reach: config.localReach }),
    drop: (x, stream) => (input.dropout ? dropout(x, input.dropout, stream) : x),
  };
}

/**
 * The encoder as a pure function of its parameters, traced; it has a gradient.
 *
 * @throws InvalidInput `model.parameter` naming a missing tensor.
 */
export function encoderForward(config: EncoderConfig, params: Params<Tensor>, input: EncoderInput): EncoderOutput {
  const scope = scopeOf(config, params, input);
  const family = encoders[config.family];
  const layers = [family.embed(config, scope)];
  for (let n = 0; n < config.numLayers; n++) layers.push(family.block(config, scope, n, layers[n] as Tensor));
  const hidden = family.finalNorm(config, scope, layers.pop() as Tensor);
  return { hidden, layers: [...layers, hidden] };
}

/** First token of each text [B, C], of hidden states [B·T, C]. */
export function firstTokens(hidden: Tensor, { ids }: Pick<EncoderInput, 'ids'>): Tensor {
  const [B, T] = ids.shape as [string | number, string | number];
  const C = hidden.shape[1] as number;
  // Not a slice: the length may be a symbol.
  const first = constant(hostTensor('i32', [1], [0]));
  return reshape(gather(reshape(hidden, [B, T, C]), first, 1), [B, C]);
}

/** Mean over the tokens of each text [B, C], those of segment 0 (padding) left out. */
export function meanOverTokens(hidden: Tensor, { ids, segments }: Pick<EncoderInput, 'ids' | 'segments'>): Tensor {
  const [B, T] = ids.shape as [string | number, string | number];
  const C = hidden.shape[1] as number;
  const hidden_BTC = reshape(hidden, [B, T, C]);
  const counted = segments ? cast(less(0, segments), 'f32') : cast(less(-1, ids), 'f32');
  const weights_BT1 = reshape(counted, [B, T, 1]);
  return div(reduceSum(mul(hidden_BTC, weights_BT1), 1), max(reduceSum(weights_BT1, 1), 1));
}

/** What transformers calls the pooler's output [B, C]; undefined where the model has none. */
export function poolerOutput(
  config: EncoderConfig,
  params: Params<Tensor>,
  input: EncoderInput,
  hidden: Tensor,
): Tensor | undefined {
  return encoders[config.family].pool(config, scopeOf(config, params, input), firstTokens(hidden, input));
}

/** Logits of the masked-LM head: [B·T, V], or [R, V] of the rows i32 [R] of [B·T]. */
export function maskedLanguageLogits(
  config: EncoderConfig,
  params: Params<Tensor>,
  input: EncoderInput & { readonly rows?: Tensor },
): Tensor {
  expectHead(config, 'mlm');
  const { hidden } = encoderForward(config, params, input);
  const chosen = input.rows ? gather(hidden, input.rows) : hidden;
  return encoders[config.family].vocabulary(config, scopeOf(config, params, input), chosen);
}

/** Logits [B, labels] of texts. */
export function sequenceLogits(config: EncoderConfig, params: Params<Tensor>, input: EncoderInput): Tensor {
  expectHead(config, 'sequence-classification');
  const { hidden } = encoderForward(config, params, input);
  const pooled = config.classifierPooling === 'mean' ? meanOverTokens(hidden, input) : firstTokens(hidden, input);
  return encoders[config.family].classifySequences(config, scopeOf(config, params, input), pooled);
}

/** Logits [B·T, labels] of tokens. */
export function tokenLogits(config: EncoderConfig, params: Params<Tensor>, input: EncoderInput): Tensor {
  expectHead(config, 'token-classification');
  const { hidden } = encoderForward(config, params, input);
  return encoders[config.family].classifyTokens(config, scopeOf(config, params, input), hidden);
}

function expectHead(config: EncoderConfig, head: EncoderConfig['head']): void {
  if (config.head !== head) {
    throw new InvalidInput('model.head', `encoder: expected a model with the head ${head}, got ${config.head}`, {
      head: config.head,
    });
  }
}
