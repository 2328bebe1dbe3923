import { createHash } from 'node:crypto';
import { InvalidInput } from '../../base/core/index.js';
import { byteLength } from './document.js';

/** Uniform in [0, 1), from seed and text alone. */
function place(text: string, seed: number): number {
  const hash = createHash('sha256').update(`${seed}\0`).update(text).digest();
  return hash.readUIntBE(0, 6) / 2 ** 48;
}

/**
 * Decides for each text to which split it belongs. Places follow from a hash of the text, so equal documents stay
 * together whatever their order; thresholds are set such that each split gets its share of the bytes, and at least one document.
 * Returns the name of the split (`rest` for what no share takes).
 * Errors: `InvalidInput` where there are fewer distinct documents than splits.
 */
export async function planSplit(
  documents: Iterable<{ readonly text: string }> | AsyncIterable<{ readonly text: string }>,
  shares: Readonly<Record<string, number>>,
  { seed = 0, rest = 'train' }: { readonly seed?: number; readonly rest?: string } = {},
): Promise<(text: string) => string> {
  const names = Object.keys(shares);
  const sum = names.reduce((total, name) => total + shares[name], 0);
  if (names.some((name) => !(shares[name] > 0)) || !(sum < 1)) {
    throw new InvalidInput(
      'data.shares',
      `split: expected shares above 0 and below 1 in all, got ${JSON.stringify(shares)}`,
    );
  }
  const bytesAt = new Map<number, number>();
  let total = 0;
  for await (const { text } of documents) {
    const at = place(text, seed);
    const bytes = byteLength(text);
    bytesAt.set(at, (bytesAt.get(at) ?? 0) + bytes);
    total += bytes;
  }
  if (bytesAt.size <= names.length) {
    throw new InvalidInput(
      'data.documents',
      `split: expected at least ${names.length + 1} different documents, got ${bytesAt.size}; give more text or shorter documents`,
      { documents: bytesAt.size },
    );
  }
  const places = [...bytesAt.keys()].sort((a, b) => a - b);
  const limits: [number, string][] = [];
  let next = 0;
  for (const [i, name] of names.entries()) {
    let bytes = 0;
    // One document at least, and one left for each split that follows and for the rest.
    const last = places.length - (names.length - i);
    do bytes += bytesAt.get(places[next++]) as number;
    while (next < last && bytes + (bytesAt.get(places[next]) as number) / 2 < shares[name] * total);
    limits.push([next < places.length ? places[next] : 1, name]);
  }
  return (text) => {
    const at = place(text, seed);
    for (const [limit, name] of limits) if (at < limit) return name;
    return rest;
  };
}
