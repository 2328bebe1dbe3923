import { decodeF16, encodeF16 } from './half.js';

// Blocks of 32 numbers with one scale (and, in the _1 forms, one minimum). Four-bit numbers lie as 16 bytes: the low halves are
// numbers 0 to 15, the high halves 16 to 31. Arithmetic is f32 step by step, so that results are those of ggml's reference code.

/** Numbers in a block. */
export const legacyBlock = 32;

const half = (bytes: Uint8Array, at: number) => decodeF16(bytes[at] | (bytes[at + 1] << 8));

/** Unpacks 4- and 5-bit blocks: `offset` is subtracted from each number, `minimum` says that a minimum follows the scale. */
function unpackBits(fifth: boolean, minimum: boolean, offset: number) {
  return (bytes: Uint8Array, out: Float32Array): void => {
    const low = (minimum ? 4 : 2) + (fifth ? 4 : 0);
    const size = low + 16;
    for (let at = 0, y = 0; y < out.length; at += size, y += legacyBlock) {
      const scale = half(bytes, at);
      const least = minimum ? half(bytes, at + 2) : 0;
      const bits = at + low - 4;
      for (let j = 0; j < 16; j++) {
        const byte = bytes[at + low + j];
        let first = byte & 15;
        let second = byte >> 4;
        if (fifth) {
          // Bit j of the 32 belongs to number j, bit j + 16 to number j + 16.
          first |= ((bytes[bits + (j >> 3)] >> (j & 7)) & 1) << 4;
          second |= ((bytes[bits + 2 + (j >> 3)] >> (j & 7)) & 1) << 4;
        }
        const a = Math.fround((first - offset) * scale);
        const b = Math.fround((second - offset) * scale);
        // Not `+ 0` without a minimum: that would turn -0 into 0.
        out[y + j] = minimum ? a + least : a;
        out[y + j + 16] = minimum ? b + least : b;
      }
    }
  };
}

export const unpackQ4_0 = unpackBits(false, false, 8);
export const unpackQ4_1 = unpackBits(false, true, 0);
export const unpackQ5_0 = unpackBits(true, false, 16);
export const unpackQ5_1 = unpackBits(true, true, 0);

export function unpackQ8_0(bytes: Uint8Array, out: Float32Array): void {
  for (let at = 0, y = 0; y < out.length; at += 34, y += legacyBlock) {
    const scale = half(bytes, at);
    for (let j = 0; j < legacyBlock; j++) out[y + j] = ((bytes[at + 2 + j] << 24) >> 24) * scale;
  }
}

function writeHalf(bytes: Uint8Array, at: number, value: number): void {
  const bits = encodeF16(value);
  bytes[at] = bits & 255;
  bytes[at + 1] = bits >> 8;
}

/** Packs as ggml's reference quantizer: scale = largest magnitude / 127, halves rounded away from zero. */
export function packQ8_0(values: Float32Array, bytes: Uint8Array): void {
  for (let at = 0, x = 0; x < values.length; at += 34, x += legacyBlock) {
    let most = 0;
    for (let j = 0; j < legacyBlock; j++) most = Math.max(most, Math.abs(values[x + j]));
    const scale = Math.fround(most / 127);
    // The numbers are divided by the scale in f32, not by the half that is stored.
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    writeHalf(bytes, at, scale);
    for (let j = 0; j < legacyBlock; j++) {
      const value = Math.fround(values[x + j] * inverse);
      bytes[at + 2 + j] = Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
    }
  }
}

/** Packs as ggml's reference quantizer: the number of largest magnitude becomes -8, so its sign is the scale's, turned. */
export function packQ4_0(values: Float32Array, bytes: Uint8Array): void {
  for (let at = 0, x = 0; x < values.length; at += 18, x += legacyBlock) {
    let most = 0;
    for (let j = 0; j < legacyBlock; j++) {
      const value = values[x + j];
      if (Math.abs(value) > Math.abs(most)) most = value;
    }
    const scale = Math.fround(most / -8);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    writeHalf(bytes, at, scale);
    const level = (j: number) => Math.min(15, Math.trunc(Math.fround(Math.fround(values[x + j] * inverse) + 8.5)));
    for (let j = 0; j < 16; j++) bytes[at + 2 + j] = level(j) | (level(j + 16) << 4);
  }
}
