import { type MinHashOptions, minHashSettings } from './minhash.js';
import { Shingler } from './shingles.js';
import { MinHasher, distinct, jaccard } from './signature.js';
import { UnionFind } from './union-find.js';

/**
 * Clusters of near-duplicates among texts in memory, by the settings of `minHashStep` (`keep` and `within` do not matter).
 * About 12 bytes for each band of each text, and 4 for each shingle where `verify` is set.
 */
export function nearDuplicateClusters(texts: readonly string[], options: MinHashOptions = {}): UnionFind {
  const settings = minHashSettings(options);
  const shingler = new Shingler(settings);
  const hasher = new MinHasher({ ...settings, seed: options.seed });
  const clusters = new UnionFind(texts.length);
  const { verify } = options;
  const sets: Int32Array[] = [];
  const buckets = new Map<number, number[]>();
  for (const [index, text] of texts.entries()) {
    const shingles = shingler.shingles(text);
    if (verify !== undefined) sets.push(distinct(shingles));
    if (shingles.length === 0) continue;
    const keys = hasher.bandKeys(hasher.signature(shingles));
    for (let band = 0; band < keys.length; band += 2) {
      // 53 bits of the 64: a number.
      const key = (keys[band] >>> 0) * 0x200000 + (keys[band + 1] >>> 11);
      const bucket = buckets.get(key);
      if (!bucket) {
        buckets.set(key, [index]);
        continue;
      }
      for (const other of bucket) {
        if (clusters.find(other) === clusters.find(index)) continue;
        if (verify === undefined || jaccard(sets[other], sets[index]) >= verify) clusters.union(other, index);
      }
      if (bucket.length < mostMembers) bucket.push(index);
    }
  }
  return clusters;
}

/** Texts of a bucket that later ones are compared with. */
const mostMembers = 256;
