import type { ValueType } from './graph.js';
import type { BlockedAttention } from './primitive.js';
import { broken, checkShape, floats } from './rule.js';
import type { TypeRules } from './rule.js';
import { divideDims, isStatic } from './shape.js';

function checkHeads(
  op: string,
  attributes: BlockedAttention,
  inputs: readonly ValueType[],
  segments?: ValueType,
): void {
  const [q, k, v] = inputs;
  const { scale, window, blockSize } = attributes;
  if (!Number.isFinite(scale)) throw broken(op, 'a finite scale', `${scale}`);
  if (!Number.isSafeInteger(window) || window < 0) throw broken(op, 'a window of 0 (none) or more keys', `${window}`);
  if (q.shape.length !== 4 || !isStatic(q.shape)) throw broken(op, 'q of [B, H, T, K], known while tracing', [q]);
  const [batch, heads, length, size] = q.shape;
  if (!Number.isSafeInteger(blockSize) || blockSize < 1 || (length as number) % blockSize !== 0) {
    throw broken(op, `a blockSize that divides ${length} positions`, `${blockSize}`);
  }
  const groups = k.shape[1] ?? 0;
  checkShape(op, 'k', k, q.dtype, [batch, groups, length, size]);
  checkShape(op, 'v', v, q.dtype, [batch, groups, length, size]);
  if (divideDims(heads, groups) === undefined) throw broken(op, 'key heads that divide the query heads', [q, k]);
  if (length === 0) throw broken(op, 'at least one position', [q]);
  if (segments) checkShape(op, 'segments', segments, 'i32', [batch, length]);
}

export const blockedRules: TypeRules<'blockedAttention' | 'blockedAttentionGrad'> = {
  blockedAttention: {
    arity: [3, 4],
    dtypes: floats,
    infer(attributes, inputs) {
      checkHeads('blockedAttention', attributes, inputs, inputs[3]);
      return [inputs[0]];
    },
  },
  blockedAttentionGrad: {
    arity: [5, 6],
    dtypes: floats,
    infer(attributes, inputs) {
      const [q, k, v, out, dOut, segments] = inputs;
      checkHeads('blockedAttentionGrad', attributes, inputs, segments);
      checkShape('blockedAttentionGrad', 'out', out, q.dtype, q.shape);
      checkShape('blockedAttentionGrad', 'dOut', dOut, q.dtype, q.shape);
      return [q, k, v];
    },
  },
};
