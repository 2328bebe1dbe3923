import type { NodeOf, Shape } from '../ir/index.js';
import { multiplyDims } from '../ir/index.js';
import { hostTensor } from '../tensor/index.js';
import { float } from './builder.js';
import type { Builder } from './builder.js';
import { cast } from './elementwise.js';
import { matmul } from './linear.js';
import { projections } from './projections.js';
import { names } from './rule.js';
import type { Rules } from './rule.js';

/** Added to a score that must not count: its exponential is 0, and no sum of it with a score overflows to NaN. */
const masked = -1e30;

/** [T, T] with 0 where a query may see a key; computed while running where T is a symbol. */
function causalMask(builder: Builder, length: Shape[number]): string {
  return builder.once(`causal:${length}`, () => {
    if (typeof length === 'number') {
      const data = new Float32Array(length * length);
      for (let i = 0; i < length; i++) data.fill(masked, i * length + i + 1, (i + 1) * length);
      return builder.initializer(hostTensor('f32', [length, length], data));
    }
    const limit = builder.node('Squeeze', [builder.shapeOf([length])]);
    const range = builder.node('Range', [builder.scalar('i64', 0), limit, builder.scalar('i64', 1)]);
    const query = builder.node('Unsqueeze', [range, builder.ints([1])]);
    const visible = builder.node('LessOrEqual', [range, query]);
    return builder.node('Where', [visible, builder.scalar('f32', 0), builder.scalar('f32', masked)]);
  });
}

/** What is added to the scores, broadcastable to [B, G, R·T, T]… or undefined where every key counts. */
function trainingMask(builder: Builder, node: NodeOf<'attention'>, length: Shape[number]): string | undefined {
  const causal = node.attributes.causal ? causalMask(builder, length) : undefined;
  const segments = node.inputs[3];
  if (segments === undefined) return causal;
  return builder.once(`mask:${segments}:${causal}`, () => {
    const { shape } = builder.type(segments);
    const name = builder.name(segments);
    const [batch] = shape;
    const query = builder.reshape(name, shape, [batch, 1, length, 1]);
    const key = builder.reshape(name, shape, [batch, 1, 1, length]);
    const together = builder.node('Equal', [query, key]);
    return builder.node('Where', [together, causal ?? builder.scalar('f32', 0), builder.scalar('f32', masked)]);
  });
}

function training(node: NodeOf<'attention'>, builder: Builder): void {
  const [q, k, v] = node.inputs;
  const [out, probabilities] = names(node, builder).outputs;
  const [batch, heads, length, size] = builder.type(q).shape;
  const groups = builder.type(k).shape[1];
  const scores: Shape = [batch, heads, length, length];
  // Query heads of one group lie side by side, so they fold into the rows of one product with their shared keys.
  const shared = heads !== groups;
  const perGroup = shared ? multiplyDims((heads as number) / (groups as number), length) : length;
  const grouped = (last: Shape[number]): Shape => [batch, groups, perGroup, last];
  const full = (last: Shape[number]): Shape => [batch, heads, length, last];
  const queries = builder.reshape(builder.name(q), full(size), grouped(size));
  const products = matmul(builder, queries, builder.name(k), { transposeB: true, alpha: node.attributes.scale });
  const raw = builder.reshape(products, grouped(length), scores);
  const mask = trainingMask(builder, node, length);
  const scored = mask === undefined ? raw : builder.node('Add', [raw, mask]);
  builder.node('Softmax', [scored], { attributes: { axis: -1 }, outputs: [probabilities] });
  const weights = builder.reshape(probabilities, scores, grouped(length));
  if (!shared) matmul(builder, weights, builder.name(v), { output: out });
  else builder.reshape(matmul(builder, weights, builder.name(v), {}), grouped(size), full(size), out);
}

/**
 * `GroupQueryAttention` writes the new keys at the end of each row's sequence and attends, in place where past and
 * present are one buffer. Told that the whole capacity is in use, it takes each row's own length from `seqlens_k`.
 * With several new tokens it serves one row at a time only; on WebGPU it takes one length for all rows; heads
 * are multiples of 8.
 */
function onePassDecoding(node: NodeOf<'cachedAttention'>, builder: Builder): void {
  const { numHeads, numKvHeads, scale, window = 0, softcap = 0 } = node.attributes;
  const [keyCache, valueCache, lengths, bias] = node.inputs.slice(3).map((value) => builder.name(value));
  const { q, k, v, rotary } = projections(node, builder);
  const capacity = builder.type(node.inputs[3]).shape[2];
  const before = builder.once(`seqlens(${lengths})`, () => builder.node('Sub', [lengths, builder.scalar('i32', 1)]));
  const total =
    typeof capacity === 'number'
      ? builder.scalar('i32', capacity)
      : builder.once(`capacity:${capacity}`, () =>
          cast(builder, builder.node('Squeeze', [builder.shapeOf([capacity])]), 'i32'),
        );
  // Rotary tables and positions, or empty places where there are none but a bias follows.
  const tables = rotary ? [rotary.cos, rotary.sin, rotary.positions] : bias === undefined ? [] : ['', '', ''];
  const extra = bias === undefined ? tables : [...tables, bias];
  builder.node('GroupQueryAttention', [q, k, v, keyCache, valueCache, before, total, ...extra], {
    attributes: {
      num_heads: numHeads,
      kv_num_heads: numKvHeads,
      scale: float(scale),
      ...(window > 0 ? { local_window_size: window } : {}),
      ...(softcap > 0 ? { softcap: float(softcap) } : {}),
      ...(rotary ? { do_rotary: 1, rotary_interleaved: rotary.interleaved ? 1 : 0 } : {}),
    },
    outputs: names(node, builder).outputs,
    microsoft: true,
  });
}

