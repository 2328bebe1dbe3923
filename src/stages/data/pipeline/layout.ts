import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Json, Unavailable, messageOf } from '../../../base/core/index.js';
import type { Amount, ReadCount, StepCount } from './counts.js';

/** Version of the layout of a run's folder. */
export const layoutVersion = 1;

/** Where reading of a unit goes on. */
export interface Place {
  /** Task of the unit, from 0. */
  readonly task: number;
  /** Cursor the source gave last; absent at the start of a task. */
  readonly cursor?: Json;
  /** Documents behind the cursor that were taken already. */
  readonly skip: number;
  /** Documents of the unit that were taken already. */
  readonly ordinal: number;
}

/** Bytes of a file that belong together. */
export interface Stretch {
  readonly offset: number;
  readonly bytes: number;
}

/** Written last, beside a part's files: a part with a marker is complete and never written again. */
export interface Marker {
  readonly unit: number;
  readonly part: number;
  /** Number of the source. */
  readonly source: number;
  /** What the part's file of documents holds; `size` 0 where there is no file. */
  readonly documents: number;
  readonly bytes: number;
  readonly size: number;
  readonly read: ReadCount;
  readonly steps: Readonly<Record<string, StepCount>>;
  readonly seconds: Readonly<Record<string, number>>;
  readonly licences: Readonly<Record<string, Amount>>;
  readonly languages: Readonly<Record<string, Amount>>;
  /** Where each step's rejects stand in the part's file of rejects. */
  readonly rejects: Readonly<Record<string, Stretch & { readonly count: number }>>;
  /** Summaries for the corpus step that follows. */
  readonly summaries?: number;
  /** Absent where the unit is done. */
  readonly next?: Place;
}

/** A document that kills workers, or a place where reading does; on disk, so that no later run falls into it again. */
export interface Poison {
  /** `read`: after so many documents of the unit, its `task` cannot be read on. */
  readonly at: 'read' | 'step';
  readonly ordinal: number;
  readonly task: number;
  /** Label of the step. */
  readonly step: string;
  readonly reason: string;
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** `000012-0003`: unit and part, sorted as the corpus is. */
export const partName = (unit: number, part: number): string => `${pad(unit, 6)}-${pad(part, 4)}`;

/** Paths of a run. Everything of it is in one folder, which several machines may share. */
export class Layout {
  readonly folder: string;
  readonly gzip: boolean;

  constructor(folder: string, gzip: boolean) {
    this.folder = folder;
    this.gzip = gzip;
  }

  /** The finished documents: `shards/000000-0000.jsonl`. */
  get shards(): string {
    return join(this.folder, 'shards');
  }
  get rejects(): string {
    return join(this.folder, 'rejects');
  }
  get report(): string {
    return join(this.folder, 'report.json');
  }
  get times(): string {
    return join(this.folder, 'times.json');
  }
  get settings(): string {
    return join(this.folder, 'pipeline.json');
  }
  get tasks(): string {
    return join(this.folder, 'tasks.json');
  }
  /** What is kept while the run goes on, and verdicts. */
  pass(pass: number): string {
    return join(this.folder, `pass-${pass}`);
  }
  marker(pass: number, unit: number, part: number): string {
    return join(this.pass(pass), `${partName(unit, part)}.json`);
  }
  /** Documents of a part: in `shards` where they are the result, packed only there. */
  documents(pass: number, unit: number, part: number, last: boolean): string {
    const name = `${partName(unit, part)}.jsonl`;
    return last ? join(this.shards, `${name}${this.gzip ? '.gz' : ''}`) : join(this.pass(pass), name);
  }
  partRejects(pass: number, unit: number, part: number): string {
    return join(this.pass(pass), `${partName(unit, part)}.rejects.jsonl`);
  }
  summaries(pass: number, unit: number, part: number): string {
    return join(this.pass(pass), `${partName(unit, part)}.summaries`);
  }
  poison(pass: number, unit: number): string {
    return join(this.pass(pass), `${pad(unit, 6)}.poison.json`);
  }
  verdicts(pass: number): string {
    return join(this.folder, 'verdicts', `pass-${pass}.jsonl`);
  }
  decision(pass: number): string {
    return join(this.folder, 'verdicts', `pass-${pass}.json`);
  }
  done(pass: number, index: number, count: number): string {
    return join(this.pass(pass), `done-${index}-of-${count}.json`);
  }
  alive(index: number, count: number): string {
    return join(this.folder, `alive-${index}-of-${count}.json`);
  }
  lock(name: string): string {
    return join(this.folder, `${name}.lock`);
  }
}

/** Parsed JSON of a file of the run, undefined where it is not there. Errors: `Unavailable` where it is damaged. */
export async function readState<T>(path: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new Unavailable(
      'pipeline.state',
      `read ${path}: ${messageOf(error)}; delete it and run again, its part is made anew`,
      { path },
      error,
    );
  }
}
