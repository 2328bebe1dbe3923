import { multiplyDims } from '../ir/index.js';
import type { NodeOf, PrimitiveName, Shape, ValueId } from '../ir/index.js';
import { float } from './builder.js';
import type { Builder } from './builder.js';
import { inRows } from './forms.js';
import { convolve, isPointwise, isWide, pointwise } from './pointwise.js';
import type { Factor } from './pointwise.js';
import { names, rowNames } from './rule.js';
import type { Rules } from './rule.js';

/** op(a)·op(b) as one matrix product: both are matrices, or b is and the batch of a folds into its rows. */
function isGemm(node: NodeOf<'matmul'>, builder: Builder): boolean {
  const [a, b] = node.inputs.map((value) => builder.type(value).shape);
  return b.length === 2 && (a.length === 2 || !node.attributes.transposeA);
}

/**
 * Where a transposed copy of a costs less than what the kernel gains by it: a product that is large and wider than a
 * (the copy is made by one thread).
 */
function gainsByTransposing([rows]: Shape, result: Shape): boolean {
  const [m, n] = result;
  if (typeof rows !== 'number' || typeof m !== 'number' || typeof n !== 'number') return false;
  return rows >= 256 && n > m && m * n >= 384 * 1024;
}

/**
 * aᵀ as a copy. The kernel is a fifth slower where it transposes a itself (158 against 190 GFLOP/s per core). A plain
 * Transpose would be folded back into the product by ONNX Runtime's optimizer; between two reshapes it stays.
 */
function transposed(builder: Builder, a: string, [rows, columns]: Shape): string {
  return builder.once(`transposed(${a})`, () => {
    const stacked = builder.reshape(a, [rows, columns], [1, rows, columns]);
    const turned = builder.node('Transpose', [stacked], { attributes: { perm: [0, 2, 1] } });
    return builder.reshape(turned, [1, columns, rows], [columns, rows]);
  });
}

function gemm(node: NodeOf<'matmul'>, builder: Builder, output: string, resultShape: Shape, addend?: string): void {
  const { transposeA, transposeB, alpha } = node.attributes;
  const [a, b] = node.inputs;
  const shape = builder.type(a).shape;
  const inner = shape[shape.length - 1];
  const folded: Shape = shape.length === 2 ? shape : [multiplyDims(...shape.slice(0, -1)), inner];
  const direct = builder.reshape(builder.name(a), shape, folded);
  const apart = transposeA && gainsByTransposing(folded, resultShape);
  const rows = apart ? transposed(builder, direct, folded) : direct;
  const attributes = {
    transA: transposeA && !apart ? 1 : 0,
    transB: transposeB ? 1 : 0,
    ...(alpha === 1 ? {} : { alpha: float(alpha) }),
  };
  const inputs = [rows, builder.name(b), ...(addend === undefined ? [] : [addend])];
  if (resultShape.length === 2) {
    builder.node('Gemm', inputs, { attributes, outputs: [output] });
    return;
  }
  const flat: Shape = [folded[0], resultShape[resultShape.length - 1]];
  builder.reshape(builder.node('Gemm', inputs, { attributes }), flat, resultShape, output);
}

/** A sum that is computed with the product in it. */
interface ProductInSum {
  readonly product: NodeOf<'matmul'>;
  /** A row of the product's width. */
  readonly bias?: ValueId;
  /** Of the product's shape; only where the product is a convolution. */
  readonly sum?: ValueId;
  /** Whose only reader is the sum. */
  readonly claimed: readonly NodeOf<PrimitiveName>[];
}

const sides = [
  [0, 1],
  [1, 0],
] as const;

/** The product whose only reader is this sum with a bias row, which `Gemm` and `Conv` add themselves. */
function productWithBias(node: NodeOf<'add'>, builder: Builder): (ProductInSum & { bias: ValueId }) | undefined {
  for (const [i, j] of sides) {
    const [value, bias] = [node.inputs[i], node.inputs[j]];
    const product = builder.producedBy(value, 'matmul');
    if (!product || builder.uses(value) !== 1 || !isGemm(product, builder)) continue;
    const shape = builder.type(value).shape;
    const added = builder.type(bias).shape;
    if (added.length === 1 && added[0] === shape[shape.length - 1]) return { product, bias, claimed: [product] };
  }
  return undefined;
}

/** The convolution, with its bias, whose only reader is this sum with something of its own shape (a residual). */
function productWithSum(node: NodeOf<'add'>, builder: Builder): ProductInSum | undefined {
  const { shape } = builder.type(node.outputs[0]);
  const whole = node.inputs.every((value) => builder.type(value).shape.join() === shape.join());
  if (builder.block === 0 || !whole || !isWide(shape[shape.length - 1])) return undefined;
  for (const [i, j] of sides) {
    const [value, sum] = [node.inputs[i], node.inputs[j]];
    if (builder.uses(value) !== 1) continue;
    const inner = builder.producedBy(value, 'add');
    const biased = inner && productWithBias(inner, builder);
    const product = biased?.product ?? builder.producedBy(value, 'matmul');
    if (!product || !isGemm(product, builder) || !isPointwise(builder, product, biased?.bias)) continue;
    return { product, bias: biased?.bias, sum, claimed: inner ? [inner, product] : [product] };
  }
  return undefined;
}

