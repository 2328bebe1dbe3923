import type { Dim, NodeOf, Shape, ValueId } from '../ir/index.js';
import { inRows } from './builder.js';
import type { Builder } from './builder.js';

// A matrix product x·W with constant W is a 1x1 convolution: rows are pixels, columns are channels. On x64, ONNX Runtime
// has kernels for convolutions whose channels lie in blocks of one vector register. They read each weight once, as fast as
// memory gives them: a 768 x 2,048 product of one row takes 320 µs where `Gemm` takes 464 (one thread), one of 8 rows 70 %
// of `Gemm`'s time, one of 512 rows 90 %. The optimizer reorders the weights when the program is loaded, and takes
// `Transpose` to or from [1, 1, rows, C] into its own reordering of the activations.

/** One factor of a product, or one of several that read the same rows; each with its bias. */
export interface Factor {
  readonly weight: ValueId;
  readonly bias?: ValueId;
}

/** Whether the kernel takes rows of so many channels: below 16, or where 4 do not divide them, it wants another order. */
export function isWide(channels: Dim | undefined): boolean {
  return typeof channels === 'number' && channels >= 16 && channels % 4 === 0;
}

/** Whether a product (that is one of matrices) and its bias can be a convolution. */
export function isPointwise(builder: Builder, node: NodeOf<'matmul'>, bias?: ValueId): boolean {
  const { transposeA, alpha } = node.attributes;
  const [a, b] = node.inputs;
  return (
    builder.pointwise &&
    !transposeA &&
    alpha === 1 &&
    builder.isConstant(b) &&
    (bias === undefined || builder.isConstant(bias)) &&
    isWide(builder.type(a).shape.at(-1)) &&
    !builder.type(node.outputs[0]).shape.includes(0)
  );
}

/** Weights of all factors side by side as one kernel [outputs, inputs, 1, 1]; computed when the program is loaded. */
function kernel(builder: Builder, factors: readonly Factor[], transposeB: boolean): string {
  const weights = factors.map(({ weight }) => builder.name(weight));
  return builder.once(`kernel(${weights}):${transposeB}`, () => {
    const shapes = factors.map(({ weight }) => builder.type(weight).shape as readonly number[]);
    const [outputs, inputs] = transposeB ? [0, 1] : [1, 0];
    const count = shapes.reduce((sum, shape) => sum + (shape[outputs] as number), 0);
    const joined = concat(builder, weights, outputs);
    const turned = transposeB ? joined : builder.node('Transpose', [joined], { attributes: { perm: [1, 0] } });
    const channels = (shapes[0] as readonly number[])[inputs] as number;
    return builder.reshape(turned, [count, channels], [count, channels, 1, 1]);
  });
}

/** Tensors joined along an axis; one alone stays as it is. */
export function concat(builder: Builder, parts: readonly string[], axis: number): string {
  if (parts.length === 1) return parts[0] as string;
  return builder.node('Concat', parts, { attributes: { axis } });
}

/** The product of `x`'s rows with all factors side by side, in the shape `inRows`. */
export function convolve(
  builder: Builder,
  x: ValueId,
  factors: readonly Factor[],
  transposeB: boolean,
  output?: string,
): string {
  const channels = builder.once(`channels(${builder.rows(x)})`, () =>
    builder.node('Transpose', [builder.rows(x)], { attributes: { perm: [0, 3, 1, 2] } }),
  );
  const biases = factors.flatMap(({ bias }) => (bias === undefined ? [] : [builder.name(bias)]));
  const inputs = [channels, kernel(builder, factors, transposeB)];
  if (biases.length > 0) inputs.push(concat(builder, biases, 0));
  const convolved = builder.node('Conv', inputs, { attributes: { kernel_shape: [1, 1] } });
  return builder.node('Transpose', [convolved], {
    attributes: { perm: [0, 2, 3, 1] },
    outputs: output === undefined ? undefined : [output],
  });
}

/** Writes a product as a convolution into the value `result`. */
export function pointwise(builder: Builder, node: NodeOf<'matmul'>, result: ValueId, bias?: ValueId): void {
  const [x, weight] = node.inputs;
  const rows = builder.nameRows(result);
  const made = convolve(builder, x, [{ weight, bias }], node.attributes.transposeB, rows);
  if (rows !== undefined) return;
  const { shape }: { shape: Shape } = builder.type(result);
  builder.reshape(made, inRows(shape), shape, builder.name(result));
}
