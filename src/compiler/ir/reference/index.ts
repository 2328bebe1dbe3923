/**
 * The meaning of every primitive in plain loops: what the interpreter runs and constant folding uses.
 *
 * @module
 */
import type { PrimitiveName } from '../primitive.js';
import { elementwiseKernels } from './elementwise.js';
import { blockedKernels } from './blocked-attention.js';
import { fusedKernels } from './fused.js';
import { shapeKernels } from './shape.js';
import type { Kernels } from './values.js';

export const referenceKernels: Kernels<PrimitiveName> = {
  ...elementwiseKernels,
  ...shapeKernels,
  ...fusedKernels,
  ...blockedKernels,
};

export type { Kernel, Kernels, Make, OutputSpec, Value } from './values.js';
