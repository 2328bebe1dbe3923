import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gradients } from '../../src/compiler/autodiff/index.js';
import * as ir from '../../src/compiler/ir/index.js';
import type { Graph, Tensor } from '../../src/compiler/ir/index.js';
import { createInterpreter } from '../../src/compiler/runtime/index.js';
import { createOrtExecutor } from '../../src/compiler/runtime/index.node.js';
import type { Executor } from '../../src/compiler/runtime/index.js';
import type { HostTensor } from '../../src/compiler/tensor/index.js';
import { Draw } from './generate.js';

const shapes: Readonly<Record<string, readonly number[]>> = { x: [2, 3], y: [3], z: [3, 2], w: [2, 1, 3] };

/** One step of a random program: something new from what is there, all values bounded and smooth. */
function step(d: Draw, values: readonly Tensor[]): Tensor {
  const any = () => values[d.int(0, values.length - 1)];
  const withShape = (fits: (x: Tensor) => boolean) => values.filter(fits)[0] ?? values[0];
  const x = any();
  const choices: (() => Tensor)[] = [
    () => ir.tanh(x),
    () => ir.neg(x),
    () => ir.sin(ir.mul(x, d.float(-2, 2))),
    () => ir.mul(x, d.cycle([1, 0.5, -1, 3])),
    () => ir.add(x, d.cycle([0, 1])),
    () => ir.pow(ir.add(ir.square(x), 1), d.cycle([0.5, 1, 2])),
    () => ir.reshape(x, [ir.elementsOf(x.shape)]),
    () => ir.transpose(x, d.permutation(x.rank)),
    () => ir.broadcastTo(x, [2, ...x.shape]),
    () => ir.reduceSum(x, x.rank > 0 ? [d.int(0, x.rank - 1)] : [], { keepDims: d.int(0, 1) === 1 }),
    () => ir.reduceMean(x),
    () => ir.stopGradient(x),
    () => (x.rank === 0 ? x : ir.concat(ir.split(x, x.shape[0] as number, 0), 0)),
    () => (x.rank === 0 ? x : ir.pad(ir.slice(x, 0, 0, 1), 0, d.int(0, 1), (x.shape[0] as number) - 1)),
    () => {
      const other = withShape((o) => o !== x && ir.broadcastShapes(o.shape, x.shape) !== undefined);
      if (!ir.broadcastShapes(other.shape, x.shape)) return x;
      return d.cycle([ir.add, ir.sub, ir.mul])(x, other);
    },
    () => {
      const other = any();
      return ir.broadcastShapes(other.shape, x.shape) ? ir.sub(x, ir.neg(other)) : x;
    },
    () => {
      const left = ir.less(ir.iota([1, ...x.shape], x.rank, 'f32'), 1.5);
      return ir.where(left, x, ir.mul(x, 2));
    },
    () => {
      const a = withShape((o) => o.rank >= 2);
      const flags = { transposeA: d.int(0, 1) === 1, transposeB: d.int(0, 1) === 1, alpha: d.cycle([1, 2]) };
      const turned = ir.transpose(
        a,
        a.shape.map((_, i) => (i < a.rank - 2 ? i : 2 * a.rank - 3 - i)),
      );
      return ir.tanh(ir.matmul(a, flags.transposeA === flags.transposeB ? turned : a, flags));
    },
    () => (x.rank === 0 || x.shape.at(-1) === 0 ? x : ir.softmax(x)),
  ];
  const made = choices[d.int(0, choices.length - 1)]();
  const size = ir.elementsOf(made.shape) as number;
  return size > 64 || made.rank > 5 ? ir.reduceMean(made) : made;
}

/** Twelve random steps, three results, the loss and its gradients. */
function program(index: number): { graph: Graph; feeds: Record<string, HostTensor> } {
  const d = new Draw('random-programs', index);
  const feeds = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, d.f32(shape, -1, 1)]));
  const types = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { dtype: 'f32', shape }] as const),
  );
  const graph = ir.trace(`random-${index}`, types, (inputs) => {
    const values = Object.values(inputs);
    for (let n = 0; n < 12; n++) values.push(step(d, values));
    const loss = ir.addAll(values.slice(-3).map((value) => ir.sum(ir.sin(value))));
    const names = Object.keys(shapes);
    const found = gradients(
      loss,
      names.map((name) => inputs[name]),
    );
    return {
      loss,
      last: values.at(-1) as Tensor,
      ...Object.fromEntries(names.map((name, i) => [`d_${name}`, found[i]])),
    };
  });
  return { graph, feeds };
}

async function run(executor: Executor, graph: Graph, feeds: Record<string, HostTensor>) {
  const id = await executor.load(graph);
  const results = await executor.run({ program: id, feeds, fetch: graph.outputs.map(({ name }) => name) });
  await executor.unload(id);
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

function expectClose(got: Record<string, number[]>, want: Record<string, number[]>, tolerance: number): void {
  for (const [name, values] of Object.entries(want)) {
    const scale = 1 + Math.max(0, ...values.map(Math.abs));
    values.forEach((value, i) =>
      expect(Math.abs(got[name][i] - value) / scale, `${name} ${i}`).toBeLessThan(tolerance),
    );
  }
}

describe('random programs', () => {
  const precise = createInterpreter({ precision: 'f64' });
  let engine!: Executor;
  beforeAll(async () => {
    engine = await createOrtExecutor({ device: 'cpu', threads: 1 });
  });
  afterAll(() => engine?.close());

  it.each(Array.from({ length: 60 }, (_, index) => index))('%i: simplified, and on ONNX Runtime', async (index) => {
    const { graph, feeds } = program(index);
    const want = await run(precise, graph, feeds);
    const simple = ir.compile(graph, ir.simplifyPasses, (_, after) => ir.verify(after));
    expectClose(await run(precise, simple, feeds), want, 1e-6);
    if (index < 30) expectClose(await run(engine, graph, feeds), want, 1e-4);
  });

  it.each(Array.from({ length: 60 }, (_, index) => index))('%i: gradients are the slope', async (index) => {
    const { graph, feeds } = program(index);
    const d = new Draw('direction', index);
    const results = await run(precise, graph, feeds);
    const directions = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, d.f32(shape, -1, 1)]));
    const at = async (step: number): Promise<number> => {
      const moved = Object.entries(feeds).map(([name, { shape, data }]) => {
        const shifted = Float64Array.from(
          data as Float32Array,
          (value, i) => value + step * Number(directions[name].data[i]),
        );
        return [name, { dtype: 'f64', shape, data: shifted }] as const;
      });
      return (await run(precise, graph, Object.fromEntries(moved))).loss[0];
    };
    const stops = graph.nodes.some(({ op }) => op === 'stopGradient');
    if (stops) return;
    const slope = ((await at(1e-5)) - (await at(-1e-5))) / 2e-5;
    let expected = 0;
    for (const name of Object.keys(shapes)) {
      results[`d_${name}`].forEach((value, i) => (expected += value * Number(directions[name].data[i])));
    }
    expect(Math.abs(slope - expected) / (1 + Math.abs(expected))).toBeLessThan(1e-6);
  });
});
