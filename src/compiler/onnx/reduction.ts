import type { NodeOf } from '../ir/index.js';
import type { Builder } from './builder.js';
import { cast } from './elementwise.js';
import { names } from './rule.js';
import type { Rules } from './rule.js';

function reduce(op: string, node: NodeOf<'reduceSum' | 'reduceMean' | 'reduceMax'>, builder: Builder): void {
  const { inputs, outputs } = names(node, builder);
  const { axes, keepDims } = node.attributes;
  // Without this ONNX reads "no axes" as "all axes".
  const attributes = { keepdims: keepDims ? 1 : 0, noop_with_empty_axes: 1 };
  builder.node(op, [inputs[0], builder.ints(axes)], { attributes, outputs });
}

export const reduction: Rules<
  'reduceSum' | 'reduceMean' | 'reduceMax' | 'argMax' | 'cumSum' | 'softmax' | 'logSoftmax'
> = {
  reduceSum: (node, builder) => reduce('ReduceSum', node, builder),
  reduceMean: (node, builder) => reduce('ReduceMean', node, builder),
  reduceMax: (node, builder) => reduce('ReduceMax', node, builder),
  argMax: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    const { axis, keepDims } = node.attributes;
    cast(builder, builder.node('ArgMax', inputs, { attributes: { axis, keepdims: keepDims ? 1 : 0 } }), 'i32', outputs);
  },
  cumSum: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    const { axis, reverse } = node.attributes;
    const attributes = { reverse: reverse ? 1 : 0 };
    builder.node('CumSum', [inputs[0], builder.scalar('i32', axis)], { attributes, outputs });
  },
  softmax: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    builder.node('Softmax', inputs, { attributes: { axis: -1 }, outputs });
  },
  logSoftmax: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    builder.node('LogSoftmax', inputs, { attributes: { axis: -1 }, outputs });
  },
};
