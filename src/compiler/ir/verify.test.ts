import { describe, expect, it } from 'vitest';
import { InternalError } from '../../base/core/index.js';
import type { Graph, Node } from './graph.js';
import { add, mul, print, trace, verify } from './index.js';

const sound = trace('g', { x: { dtype: 'f32', shape: [2] }, y: { dtype: 'f32', shape: [2] } }, ({ x, y }) => ({
  z: mul(add(x, y), 2),
}));

const change = (edit: (graph: { -readonly [K in keyof Graph]: Graph[K] } & { nodes: Node[] }) => void): Graph => {
  const graph = { ...sound, nodes: [...sound.nodes] };
  edit(graph);
  return graph;
};

describe('verify', () => {
  it('accepts what was traced', () => {
    verify(sound);
  });

  it.each<[string, RegExp, Graph]>([
    ['a node before its input', /reads value \d too early/, change((g) => g.nodes.reverse())],
    [
      'a value that does not exist',
      /value 99 does not exist/,
      change((g) => (g.nodes[0] = { ...g.nodes[0], outputs: [99] })),
    ],
    ['a value defined twice', /defined twice/, change((g) => (g.nodes[1] = { ...g.nodes[1], outputs: [0] }))],
    ['an output never computed', /output z is never computed/, change((g) => (g.nodes = g.nodes.slice(0, 2)))],
    ['a port name twice', /occurs twice/, change((g) => (g.inputs = [g.inputs[0], { ...g.inputs[1], name: 'x' }]))],
    [
      'a wrong type',
      /gives f32\[2\], its value says f32\[3\]/,
      change((g) => (g.values = g.values.map((v, i) => (i === 2 ? { dtype: 'f32', shape: [3] } : v)))),
    ],
  ])('refuses %s', (_, message, graph) => {
    expect(() => verify(graph)).toThrow(InternalError);
    expect(() => verify(graph)).toThrow(message);
  });

  it('names a broken rule', () => {
    const graph = change((g) => (g.values = g.values.map((v, i) => (i === 1 ? { dtype: 'f32', shape: [5] } : v))));
    expect(() => verify(graph)).toThrow(/add: expected shapes that broadcast, got f32\[2\] and f32\[5\]/);
  });
});

describe('print', () => {
  it('is stable text', () => {
    expect(print(sound)).toBe(
      [
        'graph g(%0 x: f32[2], %1 y: f32[2])',
        '  %2 = add(%0, %1) : f32[2]',
        '  %3 = constant() {2} : f32[]',
        '  %4 = mul(%2, %3) : f32[2]',
        '  return z: %4',
        '',
      ].join('\n'),
    );
  });
});
