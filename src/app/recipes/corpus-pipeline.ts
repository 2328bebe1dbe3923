import { join } from 'node:path';
import { InvalidInput, type Json, nearest } from '../../base/core/index.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import { type Document, planSplit } from '../../stages/data/index.js';
import {
  type PipelineReport,
  type PipelineSpec,
  completePipeline,
  pipelineIdentity,
  readOutput,
  runPipeline,
} from '../../stages/data/pipeline/index.js';
import { type SourceLicence, corpusFiles } from './corpus-module.js';
import { JsonLinesWriter } from './json-lines.js';
import type { BuildStage } from './run.js';
import type { Project } from './schema.js';

/** A pipeline over sources, found out before anything runs. */
export interface CorpusPipeline {
  readonly spec: PipelineSpec;
  /** What decides the corpus. */
  readonly config: Json;
  /** Bytes the sources will read, where all know. */
  readonly bytes: number | undefined;
  readonly by: string;
}

/** Looks at the sources of a project's pipeline. */
export async function inspectPipeline(folder: string, { data }: Project, seed: number): Promise<CorpusPipeline> {
  const spec = await completePipeline({ sources: data.sources!, steps: data.steps, seed }, folder);
  const { identity, bytes } = await pipelineIdentity(spec, folder);
  const by = data.split?.by ?? 'document';
  // A user's own step may write the cluster; of ours one does.
  const marks = ({ name, code, options }: PipelineSpec['steps'][number]) =>
    code !== undefined || (name === 'minHashDedup' && (options as { action?: string }).action === 'mark');
  if (by === 'cluster' && !spec.steps.some(marks)) {
    throw new InvalidInput(
      'project.invalid',
      'data.split.by: expected a step that names clusters of near-duplicates, got none; add minHashDedup: { action: mark } to data.steps',
    );
  }
  const labels = spec.sources.map(({ label }) => label);
  for (const key of ['weights', 'epochs'] as const) {
    for (const name of Object.keys(data.mix?.[key] ?? {})) {
      if (labels.includes(name)) continue;
      const near = nearest(name, labels);
      throw new InvalidInput(
        'project.invalid',
        `data.mix.${key}: there is no source "${name}"${near ? `; did you mean "${near}"?` : ''} Sources: ${labels.join(', ')}`,
      );
    }
  }
  // Names of modules are paths of this machine; their code is part of the pipeline already.
  return {
    spec,
    config: { pipeline: spec as unknown as Json, identity, by, score: data.mix?.score ?? null },
    bytes,
    by,
  };
}

/** What stays on one side of a split, as a key of a document. */
export function groupKey(by: string): (document: Document) => string {
  if (by === 'document') return ({ text }) => text;
  if (by === 'source') return ({ source }) => source;
  const field = by === 'cluster' ? 'cluster' : by.slice('metadata.'.length);
  return ({ metadata, text }) => {
    const value = metadata?.[field];
    return value === undefined || value === null ? text : `${field}\0${JSON.stringify(value)}`;
  };
}

/** Score of each document of `train.jsonl` as a float64, where there is a curriculum. */
export const scoresFile = 'train-scores.bin';

/** Refuses settings that name a field of the metadata which no document has: they would do nothing, silently. */
async function requireFields(
  run: string,
  report: PipelineReport,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const wanted = new Map(Object.entries(settings));
  if (wanted.size === 0) return;
  for await (const { metadata } of readOutput(run, report)) {
    for (const [key, path] of wanted) {
      if (metadata?.[path.slice('metadata.'.length)] !== undefined) wanted.delete(key);
    }
    if (wanted.size === 0) return;
  }
  const [[key, path]] = wanted;
  throw new InvalidInput(
    'project.invalid',
    `${key}: no document has ${JSON.stringify(path.slice('metadata.'.length))} in its metadata; name it in metadataFields of the source, or let a step write it`,
  );
}

/** Documents of each source in `train.jsonl`, in the order they stand there: what a mixture goes by. */
export interface SourceRange {
  readonly source: string;
  readonly documents: number;
  readonly bytes: number;
}

