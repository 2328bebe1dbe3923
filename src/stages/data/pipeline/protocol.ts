import type { OnProgress } from '../../../base/contract/index.js';
import type { WireError } from '../../../base/worker/index.node.js';
import type { Marker, Place, Poison, Stretch } from './layout.js';
import type { Pass } from './passes.js';
import type { SourceTask } from './source.js';
import type { PipelineSpec } from './spec.js';

/** What every worker of a run knows. */
export interface WorkerSettings {
  readonly spec: PipelineSpec;
  readonly passes: readonly Pass[];
  /** Folder of the run. */
  readonly folder: string;
  /** Folder of `abovo.yaml`. */
  readonly projectFolder: string;
  readonly gzip: boolean;
  readonly keepText: boolean;
  /** UTF-8 bytes and number of documents of a part, read. */
  readonly partBytes: number;
  readonly partDocuments: number;
}

/** Verdicts of an earlier pass for the documents of one part. */
export interface PartVerdicts extends Stretch {
  readonly pass: number;
  readonly label: string;
  readonly fresh: boolean;
  /** Index of the part's first document. */
  readonly first: number;
}

/** A unit of the first pass: tasks of a source, in parts. */
export interface SourceJob {
  readonly kind: 'source';
  readonly pass: 0;
  readonly unit: number;
  readonly source: number;
  readonly tasks: readonly SourceTask[];
  /** First part that is not there yet, and where it begins. */
  readonly part: number;
  readonly place: Place;
  readonly poison: readonly Poison[];
  /** Every document is announced before it is worked on. */
  readonly careful: boolean;
}

/** A part of a later pass: the documents of a part of an earlier one. */
export interface PartJob {
  readonly kind: 'part';
  readonly pass: number;
  readonly unit: number;
  readonly part: number;
  readonly source: number;
  /** Pass that wrote the documents. */
  readonly input: number;
  /** Where no documents were written. */
  readonly empty: boolean;
  readonly verdicts: readonly PartVerdicts[];
  readonly poison: readonly Poison[];
  readonly careful: boolean;
}

/** A part with summaries, in the order of the corpus. */
export interface SummaryPart {
  readonly unit: number;
  readonly part: number;
  readonly count: number;
}

export interface DecideJob {
  readonly kind: 'decide';
  readonly pass: number;
  readonly parts: readonly SummaryPart[];
  /** Empty folder for what the step spills. */
  readonly scratch: string;
}

export type Job = SourceJob | PartJob | DecideJob;

/** Where a unit stands, since its last part. */
export interface PartProgress {
  readonly documents: number;
  readonly bytes: number;
  readonly kept: number;
  readonly removed: Readonly<Record<string, number>>;
}

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'part'; readonly marker: Marker }
  | { readonly type: 'progress'; readonly progress: PartProgress }
  | { readonly type: 'deciding'; readonly progress: Parameters<OnProgress>[0] }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: WireError };

export type ToWorker =
  | { readonly type: 'start'; readonly settings: WorkerSettings; readonly slot?: string }
  | { readonly type: 'job'; readonly job: Job }
  | { readonly type: 'close' };

/** What verdicts of a pass amount to, and where those of each part stand. */
export interface Decision {
  readonly documents: number;
  readonly verdicts: number;
  readonly seconds: number;
  /** In the order of the parts. */
  readonly parts: ReadonlyArray<Stretch & { readonly unit: number; readonly part: number; readonly first: number }>;
}
