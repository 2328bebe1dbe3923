import { invariant } from '../../base/core/index.js';
import { simplify } from '../ir/index.js';
import type { Graph, NodeOf, PrimitiveName } from '../ir/index.js';
import type { HostTensor } from '../tensor/index.js';
import { attentionRules } from './attention.js';
import { blockedAttention } from './blocked-attention.js';
import { Builder } from './builder.js';
import { elementwise } from './elementwise.js';
import { fused } from './fused.js';
import { linear, productInSum } from './linear.js';
import { encodeModel } from './model.js';
import type { OnnxModel } from './model.js';
import { random } from './random.js';
import { reduction } from './reduction.js';
import type { Rule, Rules } from './rule.js';
import { structure } from './structure.js';

/** How each primitive becomes ONNX: total, so a primitive without a rule does not compile. */
const rules: Rules<PrimitiveName> = {
  ...elementwise,
  ...structure,
  ...reduction,
  ...linear,
  ...fused,
  ...attentionRules,
  ...blockedAttention,
  ...random,
};

export interface LowerOptions {
  /** Inputs with these names become initializers, which ONNX Runtime pre-packs for its kernels. */
  readonly constants?: Readonly<Record<string, HostTensor>>;
  /** Kernels to lower for: some fused ones differ between devices. Default `cpu`. */
  readonly device?: 'cpu' | 'webgpu';
  /**
   * Channels of one block of ONNX Runtime's blocked convolutions, where it has them (CPU: 8 or 16 by the width of its
   * registers): products with constant weights then become such convolutions. Default 0, none.
   */
  readonly block?: number;
  /** Only operators of ONNX itself, for engines other than ONNX Runtime (default false); no blocks then. */
  readonly portable?: boolean;
}

/** Simplifies a graph and lowers it to ONNX nodes without encoding them. */
export function lowerToModel(
  source: Graph,
  { constants = {}, device = 'cpu', block = 0, portable = false }: LowerOptions = {},
): OnnxModel {
  invariant(!(portable && block > 0), 'blocked convolutions in a portable model');
  const graph = simplify(source);
  const builder = new Builder(graph, { constants, device, block, portable });
  for (const node of graph.nodes) {
    if (node.op !== 'add') continue;
    const match = productInSum(node as unknown as NodeOf<'add'>, builder);
    for (const claimed of match?.claimed ?? []) builder.claim(claimed as never);
  }
  for (const node of graph.nodes) {
    if (!builder.isClaimed(node)) (rules[node.op] as Rule<PrimitiveName>)(node as NodeOf<PrimitiveName>, builder);
  }
  return builder.build();
}

/**
 * Lowers a graph to an ONNX model, encoded.
 *
 * Inputs keep the names of their ports; so do outputs, except that one with the name of an input is called as
 * `portNames` says. Opset 21, with operators of ONNX Runtime's own `com.microsoft` where they fuse more.
 */
export function lower(graph: Graph, options: LowerOptions = {}): Uint8Array {
  return encodeModel(lowerToModel(graph, options));
}