/** Runs the pipeline of a project and splits its result. The run's folder survives a kill, and is gone on with. */
export async function corpusOfPipeline(
  pipeline: CorpusPipeline,
  [{ folder, scratch, signal }, { plan, onProgress, note }]: Parameters<BuildStage>,
): Promise<{
  readonly report: PipelineReport;
  readonly metrics: Record<string, Json>;
  readonly licences: readonly SourceLicence[];
  readonly notes: readonly string[];
  readonly openings: readonly string[];
}> {
  const { data } = plan.project;
  const { seed } = plan.shape;
  const run = join(scratch, 'pipeline');
  const { report, times } = await runPipeline({
    sources: data.sources!,
    steps: data.steps,
    seed,
    folder: run,
    projectFolder: plan.folder,
    workers: data.workers,
    signal,
    onProgress,
    note,
  });
  const groupOf = groupKey(pipeline.by);
  await requireFields(run, report, {
    ...(pipeline.by.startsWith('metadata.') && { 'data.split.by': pipeline.by }),
    ...(data.mix?.score && { 'data.mix.score': data.mix.score }),
  });
  const { heldOutShare: heldOut, validationShare: validation } = plan.source.split!;
  const splitOf = await planSplit(readOutput(run, report), { heldOut, validation }, { seed, groupOf });
  const writers = {
    train: await JsonLinesWriter.create(join(folder, corpusFiles.train)),
    validation: await JsonLinesWriter.create(join(folder, corpusFiles.validation)),
    heldOut: await JsonLinesWriter.create(join(folder, corpusFiles.heldOut)),
  };
  const bytes = { train: 0, validation: 0, heldOut: 0 };
  const ranges: { source: string; documents: number; bytes: number }[] = [];
  const openings: string[] = [];
  const field = data.mix?.score?.slice('metadata.'.length);
  const scores: number[] = [];
  try {
    for (const shard of report.shards) {
      for await (const document of readOutput(run, { ...report, shards: [shard] })) {
        signal.throwIfAborted();
        // Steps may have left nothing of a text.
        if (document.text.trim() === '') continue;
        const split = splitOf(groupOf(document)) as keyof typeof writers;
        const size = Buffer.byteLength(document.text);
        bytes[split] += size;
        await writers[split].add({ id: document.id, text: document.text });
        if (split === 'heldOut' && openings.length < 64) openings.push(document.text);
        if (split !== 'train') continue;
        if (ranges.at(-1)?.source !== shard.source) ranges.push({ source: shard.source, documents: 0, bytes: 0 });
        const range = ranges.at(-1)!;
        range.documents++;
        range.bytes += size;
        const score = field === undefined ? undefined : document.metadata?.[field];
        if (field !== undefined) scores.push(typeof score === 'number' ? score : Number.NaN);
      }
    }
  } finally {
    for (const writer of Object.values(writers)) await writer.close();
  }
  if (field !== undefined) {
    await writeFileAtomic(join(folder, scoresFile), new Uint8Array(Float64Array.from(scores).buffer));
  }
  if (writers.train.lines === 0) throw new InvalidInput('data.empty', 'corpus: no document is left to train on');
  if (report.failures > 0) {
    note(`corpus: ${report.failures} records could not be read or worked on; see report.json in the artifact`);
  }
  const licences = report.licences.map(({ licence, sources }) => ({ source: sources.join(', '), licence }));
  return {
    report,
    metrics: {
      trainingDocuments: writers.train.lines,
      validationDocuments: writers.validation.lines,
      heldOutDocuments: writers.heldOut.lines,
      trainingBytes: bytes.train,
      validationBytes: bytes.validation,
      heldOutBytes: bytes.heldOut,
      rejects: report.failures,
      ranges: ranges as unknown as Json,
      pipeline: { ...report, shards: report.shards.length } as unknown as Json,
      seconds: times as Json,
    },
    licences,
    notes: [
      ...report.licences.map(
        ({ licence, documents, bytes: size }) => `${licence}: ${documents} documents, ${size} bytes of text.`,
      ),
      `Documents are split by ${pipeline.by === 'document' ? 'a hash of their text, so equal documents' : `${pipeline.by}, so documents that share it`} fall into the same split.`,
    ],
    openings,
  };
}
