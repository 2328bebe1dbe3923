import { existsSync } from 'node:fs';
import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { OnProgress } from '../../../base/contract/index.js';
import { InvalidInput, type Json, Unavailable } from '../../../base/core/index.js';
import { writeFileAtomic } from '../../../base/core/index.node.js';
import { Crew } from './crew.js';
import { finishRun } from './finish.js';
import { Layout, type Marker, layoutVersion, readState } from './layout.js';
import { lead } from './lead.js';
import { PassRunner } from './pass-runner.js';
import { planPasses } from './passes.js';
import type { Decision, SummaryPart, WorkerSettings } from './protocol.js';
import type { PipelineReport, PipelineTimes } from './report.js';
import type { SourceTask } from './source.js';
import { type PipelineInput, type PipelineSpec, completePipeline, specDigest } from './spec.js';
import { type Unit, planUnits } from './units.js';
import { makeSource } from './make.js';

/** Part `index` (from 1) of `count` processes that share a folder. */
export interface ShardChoice {
  readonly index: number;
  readonly count: number;
}

export interface PipelineOptions extends PipelineInput {
  /** Folder of the run: shared by all processes of it; what is there is gone on with. */
  readonly folder: string;
  /** Where relative paths and modules start. Default: the current folder. */
  readonly projectFolder?: string;
  /** Worker processes. Default: one a core. 0: in this process, which a step may then end. */
  readonly workers?: number;
  readonly shard?: ShardChoice;
  /** Pack the result (`shards/*.jsonl.gz`). */
  readonly gzip?: boolean;
  /** Keep the texts of what is taken out in the files of rejects. */
  readonly rejectText?: boolean;
  /** Keep what passes wrote when the run is complete. */
  readonly keepPasses?: boolean;
  /** JavaScript heap of a worker, in MB. Default 1024. */
  readonly memoryMB?: number;
  /** JavaScript heap of the process that decides for corpus steps. Default 4096. */
  readonly decideMemoryMB?: number;
  /** Longest time for one document, in seconds; then its worker is ended. Default 60. */
  readonly documentSeconds?: number;
  /** Texts of a part, in UTF-8 bytes (default 16 MB) and documents (default 65,536): what a kill costs at most. */
  readonly partBytes?: number;
  readonly partDocuments?: number;
  /** Bytes of tasks that are worked on together. Default: a 256th of all, 1 to 64 MB. */
  readonly unitBytes?: number;
  /** A process that gives no sign of life for so long is replaced as leader. Default 15. */
  readonly staleSeconds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly note?: (text: string) => void;
}

export interface PipelineResult {
  readonly folder: string;
  readonly report: PipelineReport;
  readonly times: PipelineTimes;
}

/** What the first process of a run settles for all. */
interface Settled {
  readonly layout: number;
  readonly digest: string;
  readonly gzip: boolean;
  readonly keepText: boolean;
  readonly partBytes: number;
  readonly partDocuments: number;
  readonly unitBytes: number | null;
  readonly spec: PipelineSpec;
}