/** Several rows with several new tokens each: scatter into the caches, then masked attention over their capacity. */
function generalDecoding(node: NodeOf<'cachedAttention'>, builder: Builder): void {
  const { numHeads, numKvHeads, scale, window = 0, softcap = 0 } = node.attributes;
  const [q, k, v, keyCache, valueCache, lengths, bias] = names(node, builder).inputs;
  const [out, keys, values] = names(node, builder).outputs;
  const [batch, length, width] = builder.type(node.inputs[0]).shape;
  const cacheShape = builder.type(node.inputs[3]).shape;
  const [, , capacity, size] = cacheShape;
  const op = (name: string, ...inputs: string[]) => builder.node(name, inputs);
  const range = (dim: Shape[number]) => {
    const limit = op('Squeeze', builder.shapeOf([dim]));
    return op('Range', builder.scalar('i64', 0), limit, builder.scalar('i64', 1));
  };
  const ints = (...values: number[]) => builder.ints(values);
  // Position of each new token in its row: lengths - T + t, i64 [B, T].
  const ends = op('Unsqueeze', cast(builder, lengths, 'i64'), ints(1));
  const starts = op('Sub', ends, builder.shapeOf([length]));
  const positions = op('Add', starts, range(length));
  // ScatterElements along the capacity: an index per element of [B, G, T, K].
  const perHead: Shape = [batch, numKvHeads, length, size];
  const index = op('Expand', op('Unsqueeze', positions, ints(1, 3)), builder.shapeOf(perHead));
  const split = (x: string, heads: number) =>
    builder.node(
      'Transpose',
      [builder.reshape(x, [batch, length, multiplyDims(heads, size)], [batch, length, heads, size])],
      {
        attributes: { perm: [0, 2, 1, 3] },
      },
    );
  const write = (cache: string, fresh: string, output: string) =>
    builder.node('ScatterElements', [cache, index, split(fresh, numKvHeads)], {
      attributes: { axis: 2 },
      outputs: [output],
    });
  write(keyCache, k, keys);
  write(valueCache, v, values);
  const perGroup = multiplyDims(numHeads / numKvHeads, length);
  const queries = builder.reshape(
    split(q, numHeads),
    [batch, numHeads, length, size],
    [batch, numKvHeads, perGroup, size],
  );
  const products = matmul(builder, queries, keys, { transposeB: true, alpha: softcap > 0 ? scale / softcap : scale });
  const scores = softcap > 0 ? op('Mul', op('Tanh', products), builder.scalar('f32', softcap)) : products;
  const all: Shape = [batch, numHeads, length, capacity];
  const key = op('Unsqueeze', range(capacity), ints(0, 1, 2));
  const query = op('Unsqueeze', positions, ints(1, 3));
  const behind = op('LessOrEqual', key, query);
  const near = () => op('Less', op('Sub', query, key), builder.scalar('i64', window));
  const visible = window > 0 ? op('And', behind, near()) : behind;
  const grouped: Shape = [batch, numKvHeads, perGroup, capacity];
  const raw = builder.reshape(scores, grouped, all);
  const scored = bias === undefined ? raw : op('Add', raw, bias);
  const limited = op('Where', visible, scored, builder.scalar('f32', masked));
  const weights = builder.reshape(builder.node('Softmax', [limited], { attributes: { axis: -1 } }), all, grouped);
  const heads = builder.reshape(
    matmul(builder, weights, values, {}),
    [batch, numKvHeads, perGroup, size],
    [batch, numHeads, length, size],
  );
  const merged = builder.node('Transpose', [heads], { attributes: { perm: [0, 2, 1, 3] } });
  builder.reshape(merged, [batch, length, numHeads, size], [batch, length, width], out);
}

export const attentionRules: Rules<'attention' | 'cachedAttention'> = {
  attention: training,
  cachedAttention: (node, builder) => {
    const [batch, length] = builder.type(node.inputs[0]).shape;
    const size = builder.type(node.inputs[3]).shape[3];
    const fits = typeof size === 'number' && size % 8 === 0;
    const narrow = length === 1 || batch === 1 || node.attributes.narrow === true;
    if (builder.device === 'cpu' && narrow && fits) onePassDecoding(node, builder);
    else generalDecoding(node, builder);
  },
};
