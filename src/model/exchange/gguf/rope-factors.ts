import { InvalidInput } from '../../../base/core/index.js';
import type { DecoderConfig } from '../../architecture/index.js';

type Llama3Scaling = Extract<NonNullable<DecoderConfig['ropeScaling']>, { readonly type: 'llama3' }>;

/**
 * Divisors of the rotary frequencies [headSize / 2] as Llama 3.1 stretches them: 1 for short waves, `factor` for long ones,
 * between them a ramp of the frequencies.
 */
export function ropeFactors(headSize: number, theta: number, scaling: Llama3Scaling): Float32Array {
  const { factor, original, lowFactor, highFactor } = scaling;
  return Float32Array.from({ length: headSize / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * theta ** ((2 * i) / headSize);
    if (wavelength < original / highFactor) return 1;
    if (wavelength > original / lowFactor) return factor;
    const smooth = (original / wavelength - lowFactor) / (highFactor - lowFactor);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}

/**
 * The stretching that divisors come from. A file does not name it; those of Llama 3.1 to 3.3 differ in their factor only,
 * so they are tried.
 *
 * @throws InvalidInput for divisors of another kind.
 */
export function scalingOf(factors: Float32Array, headSize: number, theta: number): Llama3Scaling {
  const factor = factors.reduce((most, value) => Math.max(most, value), 1);
  for (const original of [8192, 4096, 2048, 16_384, 32_768]) {
    const scaling: Llama3Scaling = { type: 'llama3', factor, original, lowFactor: 1, highFactor: 4 };
    const expected = ropeFactors(headSize, theta, scaling);
    if (
      expected.length === factors.length &&
      expected.every((value, i) => Math.abs(value - factors[i]) <= 1e-5 * value)
    ) {
      return scaling;
    }
  }
  throw new InvalidInput('gguf.rope', 'gguf: expected rope_freqs.weight as Llama 3 stretches positions, got others');
}
