import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OnProgress } from '../../../base/contract/index.js';
import type { Document } from '../document.js';
import { applyVerdict } from '../pipeline/apply-verdict.js';
import type { CorpusStep, Summary, Verdict } from '../pipeline/step.js';

export interface DeduplicateOptions {
  /** Folder for what does not fit into memory. Default: the system's. */
  readonly folder?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/**
 * Runs a corpus step over documents in this process and yields its verdicts, in ascending order of index. The documents
 * are read once; their summaries are kept in memory.
 */
export async function* verdictsOf(
  documents: AsyncIterable<Document> | Iterable<Document>,
  step: CorpusStep,
  { folder = tmpdir(), signal, onProgress }: DeduplicateOptions = {},
): AsyncGenerator<Verdict> {
  const summaries: Summary[] = [];
  for await (const document of documents) {
    signal?.throwIfAborted();
    const { id, source } = document;
    summaries.push({ index: summaries.length, id, source, bytes: step.summarize(document) });
  }
  const own = await mkdtemp(join(folder, 'abovo-dedup-'));
  try {
    const walk = async function* () {
      yield* summaries;
    };
    yield* step.decide(walk, { documents: summaries.length, folder: own, signal, onProgress });
  } finally {
    await rm(own, { recursive: true, force: true });
    await step.close?.();
  }
}

/** The documents that a step leaves, changed where it cuts something out. */
export async function deduplicate(
  documents: readonly Document[],
  step: CorpusStep,
  options: DeduplicateOptions = {},
): Promise<{ readonly kept: Document[]; readonly verdicts: Verdict[] }> {
  const verdicts: Verdict[] = [];
  for await (const verdict of verdictsOf(documents, step, options)) verdicts.push(verdict);
  const byIndex = new Map(verdicts.map((verdict) => [verdict.index, verdict]));
  const kept = documents.flatMap((document, index) => {
    const verdict = byIndex.get(index);
    if (!verdict) return [document];
    if (verdict.drop !== undefined) return [];
    return [applyVerdict(document, verdict)];
  });
  return { kept, verdicts };
}
