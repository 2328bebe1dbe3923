import { invariant } from '../../base/core/index.js';
import type { NodeOf, ValueId } from '../ir/index.js';
import { multiplyDims } from '../ir/index.js';
import { hostTensor } from '../tensor/index.js';
import { float } from './builder.js';
import type { Builder } from './builder.js';
import { cast } from './elementwise.js';
import { names, rowNames } from './rule.js';
import type { Rules } from './rule.js';

/** Targets as [N, 1] row indices (0 where there is no target) and the rows that have one. */
function targetColumn(
  builder: Builder,
  node: NodeOf<'crossEntropy' | 'crossEntropyGrad'>,
): { column: string; valid: string } {
  const targets = builder.name(node.inputs[1]);
  const rows = builder.type(node.inputs[1]).shape;
  const column = builder.once(`targets(${targets})`, () => {
    const clipped = builder.node('Max', [targets, builder.scalar('i32', 0)]);
    return builder.reshape(clipped, rows, [rows[0], 1]);
  });
  const valid = builder.once(`valid(${targets})`, () =>
    builder.node('GreaterOrEqual', [targets, builder.scalar('i32', 0)]),
  );
  return { column, valid };
}

export const fused: Rules<'layerNorm' | 'rmsNorm' | 'crossEntropy' | 'crossEntropyGrad' | 'rope'> = {
  layerNorm: (node, builder) => {
    const { inputs, outputs } = rowNames(node, builder);
    const attributes = { axis: -1, epsilon: float(node.attributes.epsilon) };
    builder.node('LayerNormalization', inputs, { attributes, outputs });
  },
  rmsNorm: (node, builder) => {
    const { inputs, outputs } = rowNames(node, builder);
    // An operator of ONNX Runtime that it keeps in ONNX's own domain. On WebGPU its second output is the mean instead
    // (ONNX Runtime 1.30).
    if (builder.portable || (builder.device === 'webgpu' && builder.uses(node.outputs[1]) > 0)) {
      const op = (name: string, ...operands: string[]) => builder.node(name, operands);
      const square = op('ReduceMean', op('Mul', inputs[0], inputs[0]), builder.ints([-1]));
      const root = op('Sqrt', op('Add', square, builder.scalar('f32', node.attributes.epsilon)));
      builder.node('Reciprocal', [root], { outputs: [outputs[1]] });
      builder.node('Mul', [op('Mul', inputs[0], outputs[1]), inputs[1]], { outputs: [outputs[0]] });
      return;
    }
    const attributes = { axis: -1, epsilon: float(node.attributes.epsilon) };
    builder.node('SimplifiedLayerNormalization', inputs, { attributes, outputs });
  },
  crossEntropy: (node, builder) => {
    const [loss, logSumExp] = names(node, builder).outputs;
    const logits = builder.name(node.inputs[0]);
    const rows = builder.type(node.inputs[1]).shape;
    const { column, valid } = targetColumn(builder, node);
    const logProbabilities = builder.node('LogSoftmax', [logits], { attributes: { axis: -1 } });
    const pick = (from: string) =>
      builder.reshape(
        builder.node('GatherElements', [from, column], { attributes: { axis: 1 } }),
        [rows[0], 1],
        rows,
        builder.fresh(),
      );
    const picked = pick(logProbabilities);
    builder.node('Where', [valid, builder.node('Neg', [picked]), builder.scalar('f32', 0)], { outputs: [loss] });
    // Any column gives logit - log probability; the target's is already at hand.
    builder.node('Sub', [pick(logits), picked], { outputs: [logSumExp] });
  },
  crossEntropyGrad: (node, builder) => {
    const [logits, , , dLoss] = names(node, builder).inputs;
    const rows = builder.type(node.inputs[1]).shape;
    const { column, valid } = targetColumn(builder, node);
    const probabilities = builder.node('Softmax', [logits], { attributes: { axis: -1 } });
    const minusOne = builder.node('Expand', [builder.scalar('f32', -1), builder.shapeOf([rows[0], 1])]);
    const difference = builder.node('ScatterElements', [probabilities, column, minusOne], {
      attributes: { axis: 1, reduction: 'add' },
    });
    const weights = builder.node('Where', [valid, dLoss, builder.scalar('f32', 0)]);
    builder.node('Mul', [difference, builder.reshape(weights, rows, [rows[0], 1])], {
      outputs: [builder.name(node.outputs[0])],
    });
  },
  rope: (node, builder) => {
    if (builder.portable) {
      portableRope(node, builder);
      return;
    }
    const [x, cos, sin] = node.inputs;
    const { shape } = builder.type(cos);
    const [batch, length, half] = shape;
    const tables = [cos, sin].map((value) =>
      builder.reshape(builder.name(value), shape, [multiplyDims(batch, length), half]),
    );
    builder.node('RotaryEmbedding', [builder.name(x), positions(builder, batch, length), ...tables], {
      attributes: { interleaved: node.attributes.interleaved ? 1 : 0 },
      outputs: [builder.name(node.outputs[0])],
      microsoft: true,
    });
  },
};

/** Row of the flattened angle tables for each position: i64 [B, T], or the first row alone where rows share a table. */
function positions(builder: Builder, batch: number | string, length: number | string): string {
  if (batch === 1) return builder.ints([0]);
  return builder.once(`positions:${batch},${length}`, () => {
    if (typeof batch === 'number' && typeof length === 'number') {
      const rows = BigInt64Array.from({ length: batch * length }, (_, i) => BigInt(i));
      return builder.initializer(hostTensor('i64', [batch, length], rows));
    }
    const limit = builder.node('Squeeze', [builder.shapeOf([multiplyDims(batch, length)])]);
    const flat = builder.node('Range', [builder.scalar('i64', 0), limit, builder.scalar('i64', 1)]);
    return builder.reshape(cast(builder, flat, 'i64'), [multiplyDims(batch, length)], [batch, length]);
  });
}

/** Halves turned by their angles, spelled out: [x₁·cos - x₂·sin, x₂·cos + x₁·sin]. */
function portableRope(node: NodeOf<'rope'>, builder: Builder): void {
  const [x, cos, sin] = node.inputs;
  invariant(!node.attributes.interleaved, 'no model here turns neighbours');
  const { shape } = builder.type(cos);
  const [batch, length, half] = shape;
  const op = (name: string, ...inputs: string[]) => builder.node(name, inputs);
  const table = (value: ValueId) => builder.reshape(builder.name(value), shape, [batch, 1, length, half]);
  const [cosine, sine] = [table(cos), table(sin)];
  const last = builder.ints([3]);
  const part = (from: number, to: number) =>
    op('Slice', builder.name(x), builder.ints([from]), builder.ints([to]), last);
  const [first, second] = [part(0, half as number), part(half as number, 2 * (half as number))];
  const turned = [
    op('Sub', op('Mul', first, cosine), op('Mul', second, sine)),
    op('Add', op('Mul', second, cosine), op('Mul', first, sine)),
  ];
  builder.node('Concat', turned, { attributes: { axis: -1 }, outputs: [builder.name(node.outputs[0])] });
}
