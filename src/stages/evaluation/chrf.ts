import { InvalidInput } from '../../base/core/index.js';

export interface ChrfOptions {
  /** Longest character n-gram, 6 by default. */
  readonly charOrder?: number;
  /** Weight of recall against precision, 2 by default. */
  readonly beta?: number;
}

/** A score from 0 to 100 and the settings that belong to it. */
export interface ChrfScore {
  readonly score: number;
  /** As sacreBLEU writes it, so that figures can be compared. */
  readonly signature: string;
}

// What Python's str.split() takes for white space; JavaScript's \s differs in five control characters and the BOM.
// oxlint-disable-next-line no-control-regex
const whitespace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;

/** n-grams of one order: their counts, and how many there are. */
interface Grams {
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
}

function gramsOf(text: string, charOrder: number): Grams[] {
  const characters = [...text.replace(whitespace, '')];
  return Array.from({ length: charOrder }, (_, i) => {
    const n = i + 1;
    const counts = new Map<string, number>();
    const total = Math.max(0, characters.length - n + 1);
    for (let start = 0; start < total; start++) {
      const gram = characters.slice(start, start + n).join('');
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
    return { counts, total };
  });
}

/** [hypothesis, reference, match] counts for each order, flat. */
function statisticsOf(hypothesis: readonly Grams[], reference: readonly Grams[]): number[] {
  return hypothesis.flatMap((grams, i) => {
    const other = reference[i]!;
    let matches = 0;
    for (const [gram, count] of grams.counts) matches += Math.min(count, other.counts.get(gram) ?? 0);
    // An order that the reference is too short for does not count against the hypothesis.
    return [other.total > 0 ? grams.total : 0, other.total, matches];
  });
}

function fScore(statistics: readonly number[], charOrder: number, beta: number): number {
  let precision = 0;
  let recall = 0;
  let orders = 0;
  for (let i = 0; i < charOrder; i++) {
    const [inHypothesis, inReference, matches] = statistics.slice(3 * i, 3 * i + 3) as [number, number, number];
    if (inHypothesis === 0 || inReference === 0) continue;
    precision += matches / inHypothesis;
    recall += matches / inReference;
    orders++;
  }
  if (orders === 0 || precision + recall === 0) return 0;
  precision /= orders;
  recall /= orders;
  const factor = beta * beta;
  return (100 * (1 + factor) * precision * recall) / (factor * precision + recall);
}

/**
 * chrF (Popović 2015) of a corpus as sacreBLEU computes it: character n-grams without white space, counts summed over
 * the corpus, effective order, the best-matching reference of each segment.
 */
export function chrF(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  { charOrder = 6, beta = 2 }: ChrfOptions = {},
): ChrfScore {
  if (hypotheses.length !== references.length || hypotheses.length === 0) {
    throw new InvalidInput(
      'metric.length',
      `chrF: expected as many lists of references as hypotheses, at least one, got ${references.length} and ${hypotheses.length}`,
    );
  }
  const sums = Array.from({ length: 3 * charOrder }, () => 0);
  hypotheses.forEach((hypothesis, i) => {
    const grams = gramsOf(hypothesis, charOrder);
    let best: readonly number[] | undefined;
    let bestScore = -1;
    for (const reference of references[i]!) {
      const statistics = statisticsOf(grams, gramsOf(reference, charOrder));
      const score = fScore(statistics, charOrder, beta);
      if (score > bestScore) {
        bestScore = score;
        best = statistics;
      }
    }
    if (!best) {
      throw new InvalidInput('metric.references', `chrF: expected references for segment ${i}, got none`, { index: i });
    }
    best.forEach((value, k) => (sums[k]! += value));
  });
  const counts = new Set(references.map((list) => list.length));
  const numReferences = counts.size === 1 ? String([...counts][0]) : 'var';
  return {
    score: fScore(sums, charOrder, beta),
    signature: `nrefs:${numReferences}|case:mixed|eff:yes|nc:${charOrder}|nw:0|space:no`,
  };
}
