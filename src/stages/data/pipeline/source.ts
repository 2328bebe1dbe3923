import type { ZodType } from 'zod';
import type { Json } from '../../../base/core/index.js';
import type { Document, Reject } from '../document.js';

/** A unit of work, the same in every run and on every machine: a file, a table, a site. Tasks are shared out to machines. */
export interface SourceTask {
  /** Unique in its source; tasks are worked on in the order the source lists them. */
  readonly id: string;
  /** What `read` needs to know; travels to worker threads. */
  readonly spec: Json;
  /** Bytes it will read, where known: for the time left. */
  readonly bytes?: number;
}

/** A document and, where reading can go on after it, the place: handed to `read` again after a kill. */
export interface SourceItem {
  readonly document: Document;
  readonly cursor?: Json;
}

export interface ReadContext {
  /** Where an earlier run stopped: the cursor of the last document that was kept. */
  readonly cursor?: Json;
  /**
   * Told of every record that cannot be read: it costs itself alone, never its neighbours. Call it in the order of the
   * records (after the documents before it, before those behind it), so that a run that resumes counts it once.
   */
  readonly onReject: (reject: Reject) => void;
  readonly signal?: AbortSignal;
}

/** Where documents come from. Both functions give the same in every process for the same data. */
export interface Source {
  tasks(signal?: AbortSignal): Promise<readonly SourceTask[]>;
  /** Streams a task's documents, from the cursor on. Errors are for what stops the whole task (`Unavailable`, `InvalidInput`). */
  read(task: SourceTask, context: ReadContext): AsyncIterable<SourceItem>;
  /** What decides the data (hashes, versions), for the address of the data set. Default: the tasks. */
  identity?(signal?: AbortSignal): Promise<Json> | Json;
  close?(): Promise<void> | void;
}

export interface SourceContext {
  /** Folder of `abovo.yaml`: relative paths start here. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

/** A kind of source: `kind` in an entry of `data.sources` of `abovo.yaml`. */
export interface SourceDefinition<Options = unknown> {
  readonly kind: string;
  /** One sentence for the docs and the schema. */
  readonly summary: string;
  /** Part of the data set's address: raised when the same data would give other documents than before. */
  readonly version: number;
  readonly options: ZodType<Options>;
  create(options: Options, context: SourceContext): Source | Promise<Source>;
}

/** Keeps the type of the options while a source is defined, and forgets it in the table of sources. */
export function defineSource<Options>(definition: SourceDefinition<Options>): SourceDefinition {
  return definition as SourceDefinition;
}
