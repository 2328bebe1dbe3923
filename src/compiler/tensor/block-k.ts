import { decodeF16 } from './half.js';

// Super-blocks of 256 numbers: 8 or 16 groups whose scales (and minima) are small integers under one f16 scale (and one for the
// minima). Arithmetic is f32 step by step, in the order of ggml's reference code.

/** Numbers in a super-block. */
export const kBlock = 256;

const half = (bytes: Uint8Array, at: number) => decodeF16(bytes[at] | (bytes[at + 1] << 8));
const signed = (byte: number) => (byte << 24) >> 24;

/** Scales (4 bits) and minima (4 bits) of 16 groups, 2-bit numbers in four planes of 32 bytes per 128, then both f16 scales. */
export function unpackQ2_K(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, y = 0; y < out.length; at += 84, y += kBlock) {
    const scale = half(bytes, at + 80);
    const least = half(bytes, at + 82);
    for (let i = 0; i < kBlock; i++) {
      const group = bytes[at + (i >> 4)];
      const packed = bytes[at + 16 + (i >> 7) * 32 + (i & 31)];
      const level = (packed >> (2 * ((i >> 5) & 3))) & 3;
      out[y + i] = Math.fround(Math.fround(scale * (group & 15)) * level) - Math.fround(least * (group >> 4));
    }
  }
}

/** 16 scales of 6 bits: the low four bits in eight bytes, the two high ones in four; 32 is subtracted. */
function scalesOfQ3_K(bytes: Uint8Array, at: number, scales: Int8Array): void {
  for (let g = 0; g < 16; g++) {
    const low = (bytes[at + (g & 7)] >> (g < 8 ? 0 : 4)) & 15;
    const high = (bytes[at + 8 + (g & 3)] >> (2 * (g >> 2))) & 3;
    scales[g] = (low | (high << 4)) - 32;
  }
}

/** High bits (32 bytes, one plane of bits per 32 numbers), low two bits (64 bytes), scales (12 bytes), f16 scale. */
export function unpackQ3_K(bytes: Uint8Array, out: Float32Array): void {
  const scales = new Int8Array(16);
  for (let at = 0, y = 0; y < out.length; at += 110, y += kBlock) {
    const scale = half(bytes, at + 108);
    scalesOfQ3_K(bytes, at + 96, scales);
    for (let i = 0; i < kBlock; i++) {
      const packed = bytes[at + 32 + (i >> 7) * 32 + (i & 31)];
      const low = (packed >> (2 * ((i >> 5) & 3))) & 3;
      const high = (bytes[at + (i & 31)] >> (i >> 5)) & 1;
      // A high bit that is not set subtracts 4.
      out[y + i] = Math.fround(scale * scales[i >> 4]) * (low - (high ? 0 : 4));
    }
  }
}

/** Eight scales and eight minima of 6 bits in 12 bytes: the first four of each whole, the others split over two places. */
function scalesOfQ4_K(bytes: Uint8Array, at: number, scales: Uint8Array, minima: Uint8Array): void {
  for (let g = 0; g < 4; g++) {
    const a = bytes[at + g];
    const b = bytes[at + 4 + g];
    const c = bytes[at + 8 + g];
    scales[g] = a & 63;
    minima[g] = b & 63;
    scales[g + 4] = (c & 15) | ((a >> 6) << 4);
    minima[g + 4] = (c >> 4) | ((b >> 6) << 4);
  }
}

/** Both f16 scales, 12 bytes of scales and minima, for Q5_K 32 bytes of fifth bits, then 128 bytes of four-bit numbers. */
function unpackFours(fifth: boolean) {
  const scales = new Uint8Array(8);
  const minima = new Uint8Array(8);
  return (bytes: Uint8Array, out: Float32Array): void => {
    const low = fifth ? 48 : 16;
    for (let at = 0, y = 0; y < out.length; at += low + 128, y += kBlock) {
      const scale = half(bytes, at);
      const least = half(bytes, at + 2);
      scalesOfQ4_K(bytes, at + 4, scales, minima);
      for (let group = 0; group < 8; group++) {
        const step = Math.fround(scale * scales[group]);
        const minimum = Math.fround(least * minima[group]);
        for (let j = 0; j < 32; j++) {
          // Two groups share 32 bytes: the even one has the low halves.
          let level = (bytes[at + low + (group >> 1) * 32 + j] >> (group & 1 ? 4 : 0)) & 15;
          if (fifth) level |= ((bytes[at + 16 + j] >> group) & 1) << 4;
          out[y + 32 * group + j] = Math.fround(step * level) - minimum;
        }
      }
    }
  };
}

export const unpackQ4_K = unpackFours(false);
export const unpackQ5_K = unpackFours(true);

/** Low four bits (128 bytes), high two bits (64 bytes), 16 signed scales, f16 scale; 32 is subtracted from each number. */
export function unpackQ6_K(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, y = 0; y < out.length; at += 210, y += kBlock) {
    const scale = half(bytes, at + 208);
    for (let i = 0; i < kBlock; i++) {
      const part = (i >> 5) & 3;
      const column = i & 31;
      const low = (bytes[at + (i >> 7) * 64 + (part & 1) * 32 + column] >> (part < 2 ? 0 : 4)) & 15;
      const high = (bytes[at + 128 + (i >> 7) * 32 + column] >> (2 * part)) & 3;
      const step = Math.fround(scale * signed(bytes[at + 192 + (i >> 4)]));
      out[y + i] = step * ((low | (high << 4)) - 32);
    }
  }
}

/** f32 scale, 256 signed bytes, sums of each 16 of them (which unpacking does not need). */
export function unpackQ8_K(bytes: Uint8Array, out: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0, y = 0; y < out.length; at += 292, y += kBlock) {
    const scale = view.getFloat32(at, true);
    for (let i = 0; i < kBlock; i++) out[y + i] = scale * signed(bytes[at + 4 + i]);
  }
}
