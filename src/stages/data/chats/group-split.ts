import { InvalidInput, Random } from '../../../base/core/index.js';
import { sha256 } from '../../../base/core/index.node.js';
import { type MinHashOptions, UnionFind, nearDuplicateClusters } from '../dedup/index.js';

export interface GroupSplitOptions {
  /** Share of the records in each split but the last, which takes the rest: `{ heldOut: 0.1, validation: 0.05 }`. */
  readonly shares: Readonly<Record<string, number>>;
  /** Name of the split that takes the rest. Default `train`. */
  readonly rest?: string;
  readonly seed: number;
  /** Records with equal keys stay together (a person, a page, a question); undefined stands alone. */
  readonly keys?: ReadonlyArray<string | undefined>;
  /** How near-duplicates are found, or false where only keys count. Default: runs of 3 words, Jaccard similarity of 0.5
   * and more (60 bands of 3 rows find 0.9997 of the pairs at 0.5). */
  readonly nearDuplicates?: MinHashOptions | false;
}

const nearby: MinHashOptions = { shingle: { unit: 'words', size: 3 }, bands: 60, rows: 3, verify: 0.5 };

/**
 * The split of each record. Near-duplicates and records with the same key never straddle two splits, so a held-out figure
 * measures no memory. A group's place depends on seed and texts alone, not on the order of the records. A group that would
 * more than double a split goes to the rest.
 */
export function splitByGroup(texts: readonly string[], options: GroupSplitOptions): string[] {
  const { shares, rest = 'train', seed, keys, nearDuplicates = nearby } = options;
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  if (
    !(total >= 0 && total < 1) ||
    Object.values(shares).some((share) => !(share >= 0)) ||
    Object.hasOwn(shares, rest)
  ) {
    throw new InvalidInput(
      'split.shares',
      `split: expected shares of at least 0 that leave something to ${rest}, got ${JSON.stringify(shares)}`,
    );
  }
  const clusters = nearDuplicates ? nearDuplicateClusters(texts, nearDuplicates) : new UnionFind(texts.length);
  const first = new Map<string, number>();
  for (let i = 0; i < texts.length; i++) {
    for (const key of [`text ${texts[i]}`, ...(keys?.[i] === undefined ? [] : [`key ${keys[i]}`])]) {
      const known = first.get(key);
      if (known === undefined) first.set(key, i);
      else clusters.union(known, i);
    }
  }
  const groups = new Map<number, number[]>();
  for (let i = 0; i < texts.length; i++) {
    const root = clusters.find(i);
    const members = groups.get(root);
    if (members) members.push(i);
    else groups.set(root, [i]);
  }
  const ordered = [...groups.values()]
    .map((members) => {
      const names = members.map((i) => sha256(texts[i] as string)).sort();
      return { members, place: new Random(`${seed} ${names[0]}`).float(), name: names[0] as string };
    })
    .sort((a, b) => a.place - b.place || (a.name < b.name ? -1 : 1));
  const out = Array.from({ length: texts.length }, () => rest);
  let next = 0;
  for (const [name, share] of Object.entries(shares)) {
    const wanted = share * texts.length;
    let taken = 0;
    for (; next < ordered.length && taken < wanted; next++) {
      const { members } = ordered[next] as (typeof ordered)[number];
      if (members.length > 1 && taken + members.length > 2 * wanted) continue;
      for (const i of members) out[i] = name;
      taken += members.length;
    }
  }
  return out;
}
