import { constant, gather } from '../../compiler/ir/index.js';
import type { Tensor } from '../../compiler/ir/index.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';

/**
 * Cosines and sines of the rotary angles position · theta^(-2i/headSize), each [length, headSize / 2] (Su et al.,
 * RoFormer, 2021), computed in double precision.
 */
export function rotaryTables(
  length: number,
  headSize: number,
  theta: number,
): { readonly cos: HostTensor; readonly sin: HostTensor } {
  const half = headSize / 2;
  const cos = new Float32Array(length * half);
  const sin = new Float32Array(length * half);
  for (let i = 0; i < half; i++) {
    const frequency = theta ** ((-2 * i) / headSize);
    for (let position = 0; position < length; position++) {
      cos[position * half + i] = Math.cos(position * frequency);
      sin[position * half + i] = Math.sin(position * frequency);
    }
  }
  return { cos: hostTensor('f32', [length, half], cos), sin: hostTensor('f32', [length, half], sin) };
}

/** Rotary angles of the positions in a batch, looked up once and used by every layer. */
export interface RotaryAngles {
  /** [B, T, headSize / 2] for positions [B, T]. */
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Looks up the angles of `positions` i32 [B, T], each below `length`. */
export function rotaryAngles(positions: Tensor, length: number, headSize: number, theta: number): RotaryAngles {
  const tables = rotaryTables(length, headSize, theta);
  return {
    cos: gather(constant(tables.cos), positions),
    sin: gather(constant(tables.sin), positions),
  };
}