/** What a sum computes besides itself. */
export function productInSum(node: NodeOf<'add'>, builder: Builder): ProductInSum | undefined {
  return productWithBias(node, builder) ?? productWithSum(node, builder);
}

/**
 * Rows [N, C] times weights that stand side by side: all of them [C, O…] or, transposed, [O…, C], each with a bias or
 * none. Returns the name of the result and its shape.
 */
export function productOfRows(
  builder: Builder,
  a: ValueId,
  factors: readonly Factor[],
  transposeB: boolean,
): readonly [name: string, shape: Shape] {
  const [rows, channels] = builder.type(a).shape;
  const axis = transposeB ? 0 : 1;
  const count = factors.reduce((sum, { weight }) => sum + (builder.type(weight).shape[axis] as number), 0);
  const shape: Shape = [rows, count];
  if (builder.block > 0 && isWide(channels)) {
    return [builder.forms.rowsOf(convolve(builder, a, factors, { transposeB }), count), inRows(shape)];
  }
  const weights = factors.map(({ weight }) => builder.name(weight));
  const biases = factors.flatMap(({ bias }) => (bias === undefined ? [] : [builder.name(bias)]));
  const concat = (parts: readonly string[], at: number) => builder.node('Concat', parts, { attributes: { axis: at } });
  const inputs = [builder.name(a), concat(weights, axis)];
  if (biases.length > 0) inputs.push(concat(biases, 0));
  return [builder.node('Gemm', inputs, { attributes: { transB: transposeB ? 1 : 0 } }), shape];
}

export function matmul(
  builder: Builder,
  a: string,
  b: string,
  options: { transposeA?: boolean; transposeB?: boolean; alpha?: number; output?: string },
): string {
  const { transposeA = false, transposeB = false, alpha = 1, output } = options;
  const outputs = output === undefined ? undefined : [output];
  if (!transposeA && !transposeB && alpha === 1) return builder.node('MatMul', [a, b], { outputs });
  if (builder.portable) {
    // Whoever calls this by name multiplies stacks of heads, [B, H, rows, columns].
    const turned = (x: string) => builder.node('Transpose', [x], { attributes: { perm: [0, 1, 3, 2] } });
    const product = builder.node('MatMul', [transposeA ? turned(a) : a, transposeB ? turned(b) : b]);
    return builder.node('Mul', [product, builder.scalar('f32', alpha)], { outputs });
  }
  return builder.node('FusedMatMul', [a, b], {
    attributes: { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0, alpha: float(alpha) },
    outputs,
    microsoft: true,
  });
}

/** Products of stacks in ONNX's own operators, which neither transpose nor scale by themselves. */
function portableMatmul(node: NodeOf<'matmul'>, builder: Builder): void {
  const { transposeA, transposeB, alpha } = node.attributes;
  const turned = (value: ValueId, transpose: boolean): string => {
    const rank = builder.type(value).shape.length;
    if (!transpose) return builder.name(value);
    const perm = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
    return builder.node('Transpose', [builder.name(value)], { attributes: { perm } });
  };
  const [a, b] = node.inputs;
  const outputs = [builder.name(node.outputs[0])];
  const factors = [turned(a, transposeA), turned(b, transposeB)];
  if (alpha === 1) builder.node('MatMul', factors, { outputs });
  else builder.node('Mul', [builder.node('MatMul', factors), builder.scalar('f32', alpha)], { outputs });
}

export const linear: Rules<'matmul' | 'add'> = {
  matmul: (node, builder) => {
    if (isGemm(node, builder) && isPointwise(builder, node)) {
      pointwise(builder, node, node.outputs[0]);
      return;
    }
    const { inputs, outputs } = names(node, builder);
    const { shape } = builder.type(node.outputs[0]);
    if (shape.includes(0) || builder.type(node.inputs[0]).shape.includes(0)) {
      // MatMul refuses to broadcast a batch of zero, and sums of no products are left as they were in memory.
      builder.node('Expand', [builder.scalar('f32', 0), builder.shapeOf(shape)], { outputs });
    } else if (isGemm(node, builder)) gemm(node, builder, outputs[0], shape);
    else if (builder.portable) portableMatmul(node, builder);
    else matmul(builder, inputs[0], inputs[1], { ...node.attributes, output: outputs[0] });
  },
  add: (node, builder) => {
    const [output] = node.outputs;
    const match = productInSum(node, builder);
    if (!match) {
      const { inputs, outputs } = rowNames(node, builder, { anywhere: true });
      builder.node('Add', inputs, { outputs });
      return;
    }
    const { product, bias, sum } = match;
    if (isPointwise(builder, product, bias)) pointwise(builder, product, output, { bias, sum });
    else gemm(product, builder, builder.name(output), builder.type(output).shape, builder.name(bias as ValueId));
  },
};
