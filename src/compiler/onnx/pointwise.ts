import type { Dim, NodeOf, ValueId } from '../ir/index.js';
import { hostTensor } from '../tensor/index.js';
import type { HostTensor } from '../tensor/index.js';
import type { Builder } from './builder.js';
import { inRows } from './forms.js';

// A matrix product x·W with constant W is a 1x1 convolution: rows are pixels, columns are channels. ONNX Runtime has kernels
// for convolutions whose channels lie in blocks of one vector register (its optimizer makes them of `Conv`, but holds every
// weight three times while it does). They read each weight once, as fast as memory gives them: a 768 x 2,048 product of one
// row takes 320 µs where `Gemm` takes 464 (one thread), one of 8 rows 70 % of `Gemm`'s time, one of 512 rows 90 %. They can
// add what lies in the same blocks, and whatever works element by element leaves the blocks as they are.

/** One factor of a product, or one of several that read the same rows; each with its bias. */
export interface Factor {
  readonly weight: ValueId;
  readonly bias?: ValueId;
}

/** Whether rows of so many channels can be reordered into blocks: 4 must divide them. */
export function isWide(channels: Dim | undefined): boolean {
  return typeof channels === 'number' && channels >= 16 && channels % 4 === 0;
}

/** Whether a product (that is one of matrices) and its bias can be a convolution. */
export function isPointwise(builder: Builder, node: NodeOf<'matmul'>, bias?: ValueId): boolean {
  const { transposeA, alpha } = node.attributes;
  const [a, b] = node.inputs;
  return (
    builder.block > 0 &&
    !transposeA &&
    alpha === 1 &&
    builder.constant(b) !== undefined &&
    (bias === undefined || builder.constant(bias) !== undefined) &&
    isWide(builder.type(a).shape.at(-1)) &&
    builder.type(a).dtype === 'f32' &&
    !builder.type(node.outputs[0]).shape.includes(0)
  );
}

const roundUp = (count: number, block: number) => Math.ceil(count / block) * block;

/**
 * Weights of all factors side by side as a kernel whose channels lie in blocks: [outputs / b, inputs / b, b inputs, b
 * outputs], with zeros up to whole blocks; its shape is [outputs, inputs, 1, 1].
 */
function kernel(builder: Builder, factors: readonly Factor[], transposeB: boolean): string {
  return builder.once(`kernel(${factors.map(({ weight }) => weight)}):${transposeB}`, () =>
    builder.computed(() => blocked(builder, factors, transposeB)),
  );
}

function blocked(builder: Builder, factors: readonly Factor[], transposeB: boolean): HostTensor {
  const { block } = builder;
  const channels = builder.type((factors[0] as Factor).weight).shape[transposeB ? 1 : 0] as number;
  const width = roundUp(channels, block);
  const count = factors.reduce((sum, factor) => sum + outputsOf(builder, factor, transposeB), 0);
  const result = new Float32Array(roundUp(count, block) * width);
  let first = 0;
  for (const factor of factors) {
    const data = builder.constant(factor.weight)?.data as Float32Array;
    const outputs = outputsOf(builder, factor, transposeB);
    const [perOutput, perInput] = transposeB ? [channels, 1] : [1, outputs];
    for (let output = 0; output < outputs; output++) {
      const inBlock = (first + output) % block;
      let to = (first + output - inBlock) * width + inBlock;
      for (let input = 0, from = output * perOutput; input < channels; input++, from += perInput, to += block) {
        result[to] = data[from] as number;
      }
    }
    first += outputs;
  }
  return hostTensor('f32', [roundUp(count, block), width, 1, 1], result);
}

function outputsOf(builder: Builder, { weight }: Factor, transposeB: boolean): number {
  return builder.type(weight).shape[transposeB ? 0 : 1] as number;
}

/** The biases side by side, with zeros up to a whole block. */
function biasOf(builder: Builder, factors: readonly Factor[]): string[] {
  const biases = factors.flatMap(({ bias }) => (bias === undefined ? [] : [bias]));
  if (biases.length === 0) return [];
  const name = builder.once(`bias(${biases})`, () => {
    const parts = biases.map((bias) => builder.constant(bias)?.data as Float32Array);
    const count = parts.reduce((sum, part) => sum + part.length, 0);
    const joined = new Float32Array(roundUp(count, builder.block));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return builder.initializer(hostTensor('f32', [joined.length], joined));
  });
  return [name];
}

/** The product of the rows of `x` with all factors side by side, in blocks; plus `sum`, which lies in the same blocks. */
export function convolve(
  builder: Builder,
  x: ValueId,
  factors: readonly Factor[],
  options: { readonly transposeB: boolean; readonly sum?: ValueId; readonly output?: string },
): string {
  const { transposeB, sum, output } = options;
  const bias = biasOf(builder, factors);
  const added = sum === undefined ? [] : [...(bias.length === 0 ? [''] : []), builder.forms.blocks(sum)];
  return builder.node('Conv', [builder.forms.blocks(x), kernel(builder, factors, transposeB), ...bias, ...added], {
    attributes: { kernel_shape: [1, 1] },
    outputs: output === undefined ? undefined : [output],
    blocked: true,
  });
}

/** Writes a product as a convolution into the value `result`, its bias and `sum` (of the result's shape) added. */
export function pointwise(
  builder: Builder,
  node: NodeOf<'matmul'>,
  result: ValueId,
  { bias, sum }: { readonly bias?: ValueId; readonly sum?: ValueId } = {},
): void {
  const [x, weight] = node.inputs;
  const { transposeB } = node.attributes;
  const output = builder.forms.nameIn('blocks', result);
  const made = convolve(builder, x, [{ weight, bias }], { transposeB, sum, output });
  if (output !== undefined) return;
  const { shape } = builder.type(result);
  builder.reshape(builder.forms.rowsOf(made, shape.at(-1) as number), inRows(shape), shape, builder.name(result));
}
