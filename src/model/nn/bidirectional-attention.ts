import {
  and,
  attention,
  blockedAttention,
  equal,
  iota,
  less,
  multiplyDims,
  reshape,
  rope,
  sub,
  transpose,
} from '../../compiler/ir/index.js';
import type { Tensor } from '../../compiler/ir/index.js';
import { attentionBlock } from './attention.js';
import type { Attend, BatchShape, Heads } from './attention.js';
import { maskedAttention } from './masked-attention.js';
import type { RotaryAngles } from './positions/rotary.js';

export interface BidirectionalOptions {
  readonly rotary?: RotaryAngles | undefined;
  /** Attention stays inside a segment, i32 [B, T]. */
  readonly segments?: Tensor | undefined;
  /** Farthest key that a query sees, to either side; absent is no limit. */
  readonly reach?: number;
}

/** Attention of every token to those before and after it. Has a gradient; T may be a symbol. */
export function bidirectionalAttention(heads: Heads, batch: BatchShape, options: BidirectionalOptions = {}): Attend {
  const { numHeads: H, numKvHeads: G, headSize: K } = heads;
  const { B, T } = batch;
  const { rotary, segments, reach } = options;
  const scale = 1 / Math.sqrt(K);
  const split = (x: Tensor, count: number) => transpose(reshape(x, [B, T, count, K]), [0, 2, 1, 3]);
  const turn = (x_BHTK: Tensor) => (rotary ? rope(x_BHTK, rotary.cos, rotary.sin, { interleaved: false }) : x_BHTK);
  const inside = segments ? { segments } : {};
  return (q, k, v) => {
    const parts = [turn(split(q, H)), turn(split(k, G)), split(v, G)] as const;
    // A window needs blocks (or, where the length is not known yet, a mask); one block may be the whole.
    const blockSize = attentionBlock(T) ?? (reach !== undefined && typeof T === 'number' ? T : undefined);
    const attend = () => {
      if (blockSize !== undefined) {
        const window = reach === undefined ? 0 : reach + 1;
        return blockedAttention(...parts, { scale, causal: false, window, blockSize, ...inside });
      }
      if (reach === undefined) return attention(...parts, { scale, causal: false, ...inside }).out;
      return maskedAttention(...parts, { scale, mask: nearMask(batch, reach, segments) });
    };
    return reshape(transpose(attend(), [0, 2, 1, 3]), [multiplyDims(B, T), H * K]);
  };
}

/** Keys at a distance of at most `reach` in the same segment: bool [1 or B, 1, T, T]. */
function nearMask({ B, T }: BatchShape, reach: number, segments: Tensor | undefined): Tensor {
  const places = iota([T], 0);
  const distance = sub(reshape(places, [1, 1, T, 1]), reshape(places, [1, 1, 1, T]));
  const near = and(less(distance, reach + 1), less(-reach - 1, distance));
  if (!segments) return near;
  return and(near, equal(reshape(segments, [B, 1, T, 1]), reshape(segments, [B, 1, 1, T])));
}
