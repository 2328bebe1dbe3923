import { InvalidInput } from '../../../base/core/index.js';
import { gather, mul, multiplyDims, reshape, tanh } from '../../../compiler/ir/index.js';
import type { Dim, Tensor } from '../../../compiler/ir/index.js';
import {
  alibiBias,
  attentionOnCache,
  dropout,
  fullAttention,
  linear,
  positionParts,
  rotaryAngles,
} from '../../nn/index.js';
import type { Attend, BatchShape, Dropout, LayerCache, RotaryAngles } from '../../nn/index.js';
import type { LinearHook } from '../model.js';
import type { Params } from '../specs.js';
import { attentionOf } from './config.js';
import type { DecoderConfig } from './config.js';
import { decoders, headName } from './decoders.js';
import type { BlockScope } from './family.js';

// B sequences, T tokens each, C hidden size, V vocabulary, R rows chosen from B·T. Activations lie as [B·T, C].

export interface DecoderCache {
  readonly layers: readonly LayerCache[];
  /** Tokens in each row's cache after this call, i32 [B]. */
  readonly lengths: Tensor;
  /** A promise that B or T is 1 whenever the program runs: a faster kernel then serves. */
  readonly narrow?: boolean;
}

/** How the queries of one layer meet its keys. */
export interface LayerAttention {
  readonly scale: number;
  /** Keys that a query sees, its own included; 0 is all. */
  readonly window: number;
  /** Bound of the scores; 0 is none. */
  readonly softcap: number;
  readonly rotary: RotaryAngles | undefined;
  /** ALiBi's, one per head. */
  readonly slopes: Float32Array | undefined;
}

export interface DecoderInput {
  /** Token ids i32 [B, T]. */
  readonly ids: Tensor;
  /** Position of each token in its sequence i32 [B, T], below contextLength. */
  readonly positions: Tensor;
  /** Document of each token i32 [B, T]: attention stays inside a document. Not with a cache. */
  readonly segments?: Tensor;
  /** i32 [B, T]: 1 for the tokens of a prefix, which see each other both ways; the rest sees them and what is before it. Not with a cache. */
  readonly prefix?: Tensor;
  /** Dropout after the embedding and after both halves of each block; streams 0 … 2·numLayers of its key. */
  readonly dropout?: Dropout;
  /** Rows of [B·T] to compute logits for, i32 [R]; absent means all. */
  readonly rows?: Tensor;
  /** Decoding: the keys and values so far. */
  readonly cache?: DecoderCache;
  readonly linear?: LinearHook;
  /** Attention of layer `n` in place of the decoder's own (exports keep their caches in another shape). */
  readonly attend?: (n: number, layer: LayerAttention) => Attend;
}

export interface DecoderOutput {
  /** After the final norm [B·T, C], or [R, C] where rows were chosen. */
  readonly hidden: Tensor;
  /** The embedding and the result of each block [B·T, C], the last one being `hidden`: numLayers + 1 of them. */
  readonly layers: readonly Tensor[];
  /** [B·T, V] or [R, V]. */
  readonly logits: Tensor;
  /** The updated cache, where one was given. */
  readonly cache: readonly LayerCache[];
}

