const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** Number of 16 bits of IEEE 754 binary16. */
export function decodeF16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Nearest IEEE 754 binary16 of a number (through f32, ties to even) as 16 bits. */
export function encodeF16(value: number): number {
  floats[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: a multiple of 2^-24; adding 0.5 (as float: whose last place is 2^-24) rounds to even in hardware.
    floats[0] = Math.abs(floats[0]) + 0.5;
    return sign | (bits[0] - 0x3f000000);
  }
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
}

/** Number of 16 bits of bfloat16. */
export function decodeBf16(half: number): number {
  bits[0] = (half << 16) >>> 0;
  return floats[0];
}

/** Nearest bfloat16 of a number (through f32, ties to even) as 16 bits. */
export function encodeBf16(value: number): number {
  floats[0] = value;
  const word = bits[0];
  if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Element types of 16 bits. */
export type HalfType = 'f16' | 'bf16';

let table: Float32Array | undefined;

/** Many numbers of 16 bits each, exactly. */
export function toFloats(type: HalfType, data: Uint16Array): Float32Array {
  const out = new Float32Array(data.length);
  if (type === 'bf16') {
    const words = new Uint32Array(out.buffer);
    for (let i = 0; i < data.length; i++) words[i] = data[i] << 16;
    return out;
  }
  // 256 KiB, made once: decoding one by one takes several times as long.
  table ??= Float32Array.from({ length: 65_536 }, (_, half) => decodeF16(half));
  for (let i = 0; i < data.length; i++) out[i] = table[data[i]];
  return out;
}

/** The nearest 16 bits of many numbers. */
export function fromFloats(type: HalfType, data: Float32Array): Uint16Array {
  const encode = type === 'f16' ? encodeF16 : encodeBf16;
  const out = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = encode(data[i]);
  return out;
}
