import { InvalidInput } from '../../../base/core/index.js';
import { constant, gather } from '../../../compiler/ir/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';

/**
 * How rotary angles are stretched for texts longer than a model was trained on; under the names of transformers.
 * `linear` divides all frequencies (Chen et al. 2023); `yarn` the low ones only, with a ramp between (Peng et al. 2023);
 * `llama3` as Llama 3.1 does, by wavelength; `dynamic` raises the base with the length of the text (NTK). Its length is
 * here always the model's whole context, so that keys in a cache stay as they are: what transformers computes for a text
 * of exactly that length.
 */
export type RotaryScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'dynamic';
      readonly factor: number;
      /** The context that is stretched: up to it nothing changes. */
      readonly original: number;
    }
  | {
      readonly type: 'yarn';
      readonly factor: number;
      readonly original: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Factor of cosines and sines. */
      readonly attentionFactor: number;
      /** The ramp begins and ends at whole dimensions. */
      readonly truncate: boolean;
    }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly original: number;
      readonly lowFactor: number;
      readonly highFactor: number;
    };

/** YaRN's factor of cosines and sines where a configuration names none: 0.1·scale·ln(factor) + 1. */
export function yarnAttentionFactor(factor: number, scale = 1): number {
  return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
}

/** The frequencies theta^(-2i/headSize), stretched for texts of `length`; headSize / 2 of them. */
export function rotaryFrequencies({ headSize, theta, scaling, length }: RotaryOptions): Float64Array {
  const plain = Float64Array.from({ length: headSize / 2 }, (_, i) => theta ** ((-2 * i) / headSize));
  if (!scaling) return plain;
  const { factor } = scaling;
  switch (scaling.type) {
    case 'dynamic': {
      const stretch = (factor * Math.max(length, scaling.original)) / scaling.original - (factor - 1);
      const base = theta * stretch ** (headSize / (headSize - 2));
      return plain.map((_, i) => base ** ((-2 * i) / headSize));
    }
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
      const { original, betaFast, betaSlow, truncate } = scaling;
      const [floor, ceil] = truncate ? [Math.floor, Math.ceil] : [(x: number) => x, (x: number) => x];
      const dimOf = (turns: number) => (headSize * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
      const low = Math.max(floor(dimOf(betaFast)), 0);
      const high = Math.min(ceil(dimOf(betaSlow)), headSize - 1);
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

/** The numbers of each scaling. */
const scalingNumbers: Readonly<Record<RotaryScaling['type'], readonly string[]>> = {
  linear: ['factor'],
  dynamic: ['factor', 'original'],
  yarn: ['factor', 'original', 'betaFast', 'betaSlow', 'attentionFactor'],
  llama3: ['factor', 'original', 'lowFactor', 'highFactor'],
};

/** Throws `InvalidInput` (code `model.config`) where a scaling makes no sense. */
export function checkRotaryScaling(scaling: RotaryScaling): void {
  const refuse = (expected: string, got: unknown) => {
    throw new InvalidInput('model.config', `rotary scaling: expected ${expected}, got ${JSON.stringify(got)}`);
  };
  const type = typeof scaling === 'object' ? scaling.type : undefined;
  if (type === undefined || !Object.hasOwn(scalingNumbers, type)) {
    refuse(`an object with type to be one of ${Object.keys(scalingNumbers).join(', ')}`, scaling);
  }
  for (const name of scalingNumbers[scaling.type]) {
    const value = (scaling as unknown as Record<string, unknown>)[name];
    if (!(typeof value === 'number' && Number.isFinite(value) && value > 0)) refuse(`${name} above 0`, value);
  }
  if (scaling.type === 'yarn' && typeof scaling.truncate !== 'boolean')
    refuse('truncate true or false', scaling.truncate);
  if (scaling.type === 'llama3' && scaling.highFactor <= scaling.lowFactor) {
    refuse(`highFactor above lowFactor (${scaling.lowFactor})`, scaling.highFactor);
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
export function rotaryTables(options: RotaryOptions): {
  readonly cos: HostTensor;
  readonly sin: HostTensor;
} {
  const { length, headSize, scaling } = options;
  const half = headSize / 2;
  const factor = scaling?.type === 'yarn' ? scaling.attentionFactor : 1;
  const cos = new Float32Array(length * half);
  const sin = new Float32Array(length * half);
  const frequencies = rotaryFrequencies(options);
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
