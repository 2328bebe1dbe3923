import { gelu, relu, silu } from '../../compiler/ir/index.js';
import type { Tensor } from '../../compiler/ir/index.js';

/** Names of the activations. */
export const activations = ['gelu', 'gelu-tanh', 'relu', 'silu'] as const;
export type Activation = (typeof activations)[number];

const rules: Readonly<Record<Activation, (x: Tensor) => Tensor>> = {
  gelu: (x) => gelu(x, { approximate: 'none' }),
  'gelu-tanh': (x) => gelu(x, { approximate: 'tanh' }),
  relu: (x) => relu(x),
  silu: (x) => silu(x),
};

/** Applies an activation to each element. */
export function activate(name: Activation, x: Tensor): Tensor {
  return rules[name](x);
}
