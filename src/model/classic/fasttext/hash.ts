const encoder = new TextEncoder();

/** Ends of a word among its n-grams. */
const begin = 60;
const end = 62;

/** fastText's hash of bytes: FNV-1a of 32 bits, but bytes from 128 on are taken as negative numbers. */
export function hashBytes(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ ((bytes[i]! << 24) >> 24), 0x01000193);
  return hash >>> 0;
}

/** fastText's hash of a word. */
export const hashWord = (word: string): number => hashBytes(encoder.encode(word));

export interface SubwordOptions {
  /** Characters of the shortest and the longest n-gram; 0 for none. */
  readonly minn: number;
  readonly maxn: number;
  readonly buckets: number;
}

/**
 * Calls `visit` with the bucket of each n-gram of `<word>`, in fastText's order: by first character, then by length. The
 * marks alone are no n-grams. A character is a UTF-8 sequence, found by its first byte.
 */
export function overSubwords(
  word: Uint8Array,
  { minn, maxn, buckets }: SubwordOptions,
  visit: (bucket: number) => void,
): void {
  if (maxn <= 0 || buckets <= 0) return;
  const bytes = new Uint8Array(word.length + 2);
  bytes[0] = begin;
  bytes.set(word, 1);
  bytes[bytes.length - 1] = end;
  const follows = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
  for (let i = 0; i < bytes.length; i++) {
    if (follows(bytes[i])) continue;
    let hash = 0x811c9dc5;
    for (let j = i, n = 1; j < bytes.length && n <= maxn; n++) {
      do {
        hash = Math.imul(hash ^ ((bytes[j]! << 24) >> 24), 0x01000193);
        j++;
      } while (follows(bytes[j]));
      if (n >= minn && !(n === 1 && (i === 0 || j === bytes.length))) visit((hash >>> 0) % buckets);
    }
  }
}

/**
 * Calls `visit` with the bucket of each run of 2 to `length` words, given their hashes: h · 116049371 + next, in 64 bits,
 * from the hashes as signed numbers.
 */
export function overWordNgrams(
  hashes: readonly number[],
  length: number,
  buckets: number,
  visit: (bucket: number) => void,
): void {
  if (buckets <= 0) return;
  for (let i = 0; i < hashes.length; i++) {
    // 64 bits in two halves; the sign of the hash fills the upper one.
    let low = hashes[i]! >>> 0;
    let high = (hashes[i]! | 0) < 0 ? 0xffffffff : 0;
    for (let j = i + 1; j < hashes.length && j < i + length; j++) {
      const c = 116049371;
      const lowPart = (low & 0xffff) * c;
      const midPart = (low >>> 16) * c + Math.floor(lowPart / 65536);
      const carry = Math.floor(midPart / 65536);
      const sum = (midPart % 65536) * 65536 + (lowPart % 65536) + (hashes[j]! >>> 0);
      high =
        (Math.imul(high, c) + carry + ((hashes[j]! | 0) < 0 ? 0xffffffff : 0) + Math.floor(sum / 4294967296)) >>> 0;
      low = sum >>> 0;
      // The 64 bits modulo the buckets, 16 bits at a time: nothing exceeds 2^53.
      let rest = high % buckets;
      rest = (rest * 65536 + (low >>> 16)) % buckets;
      visit((rest * 65536 + (low & 0xffff)) % buckets);
    }
  }
}
