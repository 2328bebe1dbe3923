import { describe, expect, it } from 'vitest';
import { hostTensor } from '../tensor/index.js';
import type { HostTensor } from '../tensor/index.js';
import { createInterpreter } from '../runtime/index.js';
import * as ir from '../ir/index.js';
import { gradients, valueAndGrad, vjpRules } from './index.js';

const f32 = (...shape: number[]): ir.ValueType => ({ dtype: 'f32', shape });

async function run(graph: ir.Graph, feeds: Record<string, HostTensor>): Promise<Record<string, number[]>> {
  const interpreter = createInterpreter();
  const results = await interpreter.run({
    program: await interpreter.load(graph),
    feeds,
    fetch: graph.outputs.map(({ name }) => name),
  });
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

describe('gradients', () => {
  it('adds up several uses, and is zero for what the loss does not see', async () => {
    const graph = ir.trace('g', { x: f32(2), y: f32(2), z: f32(3) }, ({ x, y, z }) => {
      const loss = ir.sum(ir.add(ir.mul(x, x), ir.mul(x, y)));
      const [dx, dy, dz] = gradients(loss, [x, y, z]);
      return { dx, dy, dz };
    });
    const x = hostTensor('f32', [2], [1, 2]);
    const y = hostTensor('f32', [2], [5, 7]);
    expect(await run(graph, { x, y, z: hostTensor('f32', [3]) })).toEqual({ dx: [7, 11], dy: [1, 2], dz: [0, 0, 0] });
  });

  it('takes gradients by what is computed on the way', async () => {
    const graph = ir.trace('g', { x: f32(2) }, ({ x }) => {
      const h = ir.mul(x, 3);
      const [dh, dx] = gradients(ir.sum(ir.square(h)), [h, x]);
      return { dh, dx };
    });
    expect(await run(graph, { x: hostTensor('f32', [2], [1, 2]) })).toEqual({ dh: [6, 12], dx: [18, 36] });
  });

  it('joins the parts of a split instead of padding and adding them', () => {
    const graph = ir.trace('g', { x: f32(2, 6) }, ({ x }) => {
      const [a, b, c] = ir.split(x, 3, 1);
      const [dx] = gradients(ir.sum(ir.mul(ir.mul(a, b), c)), [x]);
      return { dx };
    });
    const ops = graph.nodes.map(({ op }) => op);
    expect(ops.filter((op) => op === 'concat')).toHaveLength(1);
    expect(ops).not.toContain('pad');
  });

  it('adds up parts that overlap and fills what no part covers', async () => {
    const graph = ir.trace('g', { x: f32(5) }, ({ x }) => {
      const loss = ir.add(ir.sum(ir.mul(ir.slice(x, 0, 0, 3), 2)), ir.sum(ir.slice(x, 0, 2, 4)));
      return { dx: gradients(loss, [x])[0] };
    });
    expect(await run(graph, { x: hostTensor('f32', [5]) })).toEqual({ dx: [2, 2, 3, 1, 0] });
  });

  it('computes the gradient of a shared matrix as one product', () => {
    const graph = ir.trace('g', { x: f32(2, 3, 4), w: f32(4, 5) }, ({ x, w }) => ({
      dw: gradients(ir.sum(ir.matmul(x, w)), [w])[0],
    }));
    const products = graph.nodes
      .filter(({ op }) => op === 'matmul')
      .map(({ outputs }) => graph.values[outputs[0]].shape);
    expect(products).toEqual([
      [2, 3, 5],
      [4, 5],
    ]);
  });

  it('records nothing for inputs that no gradient is asked for', () => {
    const count = (wrt: (t: Record<string, ir.Tensor>) => ir.Tensor[]) =>
      ir
        .trace('g', { x: f32(3, 4), w: f32(4, 5) }, (t) => {
          const found = gradients(ir.sum(ir.matmul(t.x, t.w)), wrt(t));
          return Object.fromEntries(found.map((d, i) => [`d${i}`, d]));
        })
        .nodes.filter(({ op }) => op === 'matmul').length;
    expect(count(({ w }) => [w])).toBe(2);
    expect(count(({ x, w }) => [x, w])).toBe(3);
  });

  it('stops at stopGradient', async () => {
    const graph = ir.trace('g', { x: f32(1) }, ({ x }) => ({
      dx: gradients(ir.sum(ir.mul(ir.stopGradient(x), x)), [x])[0],
    }));
    expect(await run(graph, { x: hostTensor('f32', [1], [3]) })).toEqual({ dx: [3] });
  });

  it.each<[string, RegExp, (t: Record<string, ir.Tensor>) => unknown]>([
    ['a loss that is no scalar', /expected a loss of f32\[\], got f32\[2\]/, ({ x }) => gradients(x, [x])],
    ['integers', /expected floating-point tensors, got i32/, ({ x, i }) => gradients(ir.sum(x), [i])],
    [
      'a second derivative',
      /siluGrad has none: .*second derivatives/,
      ({ x }) => gradients(ir.sum(ir.siluGrad(x, x)), [x]),
    ],
  ])('refuses %s', (_, message, fn) => {
    const inputs = { x: f32(2), i: { dtype: 'i32', shape: [2] } as const };
    expect(() => ir.trace('g', inputs, (t) => (fn(t), {}))).toThrow(message);
  });

  it('refuses symbolic shapes and tensors of another trace', () => {
    const symbolic = { x: { dtype: 'f32', shape: ['B'] } as const };
    expect(() => ir.trace('g', symbolic, ({ x }) => ({ d: gradients(ir.sum(ir.exp(x)), [x])[0] }))).toThrow(
      /expected static shapes, got \[B\]/,
    );
    let other!: ir.Tensor;
    ir.trace('a', { x: f32(1) }, ({ x }) => ({ y: (other = x) }));
    expect(() => ir.trace('b', { x: f32(1) }, ({ x }) => ({ d: gradients(ir.sum(x), [other])[0] }))).toThrow(/another/);
  });

  it('gives value and gradients by name', async () => {
    const fit = valueAndGrad((params, x: ir.Tensor) => ir.mean(ir.square(ir.sub(ir.mul(params.a, x), params.b))));
    const graph = ir.trace('g', { a: f32(), b: f32(), x: f32(2) }, ({ a, b, x }) => {
      const { value, gradients } = fit({ a, b }, x);
      return { value, a: gradients.a, b: gradients.b };
    });
    const feeds = { a: hostTensor('f32', [], [2]), b: hostTensor('f32', [], [1]), x: hostTensor('f32', [2], [1, 3]) };
    expect(await run(graph, feeds)).toEqual({ value: [13], a: [16], b: [-6] });
  });

  it('says of each primitive how its gradient is made, or why there is none', () => {
    expect(Object.keys(vjpRules).sort()).toEqual([...ir.primitiveNames].sort());
    for (const rule of Object.values(vjpRules)) if ('kind' in rule) expect(rule.reason.length).toBeGreaterThan(10);
  });
});
