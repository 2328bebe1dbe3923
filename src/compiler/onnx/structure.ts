import type { Shape } from '../ir/index.js';
import { hostTensor, numElements } from '../tensor/index.js';
import type { DType } from '../tensor/index.js';
import type { Builder } from './builder.js';
import { cast } from './elementwise.js';
import { names } from './rule.js';
import type { Rules } from './rule.js';

/** Axis positions 0, 1, … size-1 as a vector of `dtype`; computed at run time where the size is a symbol. */
function range(builder: Builder, size: Shape[number], dtype: DType): string {
  if (typeof size === 'number') {
    return builder.once(`range:${dtype}:${size}`, () =>
      builder.initializer(
        hostTensor(
          dtype,
          [size],
          Array.from({ length: size }, (_, i) => i),
        ),
      ),
    );
  }
  return builder.once(`range:${dtype}:${size}`, () => {
    const limit = builder.node('Squeeze', [builder.shapeOf([size])]);
    const positions = builder.node('Range', [builder.scalar('i64', 0), limit, builder.scalar('i64', 1)]);
    return dtype === 'i64' ? positions : cast(builder, positions, dtype);
  });
}

function scatter(
  builder: Builder,
  updates: string,
  indices: string,
  shapes: { updates: Shape; indices: Shape },
  axis: number,
  size: number,
  dtype: DType,
  output: string,
): void {
  // ScatterElements wants an index per element: [..., I, ...] broadcast to the updates' shape, index axes flattened to one.
  const before = shapes.updates.slice(0, axis);
  const after = shapes.updates.slice(axis + shapes.indices.length);
  const count = numElements(shapes.indices as readonly number[]);
  const flat = [...before, count, ...after];
  const zerosShape = [...before, size, ...after];
  const nothing = flat.includes(0);
  const zeros = builder.node('Expand', [builder.scalar(dtype, 0), builder.shapeOf(zerosShape)], {
    outputs: nothing ? [output] : undefined,
  });
  if (nothing) return;
  const column = [...before.map(() => 1), count, ...after.map(() => 1)];
  const expanded = builder.node('Expand', [builder.reshape(indices, shapes.indices, column), builder.shapeOf(flat)]);
  builder.node('ScatterElements', [zeros, expanded, builder.reshape(updates, shapes.updates, flat)], {
    attributes: { axis, reduction: 'add' },
    outputs: [output],
  });
}

/** ScatterElements adds number by number with one thread; into few rows, a product with a 0-1 matrix is faster. */
function sumsByProduct(shapes: { updates: Shape; indices: Shape }, size: number): boolean {
  const count = numElements(shapes.indices as readonly number[]);
  return count >= 64 && size <= 512 && !shapes.updates.includes(0);
}

function sumByProduct(
  builder: Builder,
  updates: string,
  indices: string,
  shapes: { updates: Shape; indices: Shape },
  size: number,
  output: string,
): void {
  const count = numElements(shapes.indices as readonly number[]);
  const after = shapes.updates.slice(shapes.indices.length);
  const width = numElements(after as readonly number[]);
  const row = builder.reshape(indices, shapes.indices, [1, count]);
  const hits = builder.once(`hits(${row}):${size}`, () => {
    const rows = builder.reshape(range(builder, size, 'i32'), [size], [size, 1]);
    return cast(builder, builder.node('Equal', [rows, row]), 'f32');
  });
  const sums = builder.node('Gemm', [hits, builder.reshape(updates, shapes.updates, [count, width])]);
  builder.reshape(sums, [size, width], [size, ...after], output);
}

export const structure: Rules<
  'constant' | 'iota' | 'reshape' | 'transpose' | 'broadcastTo' | 'slice' | 'pad' | 'concat' | 'gather' | 'scatterAdd'
> = {
  constant: (node, builder) => {
    const name = builder.name(node.outputs[0]);
    builder.initializer(node.attributes.value, name);
  },
  iota: (node, builder) => {
    const { shape, axis, dtype } = node.attributes;
    const column: Shape = shape.map((dim, i) => (i === axis ? dim : 1));
    const positions = builder.reshape(range(builder, shape[axis], dtype), [shape[axis]], column);
    builder.node('Expand', [positions, builder.shapeOf(shape)], { outputs: [builder.name(node.outputs[0])] });
  },
  reshape: (node, builder) => {
    const [input] = node.inputs;
    const [output] = node.outputs;
    if (builder.block > 0 && builder.forms.view(output, input)) return;
    builder.reshape(...builder.forms.made(input), node.attributes.shape, builder.name(output));
  },
  transpose: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    builder.node('Transpose', inputs, { attributes: { perm: node.attributes.permutation }, outputs });
  },
  broadcastTo: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    builder.node('Expand', [inputs[0], builder.shapeOf(node.attributes.shape)], { outputs });
  },
  slice: (node, builder) => {
    const { axis, start, end, step } = node.attributes;
    const { inputs, outputs } = names(node, builder);
    if (step < 0) {
      // The WebGPU kernel of Slice reads wrong places when it goes backwards (ONNX Runtime 1.30).
      const indices: number[] = [];
      for (let i = start; i > end; i += step) indices.push(i);
      builder.node('Gather', [inputs[0], builder.ints(indices)], { attributes: { axis }, outputs });
      return;
    }
    const bounds = [start, end, axis, step].map((value) => builder.ints([value]));
    builder.node('Slice', [inputs[0], ...bounds], { outputs });
  },
  pad: (node, builder) => {
    const { axis, before, after, value } = node.attributes;
    const { dtype, shape } = builder.type(node.inputs[0]);
    const pads = [...shape.map((_, i) => (i === axis ? before : 0)), ...shape.map((_, i) => (i === axis ? after : 0))];
    const { inputs, outputs } = names(node, builder);
    builder.node('Pad', [inputs[0], builder.ints(pads), builder.scalar(dtype, value)], { outputs });
  },
  concat: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    builder.node('Concat', inputs, { attributes: { axis: node.attributes.axis }, outputs });
  },
  gather: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    builder.node('Gather', inputs, { attributes: { axis: node.attributes.axis }, outputs });
  },
  scatterAdd: (node, builder) => {
    const [updates, indices] = node.inputs;
    const { dtype, shape } = builder.type(updates);
    const { axis, size } = node.attributes;
    const shapes = { updates: shape, indices: builder.type(indices).shape };
    const [u, i] = names(node, builder).inputs;
    if (axis === 0 && dtype === 'f32' && sumsByProduct(shapes, size)) {
      sumByProduct(builder, u, i, shapes, size, builder.name(node.outputs[0]));
      return;
    }
    scatter(builder, u, i, shapes, axis, size, dtype, builder.name(node.outputs[0]));
  },
};
