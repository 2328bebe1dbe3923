import { createHash } from 'node:crypto';

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Bytes of a base58 text (Bitcoin's alphabet), or undefined where a sign is not of the alphabet. At most 128 signs. */
export function decodeBase58(text: string): Uint8Array | undefined {
  if (text.length > 128) return undefined;
  let value = 0n;
  for (const sign of text) {
    const digit = base58.indexOf(sign);
    if (digit < 0) return undefined;
    value = value * 58n + BigInt(digit);
  }
  const bytes: number[] = [];
  for (; value > 0n; value >>= 8n) bytes.unshift(Number(value & 0xffn));
  for (const sign of text) {
    if (sign !== '1') break;
    bytes.unshift(0);
  }
  return Uint8Array.from(bytes);
}

/** base58check: the last four bytes are the head of the double SHA-256 of the rest. Returns the payload, version byte first. */
export function base58check(text: string): Uint8Array | undefined {
  const bytes = decodeBase58(text);
  if (!bytes || bytes.length < 5) return undefined;
  const payload = bytes.subarray(0, -4);
  const once = createHash('sha256').update(payload).digest();
  const twice = createHash('sha256').update(once).digest();
  return twice.subarray(0, 4).equals(bytes.subarray(-4)) ? payload : undefined;
}

const bech32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Checksum of bech32 (BIP 173) or bech32m (BIP 350); mixed case is refused, as the rules say. */
export function isBech32(text: string): boolean {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return false;
  const at = lower.lastIndexOf('1');
  if (at < 1 || lower.length - at < 7 || lower.length > 90) return false;
  const prefix = lower.slice(0, at);
  const values = [...prefix].map((sign) => sign.charCodeAt(0) >> 5);
  values.push(0, ...[...prefix].map((sign) => sign.charCodeAt(0) & 31));
  for (const sign of lower.slice(at + 1)) {
    const value = bech32.indexOf(sign);
    if (value < 0) return false;
    values.push(value);
  }
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (let i = 0; i < 5; i++) if ((top >>> i) & 1) check ^= generators[i];
  }
  return check === 1 || check >>> 0 === 0x2bc830a3;
}

/** CRC-32 of ISO 3309 over the text's bytes: GitHub's and npm's tokens carry it. */
export function crc32(text: string): number {
  let crc = ~0;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A number in base 62 with digits first, then upper and lower case, padded with zeros. */
export function base62(value: number, width: number): string {
  const signs = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62)) text = signs[rest % 62] + text;
  return text.padStart(width, '0');
}

/** Shannon entropy in bits a sign, of at most the first 256 signs. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  const head = text.slice(0, 256);
  for (const sign of head) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / head.length) * Math.log2(count / head.length);
  return bits;
}

const roundConstants: bigint[] = [];
const rotations: number[] = [];
{
  // Keccak's constants by their own definition (FIPS 202, 3.2): an LFSR for iota, triangular numbers for rho.
  let lfsr = 1;
  for (let round = 0; round < 24; round++) {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (lfsr & 1) constant |= 1n << BigInt((1 << j) - 1);
      lfsr = (lfsr << 1) ^ (lfsr & 0x80 ? 0x171 : 0);
    }
    roundConstants.push(constant);
  }
  for (let t = 0; t < 24; t++) rotations.push((((t + 1) * (t + 2)) / 2) % 64);
}
const mask = (1n << 64n) - 1n;
const turn = (lane: bigint, by: number): bigint =>
  by === 0 ? lane : ((lane << BigInt(by)) | (lane >> BigInt(64 - by))) & mask;

/** Keccak-256 with the original padding (Ethereum's, not SHA-3's) of up to 135 bytes, as hex. */
export function keccak256(text: string): string {
  const block = Buffer.alloc(136);
  block.write(text, 'latin1');
  block[text.length] ^= 0x01;
  block[135] ^= 0x80;
  let state = Array.from({ length: 25 }, (_, i) => (i < 17 ? block.readBigUInt64LE(i * 8) : 0n));
  for (const constant of roundConstants) {
    const column = Array.from(
      { length: 5 },
      (_, x) => state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20],
    );
    state = state.map((lane, i) => lane ^ column[(i + 4) % 5] ^ turn(column[(i + 1) % 5], 1));
    const moved = [...state];
    // rho and pi in one walk: the lane at (x, y) turns and moves to (y, 2x + 3y).
    for (let t = 0, x = 1, y = 0; t < 24; t++) {
      const [toX, toY] = [y, (2 * x + 3 * y) % 5];
      moved[toX + 5 * toY] = turn(state[x + 5 * y], rotations[t]);
      [x, y] = [toX, toY];
    }
    state = moved.map(
      (lane, i) =>
        lane ^
        (~moved[(((i % 5) + 1) % 5) + 5 * Math.floor(i / 5)] &
          mask &
          moved[(((i % 5) + 2) % 5) + 5 * Math.floor(i / 5)]),
    );
    state[0] ^= constant;
  }
  const out = Buffer.alloc(32);
  for (let i = 0; i < 4; i++) out.writeBigUInt64LE(state[i], i * 8);
  return out.toString('hex');
}

/** EIP-55: the case of an Ethereum address's letters is its checksum; addresses in one case carry none. */
export function isEthereumAddress(text: string): boolean {
  const hex = text.slice(2);
  if (hex === hex.toLowerCase() || hex === hex.toUpperCase()) return true;
  const hash = keccak256(hex.toLowerCase());
  return [...hex].every(
    (sign, i) => /\d/.test(sign) || Number.parseInt(hash[i], 16) >= 8 === (sign === sign.toUpperCase()),
  );
}
