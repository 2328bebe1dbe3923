/// <reference lib="es2024.string" />
import { InvalidInput } from '../../base/core/index.js';

/*
 * Text inside this room is a JavaScript string. A byte that is not part of valid UTF-8 is carried as the lone surrogate
 * U+DC00 + byte (bytes are >= 0x80, so U+DC80…U+DCFF), as Python's "surrogateescape" does: patterns see one symbol that
 * is neither letter, digit nor space, and the byte comes back unchanged.
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lossy = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
const encoder = new TextEncoder();

/** Length of the valid UTF-8 sequence at `at` (Unicode 15, table 3-7), 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > bytes.length) return 0;
  const second = bytes[at + 1];
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  return length;
}

/** Bytes to text; invalid bytes become lone surrogates, so that `escapedToBytes` gives the same bytes back. */
export function bytesToEscaped(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    const parts: string[] = [];
    let valid = 0;
    for (let at = 0; at < bytes.length; ) {
      const length = sequenceLength(bytes, at);
      if (length > 0) {
        at += length;
        continue;
      }
      if (at > valid) parts.push(strict.decode(bytes.subarray(valid, at)));
      parts.push(String.fromCharCode(0xdc00 + bytes[at]));
      at++;
      valid = at;
    }
    if (bytes.length > valid) parts.push(strict.decode(bytes.subarray(valid)));
    return parts.join('');
  }
}

/** The inverse of `bytesToEscaped`. */
export function escapedToBytes(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const out: number[] = [];
  for (let i = 0; i < text.length; ) i = pushUtf8(text, i, out);
  return Uint8Array.from(out);
}

/** Appends the UTF-8 bytes of the symbol at `at` (a lone surrogate of an escaped byte gives that byte); returns where the next one starts. */
export function pushUtf8(text: string, at: number, out: number[]): number {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) {
    out.push(unit);
    return at + 1;
  }
  if (unit < 0x800) {
    out.push(0xc0 | (unit >> 6), 0x80 | (unit & 63));
    return at + 1;
  }
  if (unit < 0xd800 || unit > 0xdfff) {
    out.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 63), 0x80 | (unit & 63));
    return at + 1;
  }
  const next = at + 1 < text.length ? text.charCodeAt(at + 1) : 0;
  if (unit < 0xdc00 && (next & 0xfc00) === 0xdc00) {
    const point = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
    out.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    return at + 2;
  }
  if (unit >= 0xdc80 && unit <= 0xdcff) out.push(unit - 0xdc00);
  else out.push(0xef, 0xbf, 0xbd);
  return at + 1;
}

/** Text or bytes as this room sees them: lone surrogates of a given string become U+FFFD, as in every UTF-8 encoder. */
export function toEscaped(input: string | Uint8Array): string {
  if (typeof input === 'string') return input.isWellFormed() ? input : input.toWellFormed();
  if (input instanceof Uint8Array) return bytesToEscaped(input);
  throw new InvalidInput('tokenizer.input', `encode: expected a string or a Uint8Array, got ${typeof input}`);
}

/** Bytes to text with U+FFFD for what is not UTF-8. */
export function bytesToText(bytes: Uint8Array): string {
  return lossy.decode(bytes);
}

/** Bytes to text, `undefined` where they are not valid UTF-8. */
export function bytesToTextStrict(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

const byteToChar: string[] = [];
const charToByte = new Map<number, number>();
// GPT-2's printable alphabet: visible Latin-1 characters stand for themselves, the other 68 bytes for U+0100 onwards.
for (let byte = 0, next = 0x100; byte < 256; byte++) {
  const visible = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  const point = visible ? byte : next++;
  byteToChar.push(String.fromCharCode(point));
  charToByte.set(point, byte);
}

/** The printable character that stands for each byte in byte-level vocabularies. */
export const byteAlphabet: readonly string[] = byteToChar;

/** Bytes in their printable form (`Ġ` for a space). */
export function bytesToPrintable(bytes: ArrayLike<number>): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += byteToChar[bytes[i]];
  return text;
}

/** Bytes that a printable token stands for, `undefined` where a character is outside the byte alphabet. */
export function printableToBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = charToByte.get(token.charCodeAt(i));
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/** Name of a byte in SentencePiece vocabularies: `<0x0A>`. */
export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** Number of Unicode code points (an escaped byte counts as one). */
export function countCodePoints(text: string, start = 0, end = text.length): number {
  let count = 0;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if ((unit & 0xfc00) === 0xd800 && i + 1 < end && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
    count++;
  }
  return count;
}
