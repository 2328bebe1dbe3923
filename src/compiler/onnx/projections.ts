import { multiplyDims } from '../ir/index.js';
import type { NodeOf, Shape, ValueId } from '../ir/index.js';
import type { Builder } from './builder.js';
import { cast } from './elementwise.js';
import { productOfRows } from './linear.js';
import type { Factor } from './pointwise.js';

// What stands before decoding attention and what its kernel can do itself: rotate queries and keys by a table of angles, and
// take queries, keys and values out of one product.

/** Inputs 0 to 2 of the kernel, and 7 to 9 where it rotates. */
export interface Projections {
  /** Queries alone, or with keys and values behind them in each row ('' for `k` and `v` then). */
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly rotary?: Rotary;
}

export interface Rotary {
  /** [positions, K / 2] */
  readonly cos: string;
  readonly sin: string;
  /** i64 [B, T] */
  readonly positions: string;
  readonly interleaved: boolean;
}

/** Follows reshapes that nobody else reads to what they reshape. */
function source(builder: Builder, value: ValueId): ValueId {
  const reshape = builder.producedBy(value, 'reshape');
  return reshape && builder.uses(value) === 1 ? source(builder, reshape.inputs[0]) : value;
}

/** The rows of a table of angles that a rotation reads: constant [positions, K / 2], looked up for each token. */
function lookup(builder: Builder, angles: ValueId): { table: ValueId; positions: ValueId } | undefined {
  let value = angles;
  for (let reshape = builder.producedBy(value, 'reshape'); reshape; reshape = builder.producedBy(value, 'reshape')) {
    value = reshape.inputs[0];
  }
  const gather = builder.producedBy(value, 'gather');
  if (!gather || gather.attributes.axis !== 0) return undefined;
  const [table, positions] = gather.inputs;
  const found = builder.constant(table) !== undefined && builder.type(table).shape.length === 2;
  return found ? { table, positions } : undefined;
}

interface Rotation {
  readonly x: ValueId;
  readonly cos: ValueId;
  readonly sin: ValueId;
  readonly positions: ValueId;
  readonly interleaved: boolean;
}

/** What `value` [B, T, H·K] was before each of its tokens was rotated by the angles of its own position. */
function unrotated(builder: Builder, value: ValueId, heads: number): Rotation | undefined {
  const rope = builder.producedBy(source(builder, value), 'rope');
  if (!rope || builder.uses(rope.outputs[0]) !== 1) return undefined;
  const [batch, length] = builder.type(value).shape;
  const [x, cosine, sine] = rope.inputs;
  const [tokens, count, one, size] = builder.type(x).shape;
  const perToken = tokens === multiplyDims(batch, length) && count === heads && one === 1;
  // The kernel rotates heads of a multiple of 16 numbers.
  if (!perToken || typeof size !== 'number' || size % 16 !== 0 || builder.type(cosine).shape[0] !== tokens) {
    return undefined;
  }
  const [cos, sin] = [lookup(builder, cosine), lookup(builder, sine)];
  if (!cos || !sin || cos.positions !== sin.positions) return undefined;
  if (builder.type(cos.positions).shape.join() !== [batch, length].join()) return undefined;
  const { interleaved } = rope.attributes;
  return { x, cos: cos.table, sin: sin.table, positions: cos.positions, interleaved };
}

interface Product {
  readonly a: ValueId;
  readonly transposeB: boolean;
  readonly factor: Factor;
}

