import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Artifact } from '../../base/artifact/index.node.js';
import type { BatchSource } from '../../base/contract/index.js';
import { InternalError } from '../../base/core/index.js';
import {
  type PackOptions,
  type TokenDocuments,
  mixDocuments,
  packDocuments,
  selectDocuments,
  sequenceBatches,
  stagesByScore,
} from '../../stages/data/index.js';
import { type SourceRange, scoresFile } from './corpus-pipeline.js';
import type { Project } from './schema.js';

/** Training batches as `data.mix` wants them: sources by weight, temperature or epochs, and stages by score. */
export function mixedBatches(
  documents: TokenDocuments,
  corpus: Artifact | undefined,
  { data }: Project,
  pack: PackOptions,
): BatchSource {
  const { mix } = data;
  if (!mix || !corpus) return packDocuments(documents, pack);
  const indexes = sourceIndexes(documents, corpus.manifest.metrics.ranges as unknown as readonly SourceRange[]);
  const { temperature, weights, epochs, score, stages = 4 } = mix;
  const scores = score === undefined ? undefined : readScores(join(corpus.folder, scoresFile));
  const mixture = mixDocuments(
    [...indexes].map(([name, list]) => ({
      name,
      documents: selectDocuments(documents, list),
      ...(weights && { weight: weights[name] ?? 0 }),
      ...(epochs && { epochs: epochs[name] ?? 1 }),
    })),
    { temperature, seed: pack.seed },
  );
  if (!scores) return packDocuments(mixture, pack);
  const mixed = Float64Array.from(
    { length: mixture.count },
    (_, i) => scores[(indexes.get(mixture.partOf(i)) as Int32Array)[mixture.indexOf(i)]],
  );
  const packed = stagesByScore(mixture, mixed, stages).map((stage, i) =>
    packDocuments(stage, { ...pack, seed: (pack.seed ?? 0) + i }),
  );
  return sequenceBatches(packed);
}

/** Documents of each source, by their place in the shards. */
function sourceIndexes(documents: TokenDocuments, ranges: readonly SourceRange[]): ReadonlyMap<string, Int32Array> {
  const total = ranges.reduce((sum, range) => sum + range.documents, 0);
  if (total !== documents.count) {
    throw new InternalError('mix.ranges', `sources have ${total} documents of training, shards ${documents.count}`);
  }
  const lists = new Map<string, number[]>();
  let at = 0;
  for (const { source, documents: count } of ranges) {
    const list = lists.get(source) ?? [];
    for (let i = 0; i < count; i++) list.push(at++);
    lists.set(source, list);
  }
  return new Map([...lists].map(([source, list]) => [source, Int32Array.from(list)]));
}

function readScores(path: string): Float64Array {
  const bytes = readFileSync(path);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
