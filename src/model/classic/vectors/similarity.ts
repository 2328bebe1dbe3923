import { InvalidInput } from '../../../base/core/index.js';
import { spellings } from './analogy.js';
import type { AnalogyOptions } from './analogy.js';
import type { WordVectors } from './word-vectors.js';

/** Two words or texts and how alike people find them. */
export type SimilarityPair = readonly [a: string, b: string, score: number];

export interface SimilarityScore {
  /** Correlation of ranks; ties have the mean of their ranks. NaN where fewer than two pairs have vectors. */
  readonly spearman: number;
  readonly pearson: number;
  /** Pairs with vectors for both words. */
  readonly pairs: number;
  /** Pairs left out because a word has none. */
  readonly unknown: number;
}

/** Fields of a JSON line: what the datasets of sentence pairs call them, and shorter. */
const pairFields = ['sentence1', 'sentence2', 'a', 'b', 'score'] as const;

/** One pair from a line of JSON, or undefined where it is none. */
function pairOfJson(line: string): SimilarityPair | undefined {
  let record: Partial<Record<(typeof pairFields)[number], unknown>> | null;
  try {
    record = JSON.parse(line) as typeof record;
  } catch {
    return undefined;
  }
  const [a, b, score] = [record?.sentence1 ?? record?.a, record?.sentence2 ?? record?.b, record?.score];
  const whole = typeof a === 'string' && typeof b === 'string' && typeof score === 'number' && Number.isFinite(score);
  return whole ? [a, b, score] : undefined;
}

function pairOfTabs(line: string): SimilarityPair | undefined {
  const [a, b, score, ...rest] = line.split('\t');
  if (!a || !b || !score?.trim() || rest.length > 0 || !Number.isFinite(Number(score))) return undefined;
  return [a, b, Number(score)];
}

/**
 * Reads pairs of words or texts that people have judged, one a line: both and a number between tabs, or JSON with
 * `sentence1`, `sentence2` (or `a`, `b`) and `score`. Lines that begin with # are remarks. Throws `InvalidInput`.
 */
export function parseSimilarities(text: string): SimilarityPair[] {
  const pairs: SimilarityPair[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const pair = line.startsWith('{') ? (pairOfJson(line) ?? pairOfTabs(line)) : pairOfTabs(line);
    if (!pair) {
      throw new InvalidInput(
        'vectors.similarities',
        `similarities line ${i + 1}: expected two words and a number between tabs, or JSON with "sentence1", "sentence2" and "score", got ${JSON.stringify(line.slice(0, 80))}`,
        { line: i + 1 },
      );
    }
    pairs.push(pair);
  }
  return pairs;
}

/** Correlations of two lists of equal length: of ranks (ties have the mean of their ranks), and of the numbers themselves. */
export function correlations(
  ours: readonly number[],
  theirs: readonly number[],
): { spearman: number; pearson: number } {
  return { spearman: pearson(ranks(ours), ranks(theirs)), pearson: pearson(ours, theirs) };
}

/** Correlation of the cosines of pairs of words with the judgement of people. Options as for analogies. */
export function scoreSimilarities(
  vectors: WordVectors,
  pairs: readonly SimilarityPair[],
  { restrict = 300_000, ignoreCase = true }: AnalogyOptions = {},
): SimilarityScore {
  const { fold, rows } = spellings(vectors.words, restrict, ignoreCase);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (const [a, b, score] of pairs) {
    const rowA = rows.get(fold(a));
    const rowB = rows.get(fold(b));
    if (rowA === undefined || rowB === undefined) continue;
    ours.push(cosine(vectors.row(rowA), vectors.row(rowB)));
    theirs.push(score);
  }
  return {
    ...correlations(ours, theirs),
    pairs: ours.length,
    unknown: pairs.length - ours.length,
  };
}

/** Cosine of the angle between two vectors; 0 where one is 0. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return aa > 0 && bb > 0 ? ab / (Math.sqrt(aa) * Math.sqrt(bb)) : 0;
}

/** Ranks from 1; equal values have the mean of their ranks. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = Array.from({ length: values.length }, () => 0);
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && values[order[end]!] === values[order[i]!]) end++;
    for (let k = i; k < end; k++) result[order[k]!] = (i + 1 + end) / 2;
    i = end;
  }
  return result;
}

/** Product-moment correlation. */
export function pearson(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]): number => x.reduce((sum, v) => sum + v, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
