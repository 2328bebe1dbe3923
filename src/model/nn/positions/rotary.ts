import { InvalidInput } from '../../../base/core/index.js';
import { constant, gather } from '../../../compiler/ir/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';

/**
 * How rotary angles are stretched for texts longer than a model was trained on; under the names of transformers.
 * `linear` divides all frequencies (Chen et al. 2023); `yarn` the low ones only, with a ramp between (Peng et al. 2023);
 * `llama3` as Llama 3.1 does, by wavelength; `dynamic` changes nothing up to the model's context.
 */
export type RotaryScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | { readonly type: 'dynamic'; readonly factor: number }
  | {
      readonly type: 'yarn';
      readonly factor: number;
      readonly original: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Factor of cosines and sines. */
      readonly attentionFactor: number;
    }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly original: number;
      readonly lowFactor: number;
      readonly highFactor: number;
    };

/** YaRN's factor of cosines and sines where a configuration names none: 0.1·ln(factor) + 1. */
export function yarnAttentionFactor(factor: number): number {
  return factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
}

/** The frequencies theta^(-2i/headSize), stretched; headSize / 2 of them. */
export function rotaryFrequencies(headSize: number, theta: number, scaling?: RotaryScaling | null): Float64Array {
  const plain = Float64Array.from({ length: headSize / 2 }, (_, i) => theta ** ((-2 * i) / headSize));
  if (!scaling) return plain;
  const { factor } = scaling;
  switch (scaling.type) {
    case 'dynamic':
      return plain;
    case 'linear':
      return plain.map((frequency) => frequency / factor);
    case 'llama3': {
      const { original, lowFactor, highFactor } = scaling;
      return plain.map((frequency) => {
        const wavelength = (2 * Math.PI) / frequency;
        if (wavelength < original / highFactor) return frequency;
        if (wavelength > original / lowFactor) return frequency / factor;
        const smooth = (original / wavelength - lowFactor) / (highFactor - lowFactor);
        return ((1 - smooth) * frequency) / factor + smooth * frequency;
      });
    }
    case 'yarn': {
      const { original, betaFast, betaSlow } = scaling;
      const dimOf = (turns: number) => (headSize * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
      const low = Math.max(Math.floor(dimOf(betaFast)), 0);
      const high = Math.min(Math.ceil(dimOf(betaSlow)), headSize - 1);
      const width = high === low ? 0.001 : high - low;
      return plain.map((frequency, i) => {
        const ramp = Math.min(1, Math.max(0, (i - low) / width));
        return (frequency / factor) * ramp + frequency * (1 - ramp);
      });
    }
    default:
      return scaling satisfies never;
  }
}

/** Throws `InvalidInput` (code `model.config`) where a scaling makes no sense. */
export function checkRotaryScaling(scaling: RotaryScaling): void {
  for (const [name, value] of Object.entries(scaling)) {
    if (name !== 'type' && !(typeof value === 'number' && Number.isFinite(value) && value > 0)) {
      throw new InvalidInput('model.config', `rotary scaling: expected ${name} above 0, got ${JSON.stringify(value)}`);
    }
  }
  if (scaling.type === 'llama3' && scaling.highFactor <= scaling.lowFactor) {
    throw new InvalidInput('model.config', 'rotary scaling: expected highFactor above lowFactor');
  }
}

export interface RotaryOptions {
  /** Positions of the tables. */
  readonly length: number;
  readonly headSize: number;
  readonly theta: number;
  readonly scaling?: RotaryScaling | null;
}

/**
 * Cosines and sines of the rotary angles position · frequency, each [length, headSize / 2] (Su et al., RoFormer, 2021),
 * computed in double precision.
 */
export function rotaryTables({ length, headSize, theta, scaling }: RotaryOptions): {
  readonly cos: HostTensor;
  readonly sin: HostTensor;
} {
  const half = headSize / 2;
  const factor = scaling?.type === 'yarn' ? scaling.attentionFactor : 1;
  const cos = new Float32Array(length * half);
  const sin = new Float32Array(length * half);
  const frequencies = rotaryFrequencies(headSize, theta, scaling);
  for (let i = 0; i < half; i++) {
    for (let position = 0; position < length; position++) {
      cos[position * half + i] = factor * Math.cos(position * (frequencies[i] as number));
      sin[position * half + i] = factor * Math.sin(position * (frequencies[i] as number));
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
export function rotaryAngles(positions: Tensor, options: RotaryOptions): RotaryAngles {
  const tables = rotaryTables(options);
  return {
    cos: gather(constant(tables.cos), positions),
    sin: gather(constant(tables.sin), positions),
  };
}