/** Puts a file where none is; what another process put there first stays. */
async function publishOnce(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function settle(layout: Layout, spec: PipelineSpec, options: PipelineOptions): Promise<Settled> {
  const mine: Settled = {
    layout: layoutVersion,
    digest: specDigest(spec),
    gzip: options.gzip ?? false,
    keepText: options.rejectText ?? false,
    partBytes: options.partBytes ?? 16_000_000,
    partDocuments: options.partDocuments ?? 65_536,
    unitBytes: options.unitBytes ?? null,
    spec,
  };
  if (!existsSync(layout.settings)) await publishOnce(layout.settings, `${JSON.stringify(mine, null, 2)}\n`);
  const settled = (await readState<Settled>(layout.settings))!;
  const keys = ['layout', 'digest', 'gzip', 'keepText', 'partBytes', 'partDocuments', 'unitBytes'] as const;
  const other = keys.find((key) => settled[key] !== mine[key]);
  if (other) {
    throw new InvalidInput(
      'pipeline.folder',
      `pipeline: ${layout.folder} holds a run of another pipeline (${other} differs); choose another folder or delete it`,
      { folder: layout.folder, key: other },
    );
  }
  return settled;
}

/** The tasks of every source, listed once for all processes and cut into units. */
async function listUnits(
  layout: Layout,
  settings: WorkerSettings,
  unitBytes: number | null,
  { staleMs, signal, onWait }: { staleMs: number; signal?: AbortSignal; onWait: (holder: string) => void },
): Promise<readonly Unit[]> {
  const isDone = async (): Promise<boolean> => existsSync(layout.tasks);
  await lead(layout.lock('tasks'), { isDone, staleMs, signal, onWait }, async () => {
    const lists: (readonly SourceTask[])[] = [];
    for (const [i, { label }] of settings.spec.sources.entries()) {
      const source = await makeSource(settings, i, signal);
      try {
        const tasks = await source.tasks(signal);
        const ids = new Set(tasks.map(({ id }) => id));
        if (ids.size < tasks.length) {
          throw new InvalidInput('pipeline.tasks', `pipeline: source ${label} lists a task twice`, { source: label });
        }
        lists.push(tasks);
      } finally {
        await source.close?.();
      }
    }
    await writeFileAtomic(layout.tasks, JSON.stringify(planUnits(lists, unitBytes ?? undefined)));
  });
  return (await readState<Unit[]>(layout.tasks))!;
}

function checkOptions({ workers, shard, partBytes, partDocuments, unitBytes }: PipelineOptions): void {
  const bad = (what: string, got: unknown): never => {
    throw new InvalidInput('pipeline.options', `pipeline: expected ${what}, got ${String(got)}`);
  };
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 0)) bad('workers of 0 or more', workers);
  for (const [name, value] of Object.entries({ partBytes, partDocuments, unitBytes })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) bad(`${name} of 1 or more`, value);
  }
  if (!shard) return;
  const { index, count } = shard;
  if (!(Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count)) {
    bad('shard i/n with 1 <= i <= n', `${index}/${count}`);
  }
}

/**
 * Runs a pipeline, or goes on with it: sources are read, documents go through the steps in worker processes, the result is
 * written as numbered files of JSON lines. What is written does not depend on the number of workers or machines, on timing,
 * or on how often a process was killed. Memory holds no more than a part of each worker.
 *
 * Errors: `InvalidInput` for a pipeline that is wrong (every mistake at once) and for sources without a document;
 * `Unavailable` where a source or the disk fails: what is finished stays, and the same call goes on.
 */
