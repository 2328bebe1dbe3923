import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';

/**
 * Sinusoids of "Attention Is All You Need" (Vaswani et al. 2017): table [length, hiddenSize], sines in even columns and
 * cosines in odd ones, wavelengths from 2π to 10,000·2π.
 */
export function sinusoidalTable(length: number, hiddenSize: number): HostTensor {
  const data = new Float32Array(length * hiddenSize);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < hiddenSize; i++) {
      const angle = position / 10_000 ** ((2 * Math.floor(i / 2)) / hiddenSize);
      data[position * hiddenSize + i] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return hostTensor('f32', [length, hiddenSize], data);
}
