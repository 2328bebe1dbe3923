import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gradients } from '../../src/compiler/autodiff/index.js';
import * as ir from '../../src/compiler/ir/index.js';
import type { Tensor } from '../../src/compiler/ir/index.js';
import { createInterpreter } from '../../src/compiler/runtime/index.js';
import { hostTensor } from '../../src/compiler/tensor/index.js';
import type { HostTensor } from '../../src/compiler/tensor/index.js';
import { repositoryRoot } from '../support.js';

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface PeerCase {
  readonly inputs: Readonly<Record<string, Numbers & { readonly dtype: 'f32' | 'i32' }>>;
  readonly outputs: readonly Numbers[];
  readonly weights: readonly Numbers[];
  readonly gradients: Readonly<Record<string, Numbers>>;
}

/** What PyTorch computed: see make.py beside it. */
const peer = JSON.parse(readFileSync(join(repositoryRoot, 'test/golden/primitives/peer.json'), 'utf8')) as Record<
  string,
  PeerCase
>;

// Constants of a graph are f32 even where the interpreter computes in doubles.
const allowed = 2e-7;

const attend = (causal: boolean) => (t: Record<string, Tensor>) => [
  ir.attention(t.q, t.k, t.v, { scale: 1 / Math.sqrt(6), causal, segments: t.segments }).out,
];
const turn = (interleaved: boolean) => (t: Record<string, Tensor>) => [ir.rope(t.x, t.cosine, t.sine, { interleaved })];

const ours: Readonly<Record<string, (t: Record<string, Tensor>) => readonly Tensor[]>> = {
  gelu: ({ x }) => [ir.gelu(x)],
  geluTanh: ({ x }) => [ir.gelu(x, { approximate: 'tanh' })],
  silu: ({ x }) => [ir.silu(x)],
  erf: ({ x }) => [ir.erf(x)],
  softmax: ({ x }) => [ir.softmax(x)],
  logSoftmax: ({ x }) => [ir.logSoftmax(x)],
  layerNorm: ({ x, scale, bias }) => [ir.layerNorm(x, scale, bias, { epsilon: 1e-5 }).y],
  rmsNorm: ({ x, scale }) => [ir.rmsNorm(x, scale, { epsilon: 1e-5 }).y],
  crossEntropy: ({ logits, targets }) => Object.values(ir.crossEntropy(logits, targets)),
  matmul: ({ a, b }) => [ir.matmul(a, b, { transposeA: true, alpha: 0.5 })],
  attention: attend(true),
  attentionOfSegments: attend(true),
  attentionBothWays: attend(false),
  rope: turn(false),
  ropePairs: turn(true),
  embedding: ({ table, ids }) => [ir.gather(table, ids)],
  cumSum: ({ x }) => [ir.cumSum(x, 1)],
  reduceMax: ({ x }) => [ir.reduceMax(x, [0, 2])],
};

it.each(Object.keys(peer))('%s: values and gradients are those of PyTorch', async (name) => {
  const { inputs, outputs, weights, gradients: slopes } = peer[name];
  const types = Object.fromEntries(Object.entries(inputs).map(([key, { dtype, shape }]) => [key, { dtype, shape }]));
  weights.forEach(({ shape }, i) => (types[`weight${i}`] = { dtype: 'f32', shape }));
  const wrt = Object.keys(slopes);
  const graph = ir.trace(name, types, (t) => {
    const results = ours[name](t);
    const loss = ir.addAll(results.map((y, i) => ir.sum(ir.mul(y, t[`weight${i}`]))));
    const found = gradients(
      loss,
      wrt.map((key) => t[key]),
    );
    return Object.fromEntries([
      ...results.map((y, i) => [`y${i}`, y] as const),
      ...wrt.map((key, i) => [`d_${key}`, found[i]] as const),
    ]);
  });
  const double = ({ shape, data }: Numbers): HostTensor => hostTensor('f64', shape, data);
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => [
      key,
      value.dtype === 'i32' ? hostTensor('i32', value.shape, value.data) : double(value),
    ]),
  );
  weights.forEach((weight, i) => (feeds[`weight${i}`] = double(weight)));
  const executor = createInterpreter({ precision: 'f64' });
  const got = await executor.run({
    program: await executor.load(graph),
    feeds,
    fetch: graph.outputs.map((port) => port.name),
  });
  const same = (key: string, want: Numbers) => {
    expect(got[key].shape, key).toEqual(want.shape);
    want.data.forEach((value, i) =>
      expect(Math.abs(Number(got[key].data[i]) - value), `${key} ${i}`).toBeLessThan(allowed),
    );
  };
  outputs.forEach((want, i) => same(`y${i}`, want));
  for (const [key, want] of Object.entries(slopes)) same(`d_${key}`, want);
});
