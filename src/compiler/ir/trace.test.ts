import { describe, expect, it } from 'vitest';
import { hostTensor } from '../tensor/index.js';
import * as ir from './index.js';

const f32 = (...shape: (number | string)[]): ir.ValueType => ({ dtype: 'f32', shape });
const i32 = (...shape: (number | string)[]): ir.ValueType => ({ dtype: 'i32', shape });

describe('trace', () => {
  it('records shapes with symbols', () => {
    const graph = ir.trace('layer', { x: f32('B', 'T', 6), w: f32(6, 4) }, ({ x, w }) => {
      const flat = ir.reshape(x, ['B*T', 6]);
      const y = ir.reshape(ir.matmul(flat, w), ['B', 'T', 2, 2]);
      return { y: ir.transpose(y, [0, 2, 1, 3]), s: ir.sum(y, [1, -1]), r: ir.reshape(y, [-1, 'T', 4]) };
    });
    const shapes = graph.outputs.map(({ value }) => graph.values[value].shape);
    expect(shapes).toEqual([
      ['B', 2, 'T', 2],
      ['B', 2],
      ['B', 'T', 4],
    ]);
  });

  it('turns numbers into constants of the other dtype', () => {
    const graph = ir.trace('g', { i: i32(3) }, ({ i }) => ({ y: ir.add(i, 1) }));
    expect(graph.values[graph.outputs[0].value].dtype).toBe('i32');
    expect(() => ir.trace('g', { i: i32(3) }, ({ i }) => ({ y: ir.add(i, 0.5) }))).toThrow(/whole number/);
  });

  it.each<[string, RegExp, (x: ir.Tensor, i: ir.Tensor) => ir.Tensor]>([
    ['matmul', /matmul: expected equal inner dimensions, got f32\[2, 3\] and f32\[2, 3\]/, (x) => ir.matmul(x, x)],
    ['reshape', /reshape: expected as many elements as \[4\]/, (x) => ir.reshape(x, [4])],
    ['dtype', /exp: expected f32, got i32\[2\]/, (_, i) => ir.exp(i)],
    ['mixed', /add: expected inputs of one dtype/, (x, i) => ir.add(x, i)],
    ['broadcast', /mul: expected shapes that broadcast/, (x) => ir.mul(x, ir.zeros([2]))],
    ['axis', /reduceSum: expected an axis of \[2, 3\], got axis 2/, (x) => ir.sum(x, 2)],
    ['slice', /slice: expected bounds inside axis 1/, (x) => ir.slice(x, 1, 0, 4)],
    ['split', /split: expected parts that add up to 3, got 2 equal ones/, (x) => ir.split(x, 2, 1)[0]],
    ['concat', /concat: expected at least one tensor/, () => ir.concat([], 0)],
    ['numbers', /add: expected at least one tensor/, () => ir.add(1, 2)],
    ['gather', /gather: expected i32 indices/, (x) => ir.gather(x, x)],
    [
      'constant',
      /constant: expected 2 elements/,
      () => ir.constant({ dtype: 'f32', shape: [2], data: new Float32Array(3) }),
    ],
  ])('names the broken rule: %s', (_, message, fn) => {
    expect(() => ir.trace('bad', { x: f32(2, 3), i: i32(2) }, ({ x, i }) => ({ y: fn(x, i) }))).toThrow(message);
  });

  it('keeps traces apart', () => {
    let leaked!: ir.Tensor;
    ir.trace('a', { x: f32(2) }, ({ x }) => ({ y: (leaked = x) }));
    expect(() => ir.trace('b', { x: f32(2) }, ({ x }) => ({ y: ir.add(x, leaked) }))).toThrow(
      /a tensor of another trace/,
    );
    expect(() => ir.constant(hostTensor('f32', [1]))).toThrow(/inside trace/);
  });
});

describe('dimensions', () => {
  it('multiplies, divides and binds symbols', () => {
    expect(ir.multiplyDims('T', 2, 'B', 3)).toBe('6*B*T');
    expect(ir.multiplyDims('B', 0)).toBe(0);
    expect(ir.divideDims('6*B*T', '2*T')).toBe('3*B');
    expect(ir.divideDims('6*B', '4')).toBeUndefined();
    const bindings: ir.DimBindings = new Map();
    ir.bindShape('x', ['B', '2*B*T'], [3, 12], bindings);
    expect([...bindings]).toEqual([
      ['B', 3],
      ['T', 2],
    ]);
    expect(ir.evaluateDim('5*B*T', bindings)).toBe(30);
    expect(() => ir.bindShape('y', ['T', 4], [3, 4], bindings)).toThrow(
      /input y: expected shape \[T, 4\] with B = 3, T = 2, got \[3, 4\]/,
    );
  });
});
