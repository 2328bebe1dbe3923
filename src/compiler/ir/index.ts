/**
 * The intermediate representation: a closed set of primitives, traced into graphs.
 *
 * @module
 * @example
 * ```ts
 * import { matmul, relu, trace } from 'abovo/ir';
 * const graph = trace(
 *   'layer',
 *   { x: { dtype: 'f32', shape: ['B', 3] }, w: { dtype: 'f32', shape: [3, 4] } },
 *   ({ x, w }) => ({ y: relu(matmul(x, w)) }),
 * );
 * graph.values[graph.outputs[0].value].shape; // ['B', 4]
 * ```
 */
export type { Graph, Node, NodeOf, Port, ValueId, ValueType } from './graph.js';
export type { PrimitiveAttributes, PrimitiveName } from './primitive.js';
export {
  bindShape,
  broadcastShapes,
  canonicalShape,
  divideDims,
  elementsOf,
  evaluateDim,
  formatShape,
  isStatic,
  multiplyDims,
  sameShape,
} from './shape.js';
export type { Dim, DimBindings, Shape } from './shape.js';
export { formatType } from './rule.js';
export type { TypeRule, TypeRules } from './rule.js';
export { inferTypes, primitiveNames, typeRules } from './rules.js';
export { castDtypes } from './rules-elementwise.js';
export { sliceLength } from './rules-shape.js';
export { Tensor, Tracer, currentTracer, trace } from './trace.js';
export { verify } from './verify.js';
export { print } from './print.js';
export { compile, simplify, simplifyPasses } from './simplify/index.js';
export type { Pass } from './simplify/index.js';
export { referenceKernels } from './reference/index.js';
export type { Kernel, Kernels, Make, OutputSpec, Value } from './reference/index.js';
export type { Axes, Operand } from './ops.js';
export {
  abs,
  add,
  and,
  argMax,
  attention,
  broadcastTo,
  blockedAttention,
  blockedAttentionGrad,
  cachedAttention,
  cast,
  concat,
  constant,
  cos,
  crossEntropy,
  crossEntropyGrad,
  cumSum,
  div,
  equal,
  erf,
  exp,
  floor,
  gather,
  gelu,
  geluGrad,
  iota,
  layerNorm,
  less,
  lessEqual,
  log,
  logSoftmax,
  matmul,
  max,
  min,
  mul,
  neg,
  not,
  or,
  pad,
  pow,
  randomUniform,
  reciprocal,
  reduceMax,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  rmsNorm,
  rope,
  scalar,
  scatterAdd,
  sigmoid,
  sign,
  silu,
  siluGrad,
  sin,
  slice,
  softmax,
  sqrt,
  stopGradient,
  sub,
  tanh,
  transpose,
  where,
} from './ops.js';
export {
  addAll,
  clamp,
  expandDims,
  masked,
  mean,
  oneHot,
  ones,
  rsqrt,
  split,
  square,
  squeeze,
  stack,
  sum,
  variance,
  zeros,
} from './composites.js';
