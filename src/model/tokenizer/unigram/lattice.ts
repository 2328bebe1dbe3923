import { InvalidInput } from '../../../base/core/index.js';
import { CELL, type Trie } from './trie.js';

/** What decides the segmentations of a text: pieces and scores. */
export interface Pieces {
  readonly trie: Trie;
  readonly scores: Float64Array;
  readonly unkScore: number;
  readonly unkId: number;
}

/** A segmentation: pieces (unknown characters one by one) and where in the stretch each ends. */
export interface Path {
  readonly ids: number[];
  readonly ends: number[];
  readonly score: number;
}

/** Most places kept for the best segmentations of one stretch. */
const mostKept = 1 << 23;

/** Pieces that begin at one place; used again for each. */
class Edges {
  readonly ends: number[] = [];
  readonly ids: number[] = [];
  readonly scores: number[] = [];
  readonly #pieces: Pieces;

  constructor(pieces: Pieces) {
    this.#pieces = pieces;
  }

  get length(): number {
    return this.ids.length;
  }

  /** Those of text[start + at, start + length). A character that is no piece counts as unknown. */
  from(text: string, start: number, at: number, length: number): void {
    const { trie, scores, unkScore, unkId } = this.#pieces;
    const { cells, codes } = trie;
    this.ends.length = this.ids.length = this.scores.length = 0;
    let after = at + 1;
    const pair = after < length && (text.charCodeAt(start + at) & 0xfc00) === 0xd800;
    if (pair && (text.charCodeAt(start + after) & 0xfc00) === 0xdc00) after++;
    let single = false;
    let node = 0;
    for (let to = at; to < length; ) {
      const code = codes[text.charCodeAt(start + to)];
      const next = cells[CELL * node] + code;
      if (code === 0 || cells[CELL * next + 1] !== node) break;
      node = next;
      to++;
      const id = cells[CELL * node + 2];
      if (id < 0) continue;
      this.#push(to, id, scores[id]);
      if (to === after) single = true;
    }
    if (!single) this.#push(after, unkId, unkScore);
  }

  #push(end: number, id: number, score: number): void {
    this.ends.push(end);
    this.ids.push(id);
    this.scores.push(score);
  }
}

interface Ranked {
  readonly scores: number[];
  readonly ids: number[];
  /** Where the last piece begins, and the rank there of what comes before it. */
  readonly from: number[];
  readonly ranks: number[];
}

/**
 * The `most` best segmentations of text[start, end), best first: Viterbi's algorithm with that many best ones at each place.
 * Errors: `InvalidInput` where text and `most` are too large together.
 */
export function bestPaths(pieces: Pieces, text: string, start: number, end: number, most: number): Path[] {
  const length = end - start;
  if (most * (length + 1) > mostKept) {
    throw new InvalidInput(
      'tokenizer.nbest',
      `best segmentations: expected at most ${Math.floor(mostKept / (length + 1))} for ${length} characters, got ${most}; ask for fewer or cut the text`,
    );
  }
  const edges = new Edges(pieces);
  const places: (Ranked | undefined)[] = Array.from({ length: length + 1 });
  places[0] = { scores: [0], ids: [-1], from: [-1], ranks: [-1] };
  for (let at = 0; at < length; at++) {
    const here = places[at];
    if (!here) continue;
    edges.from(text, start, at, length);
    for (let edge = 0; edge < edges.length; edge++) {
      const there = (places[edges.ends[edge]] ??= { scores: [], ids: [], from: [], ranks: [] });
      for (let rank = 0; rank < here.scores.length; rank++) {
        if (!insert(there, here.scores[rank] + edges.scores[edge], edges.ids[edge], at, rank, most)) break;
      }
    }
  }
  const last = places[length] as Ranked;
  return last.scores.map((score, first) => {
    const ids: number[] = [];
    const ends: number[] = [];
    for (let at = length, rank = first; at > 0; ) {
      const { ids: known, from, ranks } = places[at] as Ranked;
      ids.push(known[rank]);
      ends.push(at);
      [at, rank] = [from[rank], ranks[rank]];
    }
    return { ids: ids.reverse(), ends: ends.reverse(), score };
  });
}

/** False where the score is not among the best `most`. Of equal ones the first stays before. */
function insert(list: Ranked, score: number, id: number, from: number, rank: number, most: number): boolean {
  const { scores } = list;
  if (scores.length === most && score <= scores[most - 1]) return false;
  let at = scores.length;
  while (at > 0 && scores[at - 1] < score) at--;
  scores.splice(at, 0, score);
  list.ids.splice(at, 0, id);
  list.from.splice(at, 0, from);
  list.ranks.splice(at, 0, rank);
  if (scores.length > most) for (const column of [scores, list.ids, list.from, list.ranks]) column.pop();
  return true;
}

/** One of all segmentations of text[start, end), each as likely as its probability to the power of `alpha`. */
export function drawnPath(
  pieces: Pieces,
  text: string,
  start: number,
  end: number,
  alpha: number,
  random: () => number,
): Path {
  const length = end - start;
  const edges = new Edges(pieces);
  // Logarithm of the sum over all segmentations of the rest of the text.
  const rest = new Float64Array(length + 1);
  for (let at = length - 1; at >= 0; at--) {
    edges.from(text, start, at, length);
    let most = -Infinity;
    for (let i = 0; i < edges.length; i++) most = Math.max(most, alpha * edges.scores[i] + rest[edges.ends[i]]);
    let sum = 0;
    for (let i = 0; i < edges.length; i++) sum += Math.exp(alpha * edges.scores[i] + rest[edges.ends[i]] - most);
    rest[at] = most + Math.log(sum);
  }
  const ids: number[] = [];
  const ends: number[] = [];
  let score = 0;
  for (let at = 0; at < length; ) {
    edges.from(text, start, at, length);
    let left = random();
    let edge = 0;
    for (; edge + 1 < edges.length; edge++) {
      left -= Math.exp(alpha * edges.scores[edge] + rest[edges.ends[edge]] - rest[at]);
      if (left < 0) break;
    }
    ids.push(edges.ids[edge]);
    score += edges.scores[edge];
    at = edges.ends[edge];
    ends.push(at);
  }
  return { ids, ends, score };
}

/** One of these, each as likely as its probability to the power of `alpha`. */
export function drawnOf(paths: readonly Path[], alpha: number, random: () => number): Path {
  const weights = paths.map(({ score }) => Math.exp(alpha * (score - paths[0].score)));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  let index = 0;
  while (index + 1 < paths.length && (left -= weights[index]) >= 0) index++;
  return paths[index];
}