/** A value as the product of rows with a constant weight, read by nobody else. */
function productOf(builder: Builder, value: ValueId): Product | undefined {
  const made = source(builder, value);
  if (builder.uses(made) !== 1) return undefined;
  const sum = builder.producedBy(made, 'add');
  const [first, second] = sum ? sum.inputs : [made, undefined];
  const [product, bias] =
    second === undefined || builder.producedBy(first, 'matmul') ? [first, second] : [second, first];
  const node = builder.producedBy(product, 'matmul');
  if (!node || builder.uses(product) !== 1) return undefined;
  const [a, weight] = node.inputs;
  const { transposeA, transposeB, alpha } = node.attributes;
  const matrices = builder.type(a).shape.length === 2 && builder.type(weight).shape.length === 2;
  const plain = matrices && !transposeA && alpha === 1 && builder.constant(weight) !== undefined;
  const width = builder.type(product).shape[1];
  const row =
    bias === undefined || (builder.constant(bias) !== undefined && builder.type(bias).shape.join() === `${width}`);
  return plain && row ? { a, transposeB, factor: { weight, ...(bias === undefined ? {} : { bias }) } } : undefined;
}

/** Queries, keys and values in one product, where all three are products of the same rows. */
function joined(builder: Builder, values: readonly ValueId[], shape: Shape): string | undefined {
  const products = values.map((value) => productOf(builder, value));
  const [first] = products;
  if (!first) return undefined;
  const factors: Factor[] = [];
  for (const product of products) {
    const alike = product && product.a === first.a && product.transposeB === first.transposeB;
    if (!alike || (product.factor.bias === undefined) !== (first.factor.bias === undefined)) return undefined;
    factors.push(product.factor);
  }
  return builder.reshape(...productOfRows(builder, first.a, factors, first.transposeB), shape);
}

/** One value of which `values` are the slices, side by side along its last axis. */
function sliced(builder: Builder, values: readonly ValueId[], shape: Shape): string | undefined {
  let whole: ValueId | undefined;
  let at = 0;
  for (const value of values) {
    const slice = builder.producedBy(source(builder, value), 'slice');
    if (!slice) return undefined;
    const { axis, start, end, step } = slice.attributes;
    const [from] = slice.inputs;
    const last = axis === builder.type(from).shape.length - 1;
    if (!last || start !== at || step !== 1 || (whole ?? from) !== from) return undefined;
    whole = from;
    at = end;
  }
  if (whole === undefined || builder.type(whole).shape.at(-1) !== at) return undefined;
  return builder.reshape(...builder.forms.made(whole), shape);
}

/** The inputs of decoding attention as its kernel takes them with the least work before it. */
export function projections(node: NodeOf<'cachedAttention'>, builder: Builder): Projections {
  const { numHeads, numKvHeads } = node.attributes;
  const [q, k, v] = node.inputs;
  const rotations = [unrotated(builder, q, numHeads), unrotated(builder, k, numKvHeads)] as const;
  const [ofQ, ofK] = rotations;
  const rotated =
    ofQ !== undefined &&
    ofK !== undefined &&
    ofQ.cos === ofK.cos &&
    ofQ.sin === ofK.sin &&
    ofQ.positions === ofK.positions &&
    ofQ.interleaved === ofK.interleaved;
  const [plainQ, plainK] = rotated ? [ofQ.x, ofK.x] : [q, k];
  const [batch, length, width] = builder.type(q).shape;
  const keyWidth = builder.type(k).shape[2];
  const rotary = rotated ? { rotary: rotaryOf(builder, ofQ) } : {};
  if (typeof width === 'number' && typeof keyWidth === 'number') {
    const shape = [batch, length, width + 2 * keyWidth];
    const values = [plainQ, plainK, v];
    const packed = joined(builder, values, shape) ?? sliced(builder, values, shape);
    if (packed !== undefined) return { q: packed, k: '', v: '', ...rotary };
  }
  const whole = (value: ValueId, like: ValueId) =>
    builder.reshape(...builder.forms.made(value), builder.type(like).shape);
  return { q: whole(plainQ, q), k: whole(plainK, k), v: builder.name(v), ...rotary };
}

function rotaryOf(builder: Builder, { cos, sin, positions, interleaved }: Rotation): Rotary {
  const name = builder.name(positions);
  const wide = builder.once(`i64(${name})`, () => cast(builder, name, 'i64'));
  return { cos: builder.name(cos), sin: builder.name(sin), positions: wide, interleaved };
}
