import type { ValueType } from './graph.js';
import { broken, checkSameDtype, checkShape, floats } from './rule.js';
import type { TypeRules } from './rule.js';
import { broadcastShapes, divideDims, multiplyDims } from './shape.js';
import type { Shape } from './shape.js';

type Names =
  | 'matmul'
  | 'softmax'
  | 'logSoftmax'
  | 'layerNorm'
  | 'rmsNorm'
  | 'crossEntropy'
  | 'crossEntropyGrad'
  | 'rope'
  | 'attention'
  | 'cachedAttention';

function lastAxis(op: string, x: ValueType): ValueType {
  const last = x.shape.at(-1);
  if (last === undefined || last === 0) throw broken(op, 'a last axis of at least 1', [x]);
  return x;
}

const perRow = ({ dtype, shape }: ValueType): ValueType => ({ dtype, shape: [...shape.slice(0, -1), 1] });

function checkEpsilon(op: string, epsilon: number): void {
  if (!(epsilon >= 0 && epsilon < 1)) throw broken(op, 'an epsilon from 0 to 1', `${epsilon}`);
}

function checkScale(op: string, scale: number): void {
  if (!Number.isFinite(scale)) throw broken(op, 'a finite scale', `${scale}`);
}

function checkLogits(op: string, [logits, targets]: readonly ValueType[]): Shape {
  if (logits.shape.length !== 2) throw broken(op, 'logits of [N, V]', [logits]);
  const rows = logits.shape.slice(0, 1);
  lastAxis(op, logits);
  checkShape(op, 'targets', targets, 'i32', rows);
  return rows;
}

