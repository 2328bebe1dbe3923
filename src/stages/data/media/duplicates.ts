import { z } from 'zod';
import type { Document } from '../document.js';
import { type Verdict, defineStep } from '../pipeline/index.js';
import type { StoredImage } from './image.js';

interface Known {
  readonly index: number;
  readonly id: string;
  readonly hash: bigint;
  readonly pixels: number;
}

const imageOf = (document: Document): StoredImage | undefined => {
  const images = document.metadata?.images;
  return Array.isArray(images) && images.length === 1 ? (images[0] as unknown as StoredImage) : undefined;
};

function bitsOf(value: bigint): number {
  let count = 0;
  for (let rest = value; rest > 0n; rest &= rest - 1n) count++;
  return count;
}

/**
 * The copies among hashes: of pictures within `distance` bits of each other the one with the most pixels stays, then the first. With
 * `distance` + 1 bands of bits, two hashes that close share a band whole, so that only those are compared.
 */
export function imageCopies(known: readonly Known[], distance: number): Map<number, Known> {
  const bands = distance + 1;
  const width = BigInt(Math.ceil(64 / bands));
  const mask = (1n << width) - 1n;
  const keys = (hash: bigint) =>
    Array.from({ length: bands }, (_, i) => `${i} ${(hash >> (BigInt(i) * width)) & mask}`);
  const buckets = new Map<string, Known[]>();
  const copies = new Map<number, Known>();
  for (const item of [...known].sort((a, b) => b.pixels - a.pixels || a.index - b.index)) {
    const names = keys(item.hash);
    const near = names
      .flatMap((name) => buckets.get(name) ?? [])
      .find((other) => bitsOf(other.hash ^ item.hash) <= distance);
    if (near) {
      copies.set(item.index, near);
      continue;
    }
    for (const name of names) {
      const bucket = buckets.get(name);
      if (bucket) bucket.push(item);
      else buckets.set(name, [item]);
    }
  }
  return copies;
}

export const imageDuplicates = defineStep({
  kind: 'corpus',
  name: 'imageDuplicates',
  summary:
    'Takes out records whose one picture looks like that of another: perceptual hashes within a few bits; the largest stays.',
  version: 1,
  options: z.strictObject({
    distance: z.int().min(0).max(15).default(4).describe('most bits of 64 that differ'),
    hash: z.enum(['phash', 'dhash']).default('phash').describe('low frequencies, or differences of neighbours'),
  }),
  create: ({ distance, hash }) => ({
    summarize(document) {
      const image = imageOf(document);
      if (!image) return new Uint8Array(0);
      const bytes = Buffer.alloc(12);
      bytes.write(image[hash], 'hex');
      bytes.writeUInt32LE(Math.min(0xffffffff, image.width * image.height), 8);
      return bytes;
    },
    async *decide(summaries): AsyncGenerator<Verdict> {
      const known: Known[] = [];
      for await (const { index, id, bytes } of summaries()) {
        if (bytes.length < 12) continue;
        const view = Buffer.from(bytes);
        known.push({ index, id, hash: view.readBigUInt64BE(0), pixels: view.readUInt32LE(8) });
      }
      const copies = [...imageCopies(known, distance)].sort(([a], [b]) => a - b);
      for (const [index, original] of copies)
        yield { index, drop: 'imageDuplicate', detail: `looks like ${original.id}` };
    },
  }),
});
