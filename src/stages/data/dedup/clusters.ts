import type { DecideContext, Summary, Verdict } from '../pipeline/step.js';
import type { CopyAction } from './keep.js';
import type { RecordSorter } from './record-sorter.js';
import { UnionFind } from './union-find.js';

/** Ids of kept copies that are remembered to name them in verdicts; beyond them a number says which. */
const mostNames = 1_000_000;

/** Verdicts of clusters: all but the best of each go, or all are marked. Walks the summaries once more, for their ids. */
export async function* clusterVerdicts(
  summaries: () => AsyncIterable<Summary>,
  clusters: UnionFind,
  scores: Float64Array,
  rule: string,
  action: CopyAction = 'drop',
): AsyncGenerator<Verdict> {
  const documents = scores.length;
  const best = new Uint32Array(documents);
  const copied = new Uint8Array(documents);
  for (let i = 0; i < documents; i++) best[i] = i;
  for (let i = 0; i < documents; i++) {
    const root = clusters.find(i);
    if (root === i) continue;
    copied[root] = 1;
    if (scores[i] > scores[best[root]]) best[root] = i;
  }
  const names = new Map<number, string>();
  for await (const { index, id } of summaries()) {
    const root = clusters.find(index);
    if (copied[root] && best[root] === index && names.size < mostNames) names.set(index, id);
  }
  for (let index = 0; index < documents; index++) {
    const root = clusters.find(index);
    if (!copied[root]) continue;
    const kept = best[root];
    const name = names.get(kept) ?? `document ${kept}`;
    if (action === 'mark') yield { index, metadata: { cluster: name } };
    else if (kept !== index) yield { index, drop: rule, detail: `copy of ${name}` };
  }
}

/** Joins documents that stand next to each other in sorted records with equal keys (two words), the index in the third. */
export async function uniteEqualKeys(sorter: RecordSorter, clusters: UnionFind, { signal }: DecideContext) {
  let first = -1;
  let high = -1;
  let low = -1;
  for await (const block of sorter.sorted()) {
    signal?.throwIfAborted();
    for (let at = 0; at < block.length; at += 3) {
      if (first >= 0 && block[at] === high && block[at + 1] === low) clusters.union(first, block[at + 2]);
      else {
        high = block[at];
        low = block[at + 1];
        first = block[at + 2];
      }
    }
  }
}
