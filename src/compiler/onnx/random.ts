import { hostTensor } from '../tensor/index.js';
import type { HostTensor } from '../tensor/index.js';
import type { Builder } from './builder.js';
import type { Rules } from './rule.js';

/** See `randomUniform` in the primitives: the same integer steps, in ONNX operators. */
export const random: Rules<'randomUniform'> = {
  randomUniform: (node, builder) => {
    const { shape, stream } = node.attributes;
    const columns = (shape[shape.length - 1] ?? 1) as number;
    const count = (shape as readonly number[]).reduce((a, b) => a * b, 1);
    const rows = columns === 0 ? 0 : count / columns;
    const seed = state(builder, builder.name(node.inputs[0]), stream);
    const a = builder.node('Mul', [
      builder.node('Add', [
        builder.node('Mul', [lane(builder, seed, 1, rows, [rows, 1]), i32(builder, 2)]),
        i32(builder, 1),
      ]),
      i32(builder, 256),
    ]);
    const b = lane(builder, seed, 2, columns, [1, columns]);
    const d = builder.node('Mul', [lane(builder, seed, 3, rows, [rows, 1]), i32(builder, 256)]);
    const h = builder.node('Add', [builder.node('Mul', [a, b]), d]);
    const unit = builder.node('Mul', [
      builder.node('Cast', [h], { attributes: { to: 1 } }),
      builder.scalar('f32', 2 ** -32),
    ]);
    const uniform = builder.node('Add', [unit, builder.scalar('f32', 0.5)]);
    builder.reshape(uniform, [rows, columns], shape, builder.name(node.outputs[0]));
  },
};

const i32 = (builder: Builder, value: number) => builder.scalar('i32', value | 0);

function mix(builder: Builder, x: string): string {
  const op = (name: string, a: string, b: string | number) =>
    builder.node(name, [a, typeof b === 'number' ? i32(builder, b) : b]);
  let value = x;
  for (let round = 0; round < 3; round++) {
    value = op('Mul', value, op('Add', op('Mul', value, 2), 0x2c1b3c6d));
    value = op('Add', op('Mul', value, 65536), op('Div', value, 65536));
  }
  return value;
}

/** The stream's state, a [1] tensor. */
function state(builder: Builder, key: string, stream: number): string {
  const part = (i: number) => builder.node('Slice', [key, builder.ints([i]), builder.ints([i + 1]), builder.ints([0])]);
  const first = builder.once(`random:${key}`, () => {
    const one = mix(builder, builder.node('Add', [part(0), i32(builder, 0x3c6ef372)]));
    return mix(builder, builder.node('Add', [one, part(1)]));
  });
  return mix(builder, builder.node('Add', [first, i32(builder, Math.imul(stream, 0x1e3779b1))]));
}

/** mix(state + j·0x5BD1E995 + i·0x61C88647) for i = 0 … count-1, in the given shape. */
function lane(builder: Builder, seed: string, j: number, count: number, shape: readonly number[]): string {
  const offsets = builder.once(`lane:${j}:${shape}`, () => builder.initializer(laneOffsets(j, count, shape)));
  return mix(builder, builder.node('Add', [seed, offsets]));
}

function laneOffsets(j: number, count: number, shape: readonly number[]): HostTensor {
  const data = new Int32Array(count);
  for (let i = 0; i < count; i++) data[i] = (Math.imul(j, 0x5bd1e995) + Math.imul(i, 0x61c88647)) | 0;
  return hostTensor('i32', shape, data);
}
