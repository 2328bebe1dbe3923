const powers = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const ascii = new TextDecoder('latin1');

/**
 * The decimal number in bytes from `from` to `to`, NaN where it is none. Digits and point are read here, exactly: up to
 * 15 digits are a whole number without rounding, and one power of ten without rounding leaves one rounding (Clinger
 * 1990). Everything else goes through `Number`.
 */
export function parseFloatBytes(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  const negative = bytes[at] === 45;
  if (negative) at++;
  let digits = 0;
  let mantissa = 0;
  let decimals = 0;
  let point = false;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte >= 48 && byte <= 57) {
      mantissa = mantissa * 10 + byte - 48;
      // Leading zeros are no digits.
      if (mantissa > 0) digits++;
      if (point) decimals++;
    } else if (byte === 46 && !point) point = true;
    else return slow(bytes, from, to);
  }
  if (digits > 15 || decimals > 22 || at - from <= (negative ? 1 : 0) + (point ? 1 : 0)) return slow(bytes, from, to);
  const value = mantissa / powers[decimals]!;
  return negative ? -value : value;
}

function slow(bytes: Uint8Array, from: number, to: number): number {
  const text = ascii.decode(bytes.subarray(from, to));
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** The shortest decimal number that reads back as the same float. */
export function floatText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  for (let precision = 6; precision < 9; precision++) {
    const rounded = Number(value.toPrecision(precision));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}
