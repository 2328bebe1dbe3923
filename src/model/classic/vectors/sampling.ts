import { float64Array, int32Array } from './corpus.js';

/** Draws from a discrete distribution in constant time (Walker 1977; Vose 1991). */
export interface AliasTable {
  /** Share of each cell that is its own, times 2^32. */
  readonly own: Float64Array;
  /** Whose the rest of each cell is. */
  readonly other: Int32Array;
}

/** Table for probabilities in proportion to the weights, which are not negative and not all 0. */
export function aliasTable(weights: ArrayLike<number>, shared = false): AliasTable {
  const n = weights.length;
  const own = float64Array(n, shared);
  const other = int32Array(n, shared);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += weights[i]!;
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < n; i++) {
    own[i] = (weights[i]! / sum) * n;
    other[i] = i;
    (own[i]! < 1 ? small : large).push(i);
  }
  while (small.length > 0 && large.length > 0) {
    const less = small.pop()!;
    const more = large.at(-1)!;
    other[less] = more;
    own[more] = own[more]! + own[less]! - 1;
    if (own[more]! < 1) small.push(large.pop()!);
  }
  // What is left differs from 1 by rounding only.
  for (const i of [...small, ...large]) own[i] = 1;
  for (let i = 0; i < n; i++) own[i]! *= 4294967296;
  return { own, other };
}

/**
 * Chance of keeping an occurrence of each word, times 2^32 (Mikolov et al. 2013, in the form of word2vec's code):
 * √(t/f) + t/f for a word of frequency f, at most 1; all are kept where t is 0.
 */
export function keepChances(counts: ArrayLike<number>, t: number, shared = false): Float64Array {
  const keep = float64Array(counts.length, shared);
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  for (let i = 0; i < counts.length; i++) {
    const share = (t * total) / counts[i]!;
    keep[i] = t > 0 ? Math.min(1, Math.sqrt(share) + share) * 4294967296 : 4294967296;
  }
  return keep;
}

/** Paths from the root of a Huffman tree to its leaves: inner nodes and turns of leaf n from `starts[n]` on. */
export interface CodeTree {
  readonly starts: Int32Array;
  /** Inner nodes, numbered from 0; one fewer than leaves. */
  readonly nodes: Int32Array;
  /** 0 to the left, 1 to the right. */
  readonly turns: Int32Array;
}

/** The tree of word2vec and fastText. `counts` stand in descending order. Paths here go from leaf to root, as in fastText. */
export function codeTree(counts: ArrayLike<number>, shared = false): CodeTree {
  const n = counts.length;
  const count = new Float64Array(2 * n - 1).fill(1e15);
  for (let i = 0; i < n; i++) count[i] = counts[i]!;
  const parent = new Int32Array(2 * n - 1).fill(-1);
  const right = new Uint8Array(2 * n - 1);
  let leaf = n - 1;
  let node = n;
  for (let i = n; i < 2 * n - 1; i++) {
    const next = (): number => (leaf >= 0 && count[leaf]! < count[node]! ? leaf-- : node++);
    const a = next();
    const b = next();
    count[i] = count[a]! + count[b]!;
    parent[a] = i;
    parent[b] = i;
    right[b] = 1;
  }
  const starts = int32Array(n + 1, shared);
  const walk = (i: number, visit?: (inner: number, turn: number) => void): number => {
    let depth = 0;
    for (let at = i; parent[at]! >= 0; at = parent[at]!) {
      visit?.(parent[at]! - n, right[at]!);
      depth++;
    }
    return depth;
  };
  for (let i = 0; i < n; i++) starts[i + 1] = starts[i]! + walk(i);
  const nodes = int32Array(starts[n]!, shared);
  const turns = int32Array(starts[n]!, shared);
  for (let i = 0; i < n; i++) {
    let at = starts[i]!;
    walk(i, (inner, turn) => {
      nodes[at] = inner;
      turns[at++] = turn;
    });
  }
  return { starts, nodes, turns };
}

/** Longest path of a tree. */
export function longestPath({ starts }: CodeTree): number {
  let longest = 0;
  for (let i = 0; i + 1 < starts.length; i++) longest = Math.max(longest, starts[i + 1]! - starts[i]!);
  return longest;
}
