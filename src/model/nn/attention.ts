import {
  and,
  attention,
  blockedAttention,
  cachedAttention,
  equal,
  iota,
  less,
  multiplyDims,
  not,
  or,
  reshape,
  rope,
  sub,
  transpose,
} from '../../compiler/ir/index.js';
import type { Dim, Tensor } from '../../compiler/ir/index.js';
import { maskedAttention } from './masked-attention.js';
import { alibiBias } from './positions/alibi.js';
import type { RotaryAngles } from './positions/rotary.js';

/** Heads of one attention layer. */
export interface Heads {
  /** H query heads, G key and value heads (G divides H) of K numbers each. */
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headSize: number;
}

/** How queries meet keys: q [B·T, H·K], k and v [B·T, G·K] → [B·T, H·K]. The one thing that training and decoding do differently. */
export type Attend = (q: Tensor, k: Tensor, v: Tensor) => Tensor;

/** Rows and columns of a batch; [B, T] activations lie as [B·T, C]. */
export interface BatchShape {
  readonly B: Dim;
  readonly T: Dim;
}

/**
 * Queries of one block where attention goes in blocks, undefined where it is cheaper as a whole: below 512 positions,
 * or where no size from 64 to 256 divides them. On CPU, 128 takes the least time up to 2,048 positions, 256 beyond.
 */
export function attentionBlock(length: Dim): number | undefined {
  if (typeof length !== 'number' || length < 512) return undefined;
  const wanted = length > 2048 ? 256 : 128;
  let best: number | undefined;
  for (let size = 64; size <= 256; size++) {
    if (length % size === 0 && (best === undefined || Math.abs(size - wanted) < Math.abs(best - wanted))) best = size;
  }
  return best;
}

/** How queries meet keys, whether all at once or on a cache. */
export interface ScoreOptions {
  /** Factor of q·kᵀ; default 1/√K. */
  readonly scale?: number;
  /** Keys that a query sees, its own included; default 0, all. */
  readonly window?: number;
  /** Scaled scores become softcap·tanh(score / softcap); default 0, no bound. */
  readonly softcap?: number;
}

export interface FullAttentionOptions extends ScoreOptions {
  readonly rotary?: RotaryAngles | undefined;
  /** Attention stays inside a segment, i32 [B, T]. */
  readonly segments?: Tensor | undefined;
  /** ALiBi's, one per query head. */
  readonly slopes?: Float32Array | undefined;
  /** i32 [B, T]: 1 for the tokens of a prefix, which every query of their segment sees, those before them too. */
  readonly prefix?: Tensor | undefined;
}

/**
 * Attention over the whole batch at once, causal. Has a gradient. Memory grows linearly with T where `attentionBlock`
 * has an answer, but with its square where there are slopes, a softcap or prefixes.
 */
export function fullAttention(heads: Heads, batch: BatchShape, options: FullAttentionOptions = {}): Attend {
  const { rotary, segments, slopes, prefix, window = 0, softcap = 0, scale = 1 / Math.sqrt(heads.headSize) } = options;
  const { numHeads: H, numKvHeads: G, headSize: K } = heads;
  const { B, T } = batch;
  const split = (x: Tensor, count: number) => transpose(reshape(x, [B, T, count, K]), [0, 2, 1, 3]);
  const turn = (x_BHTK: Tensor) => (rotary ? rope(x_BHTK, rotary.cos, rotary.sin, { interleaved: false }) : x_BHTK);
  return (q, k, v) => {
    const heads = [turn(split(q, H)), turn(split(k, G)), split(v, G)] as const;
    const plain = { scale, causal: true, ...(segments ? { segments } : {}) };
    // A window needs blocks (or, where the length is not known yet, a mask); one block may be the whole.
    const blockSize = attentionBlock(T) ?? (window > 0 && typeof T === 'number' ? T : undefined);
    const attend = () => {
      if (softcap === 0 && !slopes && !prefix) {
        if (blockSize) return blockedAttention(...heads, { ...plain, window, blockSize });
        if (window === 0) return attention(...heads, plain).out;
      }
      const bias = slopes && alibiBias(slopes, iota([1, T], 1), T);
      return maskedAttention(...heads, { scale, softcap, bias, mask: recentMask(batch, window, segments, prefix) });
    };
    const out = attend();
    return reshape(transpose(out, [0, 2, 1, 3]), [multiplyDims(B, T), H * K]);
  };
}

/** The last `window` keys (0 is all) up to the query's own, and prefixes, in the same segment: bool [1 or B, 1, T, T]. */
function recentMask({ B, T }: BatchShape, window: number, segments?: Tensor, prefix?: Tensor): Tensor {
  const places = iota([T], 0);
  const distance = sub(reshape(places, [1, 1, T, 1]), reshape(places, [1, 1, 1, T]));
  const before = less(-1, distance);
  const past = prefix ? or(before, not(equal(reshape(prefix, [B, 1, 1, T]), 0))) : before;
  let recent = window > 0 ? and(less(distance, window), past) : past;
  if (prefix && window > 0) recent = and(recent, less(-window, distance));
  if (!segments) return recent;
  return and(recent, equal(reshape(segments, [B, 1, T, 1]), reshape(segments, [B, 1, 1, T])));
}

/** Key and value cache of one layer, each [B, G, C, K]. */
export interface LayerCache {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** What attention on a cache needs besides the new tokens. */
export interface CachedLayer extends LayerCache, ScoreOptions {
  /** Tokens in each row's cache, the new ones included, i32 [B]. */
  readonly lengths: Tensor;
  /** A promise that B or T is 1 whenever the program runs. */
  readonly narrow: boolean;
  /** Added to the scaled scores, [1 or B, 1 or H, T, C] with C the cache's capacity. */
  readonly bias?: Tensor;
}

/**
 * Attention of T new tokens per row on a cache that holds the earlier ones. The updated cache goes to `update`. No
 * gradient.
 */
export function attentionOnCache(
  heads: Heads,
  batch: BatchShape,
  cache: CachedLayer,
  update: (cache: LayerCache) => void,
  rotary?: RotaryAngles,
): Attend {
  const { numHeads, numKvHeads, headSize: K } = heads;
  const { B, T } = batch;
  const rows = multiplyDims(B, T);
  // Each token as a batch row of length 1: the rotation then needs no transpose.
  const turn = (x: Tensor, count: number) => {
    if (!rotary) return reshape(x, [B, T, count * K]);
    const angles = (table: Tensor) => reshape(table, [rows, 1, K / 2]);
    const turned = rope(reshape(x, [rows, count, 1, K]), angles(rotary.cos), angles(rotary.sin), {
      interleaved: false,
    });
    return reshape(turned, [B, T, count * K]);
  };
  return (q, k, v) => {
    const result = cachedAttention(
      {
        q: turn(q, numHeads),
        k: turn(k, numKvHeads),
        v: reshape(v, [B, T, numKvHeads * K]),
        keyCache: cache.key,
        valueCache: cache.value,
        lengths: cache.lengths,
        bias: cache.bias,
      },
      {
        numHeads,
        numKvHeads,
        scale: cache.scale ?? 1 / Math.sqrt(K),
        narrow: cache.narrow,
        window: cache.window ?? 0,
        softcap: cache.softcap ?? 0,
      },
    );
    update({ key: result.keyCache, value: result.valueCache });
    return reshape(result.out, [rows, numHeads * K]);
  };
}
