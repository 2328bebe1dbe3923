import { expect, it } from 'vitest';
import { add, matmul, mul, trace } from '../ir/index.js';
import type { Tensor, ValueType } from '../ir/index.js';
import { hostTensor } from '../tensor/index.js';
import { chooseModel, encodeModel, lowerToModel } from '../onnx/index.js';

const type = (...shape: (number | string)[]): ValueType => ({ dtype: 'f32', shape });
const weight = hostTensor(
  'f32',
  [4, 4],
  Array.from({ length: 16 }, (_, i) => i),
);
const model = (name: string, more: Record<string, ValueType>, last: (y: Tensor, t: Record<string, Tensor>) => Tensor) =>
  lowerToModel(
    trace(name, { x: type('N', 4), w: type(4, 4), ...more }, (t) => ({
      y: last(matmul(t.x as Tensor, t.w as Tensor), t as Record<string, Tensor>),
    })),
    { constants: { w: weight }, portable: true },
  );

it('joins two models: shared weights stand once, inputs of either are asked for', async () => {
  const no = model('plain', {}, (y) => mul(y, 2));
  const yes = model('shifted', { b: type(4) }, (y, { b }) => add(mul(y, 2), b as Tensor));
  const both = chooseModel('both', 'shift', { yes, no });
  expect(both.inputs.map(({ name }) => name)).toEqual(['x', 'b', 'shift']);
  expect(both.initializers.filter(([, { data }]) => data.length === 16)).toHaveLength(1);
  expect(new Set(both.initializers.map(([name]) => name)).size).toBe(both.initializers.length);
  const { InferenceSession, Tensor: OrtTensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(encodeModel(both));
  const x = new OrtTensor('float32', Float32Array.of(1, 0, 0, 1), [1, 4]);
  const b = new OrtTensor('float32', Float32Array.of(1, 1, 1, 1), [4]);
  const run = async (shift: boolean) =>
    Array.from((await session.run({ x, b, shift: new OrtTensor('bool', [shift], [1]) })).y!.data as Float32Array);
  expect(await run(false)).toEqual([24, 28, 32, 36]);
  expect(await run(true)).toEqual([25, 29, 33, 37]);
  await session.release();
});

it('wants the same outputs of both', () => {
  const other = lowerToModel(
    trace('other', { x: type('N', 4) }, ({ x }) => ({ z: mul(x as Tensor, 2) })),
    {},
  );
  expect(() => chooseModel('both', 'which', { yes: other, no: model('plain', {}, (y) => y) })).toThrow();
});
