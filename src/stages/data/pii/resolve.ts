import type { Span } from './types.js';

/** Keeps the better of any two spans that overlap: the higher score, then the longer, then the earlier. */
export function resolveOverlaps(spans: readonly Span[]): Span[] {
  const byPlace = [...spans].sort((a, b) => a.start - b.start || b.end - a.end);
  const kept: Span[] = [];
  for (let i = 0; i < byPlace.length; ) {
    // A cluster of spans that hang together is resolved by itself.
    let j = i;
    let end = byPlace[i].end;
    while (j + 1 < byPlace.length && byPlace[j + 1].start < end) end = Math.max(end, byPlace[++j].end);
    if (j === i) kept.push(byPlace[i]);
    else kept.push(...best(byPlace.slice(i, j + 1)));
    i = j + 1;
  }
  return kept;
}

function best(cluster: readonly Span[]): Span[] {
  const ranked = [...cluster].sort(
    (a, b) => b.score - a.score || b.end - b.start - (a.end - a.start) || a.start - b.start,
  );
  // Chosen spans in order of place; a binary search keeps a long cluster from costing the square of its length.
  const chosen: Span[] = [];
  for (const span of ranked) {
    let low = 0;
    for (let high = chosen.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (chosen[middle].start < span.start) low = middle + 1;
      else high = middle;
    }
    const left = chosen[low - 1];
    const right = chosen[low];
    if ((left && left.end > span.start) || (right && right.start < span.end)) continue;
    chosen.splice(low, 0, span);
  }
  return chosen;
}
