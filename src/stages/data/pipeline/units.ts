import { Unavailable } from '../../../base/core/index.js';
import { Layout, type Marker, type Place, type Poison, readState } from './layout.js';
import { partIsWhole } from './part-writer.js';
import type { Pass } from './passes.js';
import type { Decision, PartJob, PartVerdicts, SourceJob } from './protocol.js';
import type { SourceTask } from './source.js';

/** Tasks of one source that are worked on together. */
export interface Unit {
  readonly source: number;
  readonly tasks: readonly SourceTask[];
}

/** Least and most bytes of the tasks of a unit, where nothing else is asked for. */
export const unitRange = [1_000_000, 64_000_000] as const;

/**
 * Puts neighbouring small tasks together, so that a million small files are not a million parts. The cut depends on the tasks
 * alone; a task of unknown size stands by itself.
 */
export function planUnits(tasks: ReadonlyArray<readonly SourceTask[]>, unitBytes?: number): Unit[] {
  const total = tasks.flat().reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  const size = unitBytes ?? Math.min(unitRange[1], Math.max(unitRange[0], Math.ceil(total / 256)));
  const units: Unit[] = [];
  for (const [source, list] of tasks.entries()) {
    let group: SourceTask[] = [];
    let bytes = 0;
    const close = (): void => {
      if (group.length > 0) units.push({ source, tasks: group });
      group = [];
      bytes = 0;
    };
    for (const task of list) {
      if (task.bytes === undefined || bytes + task.bytes > size) close();
      group.push(task);
      bytes += task.bytes ?? size;
      if (bytes >= size) close();
    }
    close();
  }
  return units;
}

/** Place of a unit that has not begun. */
const start: Place = { task: 0, skip: 0, ordinal: 0 };

/** Finished parts of a unit of the first pass, and the job that is left, if any. */
export async function sourceUnit(
  layout: Layout,
  pass: Pass,
  unit: number,
  { source, tasks }: Unit,
  careful = false,
): Promise<{ readonly markers: readonly Marker[]; readonly job?: SourceJob }> {
  const markers: Marker[] = [];
  let place = start;
  for (let part = 0; ; part++) {
    const marker = await readState<Marker>(layout.marker(0, unit, part));
    // A file that does not fit its marker is made anew, and what follows it too.
    if (!marker || (pass.writes && !partIsWhole(marker, layout.documents(0, unit, part, pass.last)))) break;
    markers.push(marker);
    if (!marker.next) return { markers };
    place = marker.next;
  }
  const poison = (await readState<Poison[]>(layout.poison(0, unit))) ?? [];
  return {
    markers,
    job: { kind: 'source', pass: 0, unit, source, tasks, part: markers.length, place, poison, careful },
  };
}

/** A part of a later pass: its marker, or the job that makes it. */
export async function partUnit(
  layout: Layout,
  pass: Pass,
  from: Marker,
  decisions: ReadonlyMap<number, Decision>,
  at: number,
  careful = false,
): Promise<{ readonly marker?: Marker; readonly job?: PartJob }> {
  const { unit, part, source } = from;
  const marker = await readState<Marker>(layout.marker(pass.number, unit, part));
  const whole = marker && (!pass.writes || partIsWhole(marker, layout.documents(pass.number, unit, part, pass.last)));
  if (whole) return { marker };
  const verdicts = pass.verdicts.map(({ pass: by, step, fresh }): PartVerdicts => {
    const found = decisions.get(by)?.parts[at];
    if (found?.unit !== unit || found.part !== part) {
      throw new Unavailable(
        'pipeline.state',
        `pipeline: verdicts of pass ${by} do not fit; delete the folder of the run`,
      );
    }
    const { first, offset, bytes } = found;
    return { pass: by, label: step.label, fresh, first, offset, bytes };
  });
  const poison = (await readState<Poison[]>(layout.poison(pass.number, unit * 10_000 + part))) ?? [];
  const empty = from.size === 0;
  const job: PartJob = {
    kind: 'part',
    pass: pass.number,
    unit,
    part,
    source,
    input: pass.input!,
    empty,
    verdicts,
    poison,
    careful,
  };
  return { job };
}
