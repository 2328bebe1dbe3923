import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidInput } from '../../../base/core/index.js';
import { syncFolder, writeFileAtomic } from '../../../base/core/index.node.js';
import { Layout, type Marker, layoutVersion } from './layout.js';
import type { Pass } from './passes.js';
import type { Decision } from './protocol.js';
import { makeReport } from './report.js';
import type { PipelineSpec } from './spec.js';

/** One JSONL of rejects for each step and source, in the order of the corpus. */
async function gatherRejects(
  layout: Layout,
  passes: readonly Pass[],
  markers: ReadonlyArray<readonly Marker[]>,
): Promise<void> {
  await mkdir(layout.rejects, { recursive: true });
  const files = new Map<string, FileHandle>();
  const temporary = (step: string): string => join(layout.rejects, `${step}.jsonl.${process.pid}.tmp`);
  try {
    for (const [i, list] of markers.entries()) {
      for (const { unit, part, rejects } of list) {
        for (const [step, { offset, bytes }] of Object.entries(rejects)) {
          if (bytes === 0) continue;
          let file = files.get(step);
          if (!file) files.set(step, (file = await open(temporary(step), 'w')));
          const path = layout.partRejects(passes[i].number, unit, part);
          for await (const chunk of createReadStream(path, { start: offset, end: offset + bytes - 1 })) {
            await file.writeFile(chunk as Uint8Array);
          }
        }
      }
    }
    for (const file of files.values()) await file.sync();
  } finally {
    for (const file of files.values()) await file.close();
  }
  for (const step of files.keys()) await rename(temporary(step), join(layout.rejects, `${step}.jsonl`));
  await syncFolder(layout.rejects);
}

/** Writes rejects and the report, which makes the run complete, and takes away what only the run needed. */
export async function finishRun(
  layout: Layout,
  spec: PipelineSpec,
  passes: readonly Pass[],
  markers: ReadonlyArray<readonly Marker[]>,
  decisions: ReadonlyMap<number, Decision>,
  digest: string,
  keepPasses: boolean,
): Promise<void> {
  const { report, times } = makeReport(spec, passes, markers, decisions, { layout, digest }, layoutVersion);
  await gatherRejects(layout, passes, markers);
  if (report.read.documents === 0) {
    const { rejects } = report.read;
    throw new InvalidInput(
      'data.empty',
      `pipeline: expected documents in the sources, got none${rejects > 0 ? ` (${rejects} records could not be read: ${layout.rejects})` : ''}`,
      { rejects },
    );
  }
  await mkdir(layout.shards, { recursive: true });
  await writeFileAtomic(layout.times, `${JSON.stringify(times, null, 2)}\n`);
  await writeFileAtomic(layout.report, `${JSON.stringify(report, null, 2)}\n`);
  if (keepPasses) return;
  for (const pass of passes) await rm(layout.pass(pass.number), { recursive: true, force: true });
  // What processes left that were killed.
  for (const folder of [layout.folder, layout.shards, layout.rejects, dirname(layout.verdicts(0))]) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (!/^alive-|^scratch-|\.tmp$|\.stale$/.test(name)) continue;
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}