export async function runPipeline(options: PipelineOptions): Promise<PipelineResult> {
  checkOptions(options);
  const { shard = { index: 1, count: 1 }, onProgress = () => undefined, note = () => undefined, signal } = options;
  const projectFolder = resolve(options.projectFolder ?? '.');
  const folder = resolve(options.folder);
  const spec = await completePipeline(options, projectFolder);
  await mkdir(folder, { recursive: true });
  const layout = new Layout(folder, options.gzip ?? false);
  const { digest, keepText, gzip, partBytes, partDocuments, unitBytes } = await settle(layout, spec, options);
  const passes = planPasses(spec);
  const settings: WorkerSettings = {
    spec,
    passes,
    folder,
    projectFolder,
    gzip,
    keepText,
    partBytes,
    partDocuments,
  };
  const staleMs = (options.staleSeconds ?? 15) * 1000;
  const onWait = (what: string) => (holder: string) =>
    onProgress({ stage: `wait: ${holder} ${what}`, done: 0, total: 1, unit: 'results' });
  const complete = async (): Promise<boolean> => existsSync(layout.report);
  if (!(await complete())) {
    const units = await listUnits(layout, settings, unitBytes, { staleMs, signal, onWait: onWait('lists the tasks') });
    const slots = await mkdtemp(join(tmpdir(), 'abovo-pipeline-'));
    const common = { slots, documentSeconds: options.documentSeconds ?? 60 };
    const workers = options.workers ?? availableParallelism();
    const crew = new Crew(settings, { ...common, workers, memoryMB: options.memoryMB ?? 1024 });
    const judge = new Crew(settings, {
      ...common,
      workers: Math.min(1, workers),
      memoryMB: options.decideMemoryMB ?? 4096,
    });
    try {
      const decisions = new Map<number, Decision>();
      const markers: (readonly Marker[])[] = [];
      for (const pass of passes) {
        const runner = new PassRunner({
          layout,
          pass,
          passes,
          units,
          decisions,
          shard,
          crew,
          onProgress,
          note,
          signal,
        });
        const input = pass.input === undefined ? undefined : markers[pass.input];
        markers.push(await runner.run(input));
        if (await complete()) break;
        if (!pass.corpus) continue;
        const parts: SummaryPart[] = markers[pass.number]!.map(({ unit, part, summaries }) => ({
          unit,
          part,
          count: summaries ?? 0,
        }));
        const isDone = async (): Promise<boolean> => existsSync(layout.decision(pass.number));
        const waits = { isDone, staleMs, signal, onWait: onWait(`decides for ${pass.corpus.label}`) };
        await lead(layout.lock(`decide-${pass.number}`), waits, async () => {
          const scratch = await mkdtemp(join(folder, `scratch-${pass.number}-`));
          await judge.run(
            [{ kind: 'decide', pass: pass.number, parts, scratch }],
            deciding(pass.corpus!.label, onProgress),
            signal,
          );
        });
        decisions.set(pass.number, (await readState<Decision>(layout.decision(pass.number)))!);
      }
      const waits = { isDone: complete, staleMs, signal, onWait: onWait('writes the report') };
      await lead(layout.lock('finish'), waits, () =>
        finishRun(layout, spec, passes, markers, decisions, digest, options.keepPasses ?? false),
      );
    } catch (error) {
      // Another process may have finished the run, and taken away what this one still read.
      if (!(await complete())) throw error;
    } finally {
      await crew.close();
      await judge.close();
      await rm(slots, { recursive: true, force: true });
    }
  }
  const report = (await readState<PipelineReport>(layout.report))!;
  const times = (await readState<PipelineTimes>(layout.times)) ?? {};
  return { folder, report, times };
}

/** What is done while a corpus step decides: nothing of it may be lost, so a crash ends the run. */
function deciding(label: string, onProgress: OnProgress): Parameters<Crew['run']>[1] {
  return {
    message: (_job, _worker, message) => {
      if (message.type !== 'deciding') return;
      const { stage, ...rest } = message.progress;
      onProgress({ ...rest, stage: stage.includes(label) ? stage : `${label}: ${stage}` });
    },
    crashed: ({ reason }) =>
      Promise.reject(
        new Unavailable(
          'pipeline.decide',
          `pipeline: ${label}: its process ${reason}; give it more memory and run again`,
          {
            step: label,
            reason,
          },
        ),
      ),
    unavailable: (_job, error) => {
      throw error;
    },
  };
}

/** What decides the data of a pipeline's sources, for an address: hashes where the source knows them, else its tasks. */
export async function pipelineIdentity(
  spec: PipelineSpec,
  projectFolder: string,
  signal?: AbortSignal,
): Promise<{ readonly identity: Json; readonly bytes: number | undefined; readonly tasks: number }> {
  const identity: Json[] = [];
  let bytes: number | undefined = 0;
  let count = 0;
  for (let i = 0; i < spec.sources.length; i++) {
    const source = await makeSource({ spec, projectFolder }, i, signal);
    try {
      const tasks = await source.tasks(signal);
      count += tasks.length;
      for (const task of tasks)
        bytes = bytes === undefined || task.bytes === undefined ? undefined : bytes + task.bytes;
      identity.push((await source.identity?.(signal)) ?? (tasks as unknown as Json));
    } finally {
      await source.close?.();
    }
  }
  return { identity, bytes, tasks: count };
}
