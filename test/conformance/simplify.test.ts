import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/core/index.js';
import * as ir from '../../src/compiler/ir/index.js';
import { createInterpreter } from '../../src/compiler/runtime/index.js';
import { hostTensor, numElements } from '../../src/compiler/tensor/index.js';
import type { HostTensor } from '../../src/compiler/tensor/index.js';
import { Draw } from './generate.js';
import { programs } from './programs.js';
import { rows } from './rows.js';
import { combine, feedsOf, runOn } from './suite.js';

const interpreter = createInterpreter({ precision: 'f64' });

async function evaluate(graph: ir.Graph, feeds: Record<string, HostTensor>): Promise<Record<string, HostTensor>> {
  const program = await interpreter.load(graph);
  return interpreter.run({ program, feeds, fetch: graph.outputs.map(({ name }) => name) });
}

/** Simplifies with the verifier after every pass. */
function simplified(graph: ir.Graph): ir.Graph {
  const result = ir.compile(graph, ir.simplifyPasses, (_, after) => ir.verify(after));
  expect(ir.print(ir.simplify(graph))).toBe(ir.print(ir.simplify(result)));
  expect(result.inputs.map(({ name }) => name)).toEqual(graph.inputs.map(({ name }) => name));
  expect(result.outputs.map(({ name }) => name)).toEqual(graph.outputs.map(({ name }) => name));
  return result;
}

function expectClose(got: Record<string, HostTensor>, want: Record<string, HostTensor>): void {
  for (const [name, { shape, data }] of Object.entries(want)) {
    expect(got[name].shape, name).toEqual(shape);
    data.forEach((value: number | bigint, i: number) =>
      expect(Number(got[name].data[i]), `${name} ${i}`).toBeCloseTo(Number(value), 5),
    );
  }
}

describe('simplify', () => {
  it.each(ir.primitiveNames)('keeps what %s computes', async (op) => {
    const prepared = Array.from({ length: 12 }, (_, index) => ({
      index,
      test: rows[op](new Draw(op, index)),
      wrt: [],
    }));
    const want = await runOn(interpreter, op, prepared);
    expectClose(await evaluate(simplified(combine(op, prepared)), feedsOf(prepared)), want);
  });

  it.each(Object.entries(programs))(
    'keeps what the training step of %s computes, in fewer steps',
    async (name, make) => {
      const graph = make();
      const random = new Random(name);
      const feeds = Object.fromEntries(
        graph.inputs.map((port) => {
          const { dtype, shape } = graph.values[port.value];
          const length = numElements(shape as number[]);
          const fill = () => (dtype === 'i32' ? random.int(3) : random.normal() / 2);
          return [port.name, hostTensor(dtype, shape as number[], Array.from({ length }, fill))];
        }),
      );
      const smaller = simplified(graph);
      expectClose(await evaluate(smaller, feeds), await evaluate(graph, feeds));
      expect(smaller.nodes.length).toBeLessThan(graph.nodes.length);
      // Nothing is spread out or turned over that the reading operation does by itself.
      const count = (op: ir.PrimitiveName) => smaller.nodes.filter((node) => node.op === op).length;
      expect(count('broadcastTo')).toBeLessThanOrEqual(1); // the share of each row in the mean loss
      expect(count('stopGradient')).toBe(0);
    },
  );

  const f32 = (...shape: number[]): ir.ValueType => ({ dtype: 'f32', shape });
  it.each<[string, string, (x: ir.Tensor) => ir.Tensor]>([
    ['x·1 + 0', '', (x) => ir.add(ir.mul(x, 1), 0)],
    ['reshape of reshape', 'reshape', (x) => ir.reshape(ir.reshape(x, [6]), [3, 2])],
    ['reshape back', '', (x) => ir.reshape(ir.reshape(x, [6]), [2, 3])],
    ['transpose twice', '', (x) => ir.transpose(ir.transpose(x))],
    ['transpose of size 1', 'reshape', (x) => ir.transpose(ir.reshape(x, [2, 1, 3]), [1, 0, 2])],
    ['transpose before matmul', 'matmul', (x) => ir.matmul(x, ir.transpose(x))],
    ['transpose after matmul', 'reshape matmul', (x) => ir.transpose(ir.matmul(x, ir.reshape(x, [3, 2])))],
    ['scale before and after matmul', 'matmul', (x) => ir.mul(ir.matmul(ir.mul(x, 2), x, { transposeB: true }), 3)],
    ['broadcast before mul', 'constant mul', (x) => ir.mul(x, ir.broadcastTo(ir.scalar(2), [2, 3]))],
    [
      'operations on a broadcast',
      'constant mul',
      (x) => ir.mul(x, ir.exp(ir.zeros([2, 3])).shape ? ir.add(ir.ones([2, 3]), 1) : x),
    ],
    ['constants', 'constant mul', (x) => ir.mul(x, ir.sqrt(ir.add(ir.scalar(3), 1)))],
    ['split and concat', '', (x) => ir.concat(ir.split(x, 3, 1), 1)],
    ['the same twice', 'exp add', (x) => ir.add(ir.exp(x), ir.exp(x))],
    ['a + (-b)', 'exp sub', (x) => ir.add(x, ir.neg(ir.exp(x)))],
    ['square as power', 'mul', (x) => ir.pow(x, 2)],
    ['sum over size 1', '', (x) => ir.sum(ir.reshape(x, [2, 1, 3]), 1)],
    ['sum over nothing', '', (x) => ir.sum(x, [])],
    ['stopGradient', 'exp', (x) => ir.exp(ir.stopGradient(x))],
    ['dead code', '', (x) => (ir.exp(x) ? x : x)],
  ])('%s becomes %s', (_, ops, fn) => {
    const graph = ir.simplify(ir.trace('g', { x: f32(2, 3) }, ({ x }) => ({ y: fn(x) })));
    expect(graph.nodes.map(({ op }) => op).join(' ')).toBe(ops);
  });
});
