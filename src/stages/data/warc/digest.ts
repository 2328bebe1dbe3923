import { createHash } from 'node:crypto';

const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base32 of RFC 4648 without padding, as WARC files write digests. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let value = 0;
  let bits = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += base32Alphabet[(value >>> bits) & 31];
    }
  }
  return bits > 0 ? text + base32Alphabet[(value << (5 - bits)) & 31] : text;
}

const algorithms: Readonly<Record<string, string>> = {
  md5: 'md5',
  sha1: 'sha1',
  'sha-1': 'sha1',
  sha256: 'sha256',
  'sha-256': 'sha256',
  sha512: 'sha512',
  'sha-512': 'sha512',
};

/** `sha1:…` of some bytes in the spelling of WARC files. */
export function digestOf(bytes: Uint8Array, algorithm: 'sha1' | 'sha256' = 'sha1'): string {
  return `${algorithm}:${base32(createHash(algorithm).update(bytes).digest())}`;
}

/**
 * Whether bytes have the digest that a header states: md5, sha1, sha256 or sha512 in base32, base16, base64 or base64url, for all of them are
 * met. `undefined` where the header names no algorithm that is known.
 */
export function hasDigest(bytes: Uint8Array, stated: string): boolean | undefined {
  const colon = stated.indexOf(':');
  const algorithm = algorithms[stated.slice(0, colon).trim().toLowerCase()];
  if (!algorithm) return undefined;
  const value = stated
    .slice(colon + 1)
    .trim()
    .replace(/=+$/, '');
  const hash = createHash(algorithm).update(bytes).digest();
  return (
    value.toUpperCase() === base32(hash) ||
    value.toLowerCase() === hash.toString('hex') ||
    value.replaceAll('+', '-').replaceAll('/', '_') === hash.toString('base64url')
  );
}