/** Everything below the head: final hidden states, the updated cache. */
export function decoderHidden(
  config: DecoderConfig,
  params: Params<Tensor>,
  input: DecoderInput,
): Omit<DecoderOutput, 'logits'> {
  const { ids, positions, cache } = input;
  if (ids.shape.length !== 2) {
    throw new InvalidInput('model.input', `decoder: expected ids [B, T], got [${ids.shape.join(', ')}]`);
  }
  if (cache && (input.segments || input.prefix || cache.layers.length !== config.numLayers)) {
    throw new InvalidInput(
      'model.input',
      `decoder: expected a cache of ${config.numLayers} layers and neither segments nor prefixes`,
    );
  }
  const [B, T] = ids.shape as [string | number, string | number];
  const batch: BatchShape = { B, T };
  const rows = multiplyDims(B, T);
  const get = (name: string): Tensor => {
    const tensor = params[name];
    if (!tensor) throw new InvalidInput('model.parameter', `decoder: expected a parameter ${name}, got none`, { name });
    return tensor;
  };
  const family = decoders[config.family];
  const { headSize, contextLength: length } = config;
  const where = positionParts(config.positions, {
    positions,
    hiddenSize: config.hiddenSize,
    numHeads: config.numHeads,
    rotary: { length, headSize, theta: config.ropeTheta, scaling: config.ropeScaling },
    table: () => get(family.positionsName),
  });
  const near =
    config.localRopeTheta === null
      ? where.rotary
      : rotaryAngles(positions, { length, headSize, theta: config.localRopeTheta });
  const layerAttention = (n: number): LayerAttention => {
    const scores = attentionOf(config, n);
    return { ...scores, rotary: scores.window > 0 ? near : where.rotary, slopes: where.slopes };
  };
  const updated: LayerCache[] = [];
  const cached = (n: number, { lengths, layers, narrow = false }: DecoderCache): Attend => {
    const { rotary, slopes, ...scores } = layerAttention(n);
    const own = layers[n] as LayerCache;
    // A token's place in its sequence is its place in the cache.
    const bias = slopes && alibiBias(slopes, positions, own.key.shape[2] as Dim);
    const layer = { ...own, ...scores, lengths, narrow, ...(bias ? { bias } : {}) };
    return attentionOnCache(config, batch, layer, (next) => updated.push(next), rotary);
  };
  const attend = (n: number): Attend => {
    if (input.attend) return input.attend(n, layerAttention(n));
    if (cache) return cached(n, cache);
    return fullAttention(config, batch, { ...layerAttention(n), segments: input.segments, prefix: input.prefix });
  };

  const scope: BlockScope = {
    ids,
    added: where.added,
    get,
    attend,
    linear: (name, x, apply) => (input.linear ? input.linear(name, x, apply) : apply()),
    drop: (x, stream) => (input.dropout ? dropout(x, input.dropout, stream) : x),
  };

  const layers = [scope.drop(reshape(family.embed(config, scope), [rows, config.hiddenSize]), 0)];
  for (let n = 0; n < config.numLayers; n++) layers.push(family.block(config, scope, n, layers[n] as Tensor));
  let x = layers.pop() as Tensor;
  // The norm and the head work row by row: choose the rows first.
  if (input.rows) x = gather(x, input.rows);
  const hidden = family.finalNorm(config, scope, x);
  return { hidden, layers: [...layers, hidden], cache: updated };
}

/** Logits [N, V] of hidden states [N, C]. */
export function decoderHead(config: DecoderConfig, params: Params<Tensor>, hidden: Tensor, hook?: LinearHook): Tensor {
  const name = headName(config);
  const weight = params[name];
  if (!weight) throw new InvalidInput('model.parameter', `decoder: expected a parameter ${name}, got none`, { name });
  const apply = () => linear(hidden, weight, 'outIn');
  const logits = hook ? hook('lm_head.weight', hidden, apply) : apply();
  const { logitSoftcap } = config;
  return logitSoftcap === null ? logits : mul(tanh(mul(logits, 1 / logitSoftcap)), logitSoftcap);
}

/**
 * The decoder as a pure function of its parameters, traced. Without a cache it has a gradient and serves training;
 * with one it serves prefill and decoding.
 *
 * @throws InvalidInput `model.parameter` naming a missing tensor.
 */
export function forward(config: DecoderConfig, params: Params<Tensor>, input: DecoderInput): DecoderOutput {
  const { hidden, layers, cache } = decoderHidden(config, params, input);
  return { hidden, layers, logits: decoderHead(config, params, hidden, input.linear), cache };
}
