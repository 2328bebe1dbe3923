import type { Summary, Verdict } from '../pipeline/step.js';
import type { RecordSorter } from './record-sorter.js';

/**
 * Hands the ranges [start, end) of each document, united where they touch, to `verdict`, together with its summary. The
 * sorter's records are document, start, end.
 */
export async function* rangesByDocument(
  sorter: RecordSorter,
  summaries: () => AsyncIterable<Summary>,
  verdict: (summary: Summary, ranges: [number, number][]) => Verdict | undefined,
): AsyncGenerator<Verdict> {
  const groups = documentRanges(sorter);
  let next = await groups.next();
  if (next.done) return;
  try {
    for await (const summary of summaries()) {
      if (summary.index !== next.value.index) continue;
      const result = verdict(summary, next.value.ranges);
      if (result) yield result;
      next = await groups.next();
      if (next.done) return;
    }
  } finally {
    await groups.return(undefined as never);
  }
}

async function* documentRanges(
  sorter: RecordSorter,
): AsyncGenerator<{ readonly index: number; readonly ranges: [number, number][] }> {
  let index = -1;
  let ranges: [number, number][] = [];
  for await (const block of sorter.sorted()) {
    for (let at = 0; at < block.length; at += 3) {
      if (block[at] !== index) {
        if (index >= 0) yield { index, ranges };
        index = block[at];
        ranges = [];
      }
      const last = ranges.at(-1);
      if (last && block[at + 1] <= last[1]) last[1] = Math.max(last[1], block[at + 2]);
      else ranges.push([block[at + 1], block[at + 2]]);
    }
  }
  if (index >= 0) yield { index, ranges };
}
