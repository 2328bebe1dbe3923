import { createHash } from 'node:crypto';
import { InvalidInput } from '../../base/core/index.js';
import { byteLength } from './document.js';

/** Uniform in [0, 1), from seed and text alone. */
function place(text: string, seed: number): number {
  const hash = createHash('sha256').update(`${seed}\0`).update(text).digest();
  return hash.readUIntBE(0, 6) / 2 ** 48;
}

/** Places that are told apart at most; beyond that they are counted in as many equal steps. */
const mostPlaces = 1 << 18;

/**
 * Decides for each text to which split it belongs. Places follow from a hash of the text, so equal documents stay
 * together whatever their order; thresholds are set such that each split gets its share of the bytes, and at least one document.
 * With `groupOf`, documents of one group stay together, and the function that is returned takes the group.
 * Returns the name of the split (`rest` for what no share takes). Memory holds at most 262,144 numbers.
 * Errors: `InvalidInput` where there are fewer distinct documents (or groups) than splits.
 */
export async function planSplit<T extends { readonly text: string }>(
  documents: Iterable<T> | AsyncIterable<T>,
  shares: Readonly<Record<string, number>>,
  {
    seed = 0,
    rest = 'train',
    groupOf = ({ text }) => text,
  }: { readonly seed?: number; readonly rest?: string; readonly groupOf?: (document: T) => string } = {},
): Promise<(group: string) => string> {
  const names = Object.keys(shares);
  const sum = names.reduce((total, name) => total + shares[name], 0);
  if (names.some((name) => !(shares[name] > 0)) || !(sum < 1)) {
    throw new InvalidInput(
      'data.shares',
      `split: expected shares above 0 and below 1 in all, got ${JSON.stringify(shares)}`,
    );
  }
  let bytesAt = new Map<number, number>();
  let total = 0;
  let coarse = false;
  const step = (at: number): number => Math.floor(at * mostPlaces) / mostPlaces;
  for await (const document of documents) {
    const exact = place(groupOf(document), seed);
    const at = coarse ? step(exact) : exact;
    const bytes = byteLength(document.text);
    bytesAt.set(at, (bytesAt.get(at) ?? 0) + bytes);
    total += bytes;
    if (coarse || bytesAt.size <= mostPlaces) continue;
    coarse = true;
    const steps = new Map<number, number>();
    for (const [fine, sum] of bytesAt) steps.set(step(fine), (steps.get(step(fine)) ?? 0) + sum);
    bytesAt = steps;
  }
  if (bytesAt.size <= names.length) {
    throw new InvalidInput(
      'data.documents',
      `split: expected at least ${names.length + 1} different documents or groups, got ${bytesAt.size}; give more text or shorter documents, or split by something finer`,
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
  return (group) => {
    const at = place(group, seed);
    for (const [limit, name] of limits) if (at < limit) return name;
    return rest;
  };
}