export const fusedRules: TypeRules<Names> = {
  matmul: {
    arity: 2,
    dtypes: floats,
    infer({ transposeA, transposeB, alpha }, inputs) {
      checkSameDtype('matmul', inputs);
      checkScale('matmul', alpha);
      const [a, b] = inputs;
      if (a.shape.length < 2 || b.shape.length < 2) throw broken('matmul', 'two matrices or stacks of them', inputs);
      const [rows, inner] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
      const [innerB, columns] = transposeB ? [b.shape.at(-1)!, b.shape.at(-2)!] : [b.shape.at(-2)!, b.shape.at(-1)!];
      const flags = `${transposeA ? ' (a transposed)' : ''}${transposeB ? ' (b transposed)' : ''}`;
      if (inner !== innerB) throw broken(`matmul${flags}`, 'equal inner dimensions', inputs);
      const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
      if (!batch) throw broken(`matmul${flags}`, 'batch dimensions that broadcast', inputs);
      return [{ dtype: a.dtype, shape: [...batch, rows, columns] }];
    },
  },
  softmax: { arity: 1, dtypes: floats, infer: (_, [x]) => [lastAxis('softmax', x)] },
  logSoftmax: { arity: 1, dtypes: floats, infer: (_, [x]) => [lastAxis('logSoftmax', x)] },
  layerNorm: {
    arity: 3,
    dtypes: floats,
    infer({ epsilon }, [x, scale, bias]) {
      checkEpsilon('layerNorm', epsilon);
      const width = lastAxis('layerNorm', x).shape.slice(-1);
      checkShape('layerNorm', 'a scale', scale, x.dtype, width);
      checkShape('layerNorm', 'a bias', bias, x.dtype, width);
      return [x, perRow(x), perRow(x)];
    },
  },
  rmsNorm: {
    arity: 2,
    dtypes: floats,
    infer({ epsilon }, [x, scale]) {
      checkEpsilon('rmsNorm', epsilon);
      checkShape('rmsNorm', 'a scale', scale, x.dtype, lastAxis('rmsNorm', x).shape.slice(-1));
      return [x, perRow(x)];
    },
  },
  crossEntropy: {
    arity: 2,
    dtypes: floats,
    infer(_, inputs) {
      const shape = checkLogits('crossEntropy', inputs);
      const row = { dtype: inputs[0].dtype, shape };
      return [row, row];
    },
  },
  crossEntropyGrad: {
    arity: 4,
    dtypes: floats,
    infer(_, inputs) {
      const rows = checkLogits('crossEntropyGrad', inputs);
      checkShape('crossEntropyGrad', 'a log-sum-exp', inputs[2], inputs[0].dtype, rows);
      checkShape('crossEntropyGrad', 'a dLoss', inputs[3], inputs[0].dtype, rows);
      return [inputs[0]];
    },
  },
  rope: {
    arity: 3,
    dtypes: floats,
    infer(_, inputs) {
      const [x, cos, sin] = inputs;
      if (x.shape.length !== 4) throw broken('rope', 'x of [B, H, T, K]', [x]);
      const half = divideDims(x.shape[3], 2);
      if (half === undefined) throw broken('rope', 'an even head size', [x]);
      const table = [cos.shape[0] === 1 ? 1 : x.shape[0], x.shape[2], half];
      checkShape('rope', 'a cosine table', cos, x.dtype, table);
      checkShape('rope', 'a sine table', sin, x.dtype, table);
      return [x];
    },
  },
  attention: {
    arity: [3, 4],
    dtypes: floats,
    infer({ scale }, inputs) {
      const [q, k, v, segments] = inputs;
      checkScale('attention', scale);
      if (q.shape.length !== 4) throw broken('attention', 'q of [B, H, T, K]', [q]);
      const [batch, heads, length, size] = q.shape;
      const groups = k.shape[1] ?? 0;
      checkShape('attention', 'k', k, q.dtype, [batch, groups, length, size]);
      checkShape('attention', 'v', v, q.dtype, [batch, groups, length, size]);
      if (divideDims(heads, groups) === undefined)
        throw broken('attention', 'key heads that divide the query heads', [q, k]);
      if (length === 0) throw broken('attention', 'at least one position', [q]);
      if (segments) checkShape('attention', 'segments', segments, 'i32', [batch, length]);
      return [q, { dtype: q.dtype, shape: [batch, heads, length, length] }];
    },
  },
  cachedAttention: {
    arity: [6, 7],
    dtypes: floats,
    infer({ numHeads, numKvHeads, scale, window = 0, softcap = 0 }, inputs) {
      const [q, k, v, keyCache, valueCache, lengths, bias] = inputs;
      checkScale('cachedAttention', scale);
      if (!Number.isSafeInteger(window) || window < 0) throw broken('cachedAttention', 'a window from 0', `${window}`);
      if (!(softcap >= 0 && Number.isFinite(softcap)))
        throw broken('cachedAttention', 'a softcap from 0', `${softcap}`);
      if (q.shape.length !== 3 || keyCache.shape.length !== 4 || numHeads % numKvHeads !== 0) {
        throw broken('cachedAttention', 'q of [B, T, H*K], caches of [B, G, C, K] and G dividing H', inputs);
      }
      const [batch, length, width] = q.shape;
      const size = divideDims(width, numHeads);
      if (size === undefined) throw broken('cachedAttention', `q of [B, T, ${numHeads}*K]`, [q]);
      const capacity = keyCache.shape[2];
      const keys: Shape = [batch, length, multiplyDims(numKvHeads, size)];
      checkShape('cachedAttention', 'k', k, q.dtype, keys);
      checkShape('cachedAttention', 'v', v, q.dtype, keys);
      checkShape('cachedAttention', 'a key cache', keyCache, q.dtype, [batch, numKvHeads, capacity, size]);
      checkShape('cachedAttention', 'a value cache', valueCache, q.dtype, keyCache.shape);
      checkShape('cachedAttention', 'lengths', lengths, 'i32', [batch]);
      if (bias) {
        const [rows, heads] = [bias.shape[0] === 1 ? 1 : batch, bias.shape[1] === 1 ? 1 : numHeads];
        checkShape('cachedAttention', 'a bias', bias, q.dtype, [rows, heads, length, capacity]);
      }
      return [q, keyCache, valueCache];
    },
  },
};
