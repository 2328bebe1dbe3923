import { describe, expect, it } from 'vitest';
import { decodeBf16, decodeF16, encodeBf16, encodeF16 } from './index.js';

describe('16-bit floats', () => {
  it.each([
    ['f16', encodeF16, decodeF16, 0x7c00],
    ['bf16', encodeBf16, decodeBf16, 0x7f80],
  ] as const)('%s: every pattern survives decoding and encoding', (_, encode, decode, infinity) => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 65536; bits++) {
      const nan = (bits & 0x7fff) > infinity;
      if (nan ? !Number.isNaN(decode(bits)) : encode(decode(bits)) !== bits) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
    expect(decode(encode(Number.NaN))).toBeNaN();
  });

  it('rounds to the nearest, ties to even', () => {
    // Between neighbours of every magnitude, subnormal ones included: the middle goes to the even pattern.
    for (const [encode, decode, last] of [
      [encodeF16, decodeF16, 0x7bfe],
      [encodeBf16, decodeBf16, 0x7f7e],
    ] as const) {
      for (let bits = 0; bits < last; bits += 7) {
        const [low, high] = [decode(bits), decode(bits + 1)];
        const middle = (low + high) / 2;
        const gap = high - low;
        expect(encode(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
        expect(encode(middle - gap / 8)).toBe(bits);
        expect(encode(middle + gap / 8)).toBe(bits + 1);
      }
    }
    expect(encodeF16(65519)).toBe(0x7bff);
    expect(encodeF16(65520)).toBe(0x7c00);
    expect(encodeF16(-1e9)).toBe(0xfc00);
  });
});
