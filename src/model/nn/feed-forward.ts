import { gelu, mul, silu } from '../../compiler/ir/index.js';
import type { Tensor } from '../../compiler/ir/index.js';

/** One linear map of a block, by the last part of its parameter's name. */
export type Project = (name: string, x: Tensor) => Tensor;

/** GPT-2's feed-forward: c_proj(gelu(c_fc(x))), with the tanh approximation. */
export function geluFeedForward(x: Tensor, project: Project): Tensor {
  return project('c_proj', gelu(project('c_fc', x), { approximate: 'tanh' }));
}

/** SwiGLU (Shazeer, "GLU Variants Improve Transformer", 2020): down(silu(gate(x)) · up(x)). */
export function gatedFeedForward(x: Tensor, project: Project): Tensor {
  return project('down_proj', mul(silu(project('gate_proj', x)), project('up_proj', x)));
}
