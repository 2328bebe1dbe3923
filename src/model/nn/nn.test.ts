import { expect, it } from 'vitest';
import { trace } from '../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../compiler/ir/index.js';
import { createInterpreter } from '../../compiler/runtime/index.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { causalLmLoss, dropout, linear, rotaryTables } from './index.js';

/** Runs a traced function on the interpreter. */
async function run(
  feeds: Record<string, HostTensor>,
  fn: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
): Promise<Record<string, number[]>> {
  const executor = createInterpreter();
  const types = Object.fromEntries(Object.entries(feeds).map(([k, { dtype, shape }]) => [k, { dtype, shape }]));
  const graph = trace('test', types as Record<string, ValueType>, fn);
  const fetch = graph.outputs.map(({ name }) => name);
  const result = await executor.run({ program: await executor.load(graph), feeds, fetch });
  return Object.fromEntries(fetch.map((name) => [name, Array.from(result[name]?.data as Float32Array)]));
}

const f32 = (shape: number[], data: number[]) => hostTensor('f32', shape, data);

it('multiplies by weights in either layout', async () => {
  const { a, b } = await run(
    {
      x: f32([1, 2], [1, 2]),
      w: f32([2, 3], [1, 2, 3, 4, 5, 6]),
      v: f32([3, 2], [1, 4, 2, 5, 3, 6]),
      c: f32([3], [1, 1, 1]),
    },
    ({ x, w, v, c }) => ({
      a: linear(x as Tensor, w as Tensor, 'inOut', c),
      b: linear(x as Tensor, v as Tensor, 'outIn'),
    }),
  );
  expect(a).toEqual([10, 13, 16]);
  expect(b).toEqual([9, 12, 15]);
});

it('takes the loss over counted targets only', async () => {
  const logits = f32([3, 2], [0, 0, 0, Math.log(3), 5, 5]);
  const loss = (targets: number[]) =>
    run({ logits, targets: hostTensor('i32', [3], targets) }, (t) => ({
      ...causalLmLoss(t.logits as Tensor, t.targets as Tensor),
    }));
  const { mean, sum, count } = await loss([0, 1, -100]);
  expect(count).toEqual([2]);
  expect(sum?.[0]).toBeCloseTo(Math.log(2) + Math.log(4 / 3), 5);
  expect(mean?.[0]).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 5);
  expect(await loss([-100, -100, -100])).toMatchObject({ mean: [0], count: [0] });
});

it('drops a share of activations, differently by stream and key, the same each time', async () => {
  const x = f32(
    [40, 100],
    Array.from({ length: 4000 }, () => 3),
  );
  const drop = (key: number[], stream: number) =>
    run({ x, key: hostTensor('i32', [2], key) }, (t) => ({
      y: dropout(t.x as Tensor, { rate: 0.25, key: t.key as Tensor }, stream),
    }));
  const { y } = await drop([7, 1], 0);
  expect(new Set(y)).toEqual(new Set([0, 4]));
  const share = (y as number[]).filter((value) => value === 0).length / 4000;
  expect(Math.abs(share - 0.25)).toBeLessThan(0.035);
  expect((await drop([7, 1], 0)).y).toEqual(y);
  expect((await drop([7, 1], 1)).y).not.toEqual(y);
  expect((await drop([7, 2], 0)).y).not.toEqual(y);
});

it('turns by the angles of RoFormer', () => {
  const { cos, sin } = rotaryTables({ length: 3, headSize: 4, theta: 100 });
  expect(Array.from(cos.data as Float32Array, (v) => v.toFixed(5))).toEqual(
    [0, 0, 1, 0.1, 2, 0.2].map((angle) => Math.cos(angle).toFixed(5)),
  );
  expect((sin.data as Float32Array)[3]).toBeCloseTo(Math.sin(0.1), 6);
});
