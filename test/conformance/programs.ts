import { gradients } from '../../src/compiler/autodiff/index.js';
import * as ir from '../../src/compiler/ir/index.js';
import type { Graph, Tensor, ValueType } from '../../src/compiler/ir/index.js';

const f32 = (...shape: number[]): ValueType => ({ dtype: 'f32', shape });
const i32 = (...shape: number[]): ValueType => ({ dtype: 'i32', shape });

/** A small transformer in Llama's shape with tied embedding: loss and gradients by every parameter. */
export function llamaStep({
  batch = 2,
  length = 3,
  heads = 4,
  groups = 2,
  size = 2,
  width = 8,
  hidden = 6,
  vocabulary = 7,
} = {}): Graph {
  const parameters = {
    embedding: f32(vocabulary, width),
    norm1: f32(width),
    query: f32(width, heads * size),
    key: f32(width, groups * size),
    value: f32(width, groups * size),
    out: f32(heads * size, width),
    norm2: f32(width),
    gate: f32(width, hidden),
    up: f32(width, hidden),
    down: f32(hidden, width),
  };
  const data = {
    ids: i32(batch, length),
    targets: i32(batch * length),
    segments: i32(batch, length),
    cosine: f32(1, length, size / 2),
    sine: f32(1, length, size / 2),
  };
  return ir.trace('llama', { ...parameters, ...data }, (t) => {
    const x0 = ir.reshape(ir.gather(t.embedding, t.ids), [batch * length, width]);
    const split = (x: Tensor, count: number) => ir.transpose(ir.reshape(x, [batch, length, count, size]), [0, 2, 1, 3]);
    const n1 = ir.rmsNorm(x0, t.norm1, { epsilon: 1e-5 }).y;
    const turn = (x: Tensor) => ir.rope(x, t.cosine, t.sine);
    const q = turn(split(ir.matmul(n1, t.query), heads));
    const k = turn(split(ir.matmul(n1, t.key), groups));
    const v = split(ir.matmul(n1, t.value), groups);
    const { out } = ir.attention(q, k, v, { scale: size ** -0.5, causal: true, segments: t.segments });
    const merged = ir.reshape(ir.transpose(out, [0, 2, 1, 3]), [batch * length, heads * size]);
    const x1 = ir.add(x0, ir.matmul(merged, t.out));
    const n2 = ir.rmsNorm(x1, t.norm2, { epsilon: 1e-5 }).y;
    const x2 = ir.add(x1, ir.matmul(ir.mul(ir.silu(ir.matmul(n2, t.gate)), ir.matmul(n2, t.up)), t.down));
    const loss = ir.mean(ir.crossEntropy(ir.matmul(x2, ir.transpose(t.embedding)), t.targets).loss);
    return step(loss, t, Object.keys(parameters));
  });
}

/** A block in GPT-2's shape with joint projection, dropout and biases. */
export function gptStep({ batch = 2, length = 3, heads = 2, size = 2, vocabulary = 5 } = {}): Graph {
  const width = heads * size;
  const parameters = {
    embedding: f32(vocabulary, width),
    positions: f32(length, width),
    scale: f32(width),
    bias: f32(width),
    joint: f32(width, 3 * width),
    jointBias: f32(3 * width),
    up: f32(width, 2 * width),
    upBias: f32(2 * width),
    down: f32(2 * width, width),
    head: f32(vocabulary, width),
  };
  const data = { ids: i32(batch, length), targets: i32(batch * length), key: i32(2) };
  return ir.trace('gpt', { ...parameters, ...data }, (t) => {
    const x0 = ir.add(ir.gather(t.embedding, t.ids), t.positions);
    const keep = ir.less(ir.randomUniform(t.key, x0.shape, { stream: 1 }), 0.9);
    const dropped = ir.masked(ir.mul(x0, 1 / 0.9), keep);
    const { y } = ir.layerNorm(dropped, t.scale, t.bias, { epsilon: 1e-5 });
    const joint = ir.add(ir.matmul(y, t.joint), t.jointBias);
    const [q, k, v] = ir
      .split(joint, 3, -1)
      .map((part) => ir.transpose(ir.reshape(part, [batch, length, heads, size]), [0, 2, 1, 3]));
    const { out } = ir.attention(q, k, v, { scale: size ** -0.5, causal: true });
    const x1 = ir.add(dropped, ir.reshape(ir.transpose(out, [0, 2, 1, 3]), [batch, length, width]));
    const up = ir.gelu(ir.add(ir.matmul(x1, t.up), t.upBias), { approximate: 'tanh' });
    const x2 = ir.add(x1, ir.matmul(up, t.down));
    const logits = ir.matmul(ir.reshape(x2, [batch * length, width]), t.head, { transposeB: true });
    const { loss } = ir.crossEntropy(logits, t.targets);
    const counted = ir.cast(ir.not(ir.equal(t.targets, -100)), 'f32');
    return step(ir.div(ir.sum(loss), ir.max(ir.sum(counted), 1)), t, Object.keys(parameters));
  });
}

function step(loss: Tensor, t: Readonly<Record<string, Tensor>>, names: readonly string[]): Record<string, Tensor> {
  const found = gradients(
    loss,
    names.map((name) => t[name]),
  );
  return { loss, ...Object.fromEntries(names.map((name, i) => [`d_${name}`, found[i]])) };
}

/** Programs whose printed form is kept: a change that moves them says why. */
export const programs: Readonly<Record<string, () => Graph>> = { llama: llamaStep, gpt: gptStep };
