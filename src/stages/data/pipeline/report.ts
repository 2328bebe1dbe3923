import type { Amount, ReadCount, StepCount } from './counts.js';
import { addCounts, noCount, sorted } from './counts.js';
import type { Layout, Marker } from './layout.js';
import type { Pass } from './passes.js';
import type { Decision } from './protocol.js';
import type { PipelineSpec } from './spec.js';

export interface StepReport extends StepCount {
  /** Unique name: the second `language` of a pipeline is `language-2`. */
  readonly name: string;
  readonly kind: 'document' | 'corpus';
}

export interface SourceReport extends ReadCount {
  readonly name: string;
  readonly kind: string;
  /** Documents and bytes of the source in the result. */
  readonly kept: Amount;
}

/** File of the result, in the order of the corpus. */
export interface ShardReport extends Amount {
  readonly file: string;
  readonly source: string;
}

/** What a run of a pipeline did; a function of pipeline and data alone. Stands in `report.json`. */
export interface PipelineReport {
  readonly layout: number;
  /** Hash of the pipeline. */
  readonly digest: string;
  readonly documents: number;
  /** UTF-8 bytes of the texts of the result. */
  readonly bytes: number;
  readonly read: ReadCount;
  readonly sources: readonly SourceReport[];
  readonly steps: readonly StepReport[];
  /** Of the result, most bytes first. */
  readonly licences: ReadonlyArray<Amount & { readonly licence: string; readonly sources: readonly string[] }>;
  readonly languages: ReadonlyArray<Amount & { readonly language: string }>;
  /** Records that could not be read, and documents on which a step failed; what filters take out is none of it. */
  readonly failures: number;
  /** Lines of each file of rejects. */
  readonly rejects: Readonly<Record<string, number>>;
  readonly shards: readonly ShardReport[];
}

/** Time a run took, in processor-seconds of workers by step; beside the report, for no two runs have the same. */
export type PipelineTimes = Readonly<Record<string, number>>;

/** Adds up the markers of all passes. */
export function makeReport(
  spec: PipelineSpec,
  passes: readonly Pass[],
  markers: ReadonlyArray<readonly Marker[]>,
  decisions: ReadonlyMap<number, Decision>,
  { layout, digest }: { readonly layout: Layout; readonly digest: string },
  version: number,
): { readonly report: PipelineReport; readonly times: PipelineTimes } {
  const steps: Record<string, StepCount> = {};
  const times: Record<string, number> = {};
  const rejects: Record<string, number> = {};
  const sources = spec.sources.map(({ label, kind }) => ({
    name: label,
    kind,
    documents: 0,
    bytes: 0,
    rejects: 0,
    kept: { documents: 0, bytes: 0 },
  }));
  const licences: Record<string, Amount> = {};
  const languages: Record<string, Amount> = {};
  const licenceSources: Record<string, Set<string>> = {};
  const shards: ShardReport[] = [];
  for (const [i, list] of markers.entries()) {
    for (const marker of list) {
      addCounts(steps, marker.steps);
      addCounts(times, marker.seconds);
      for (const [step, { count }] of Object.entries(marker.rejects)) rejects[step] = (rejects[step] ?? 0) + count;
      if (i === 0) addCounts(sources[marker.source], marker.read);
      if (!passes[i].last) continue;
      const { documents, bytes, unit, part, source } = marker;
      addCounts(sources[source].kept, { documents, bytes });
      addCounts(licences, marker.licences);
      for (const licence of Object.keys(marker.licences))
        (licenceSources[licence] ??= new Set()).add(sources[source].name);
      addCounts(languages, marker.languages);
      if (marker.size === 0) continue;
      const file = layout
        .documents(i, unit, part, true)
        .slice(layout.folder.length + 1)
        .replaceAll('\\', '/');
      shards.push({ file, documents, bytes, source: sources[source].name });
    }
  }
  for (const pass of passes) {
    const decision = decisions.get(pass.number);
    if (pass.corpus && decision) times[pass.corpus.label] = (times[pass.corpus.label] ?? 0) + decision.seconds;
  }
  const read = { documents: 0, bytes: 0, rejects: 0 };
  for (const { documents, bytes, rejects: lost } of sources) addCounts(read, { documents, bytes, rejects: lost });
  const most = <K extends string>(amounts: Record<string, Amount>, key: K) =>
    Object.entries(amounts)
      .map(([name, amount]) => ({ [key]: name, ...amount }) as Record<K, string> & Amount)
      .sort((a, b) => b.bytes - a.bytes || (a[key] < b[key] ? -1 : 1));
  const failed = Object.values(steps).reduce((sum, count) => sum + count.failed, 0);
  const report: PipelineReport = {
    layout: version,
    digest,
    documents: shards.reduce((sum, shard) => sum + shard.documents, 0),
    bytes: shards.reduce((sum, shard) => sum + shard.bytes, 0),
    read,
    sources,
    steps: spec.steps.map(({ label, kind }) => ({ name: label, kind, ...sorted(steps[label] ?? noCount()) })),
    licences: most(licences, 'licence').map((amount) => ({ ...amount, sources: [...licenceSources[amount.licence]] })),
    languages: most(languages, 'language'),
    failures: read.rejects + failed,
    rejects: sorted(rejects),
    shards,
  };
  return { report, times: sorted(times) };
}
