import type { ZodType } from 'zod';
import type { OnProgress } from '../../../base/contract/index.js';
import type { Json } from '../../../base/core/index.js';
import type { Document } from '../document.js';

/** A document that a step takes out, with the name of the rule that did (it is counted and listed by it). */
export interface Drop {
  readonly drop: string;
  /** What the rule saw, for people: `mean word length 2.1 < 3`. */
  readonly detail?: string;
}

/** What a step makes of a document: itself (the same object where nothing changed), a changed one, several, or none. */
export type Outcome = Document | readonly Document[] | Drop;

/** A step that looks at one document at a time. `apply` is a pure function, so that threads and resumed runs agree. */
export interface DocumentStep {
  apply(document: Document): Outcome | Promise<Outcome>;
  close?(): Promise<void> | void;
}

/** What a corpus step remembers of the n-th document, in the order of the corpus. */
export interface Summary {
  readonly index: number;
  readonly id: string;
  readonly source: string;
  readonly bytes: Uint8Array;
}

/** What becomes of the document with this index; those without a verdict stay as they are. */
export interface Verdict {
  readonly index: number;
  /** Rule that takes the document out. */
  readonly drop?: string;
  readonly detail?: string;
  /** Parts of the text to take out: [start, end) in UTF-16 units, ascending, not overlapping. */
  readonly remove?: ReadonlyArray<readonly [number, number]>;
  /** Put into the document's metadata: `{ cluster }` keeps near-duplicates on one side of a split. */
  readonly metadata?: Readonly<Record<string, Json>>;
}

/** A step that must see the whole corpus (deduplication). Summaries are made by workers, verdicts by one process. */
export interface CorpusStep {
  /** What the verdict needs of a document: a hash, a signature, the text. Pure. */
  summarize(document: Document): Uint8Array;
  /** Verdicts in ascending order of index: a function of the summaries alone. `summaries` may be walked several times. */
  decide(summaries: () => AsyncIterable<Summary>, context: DecideContext): AsyncIterable<Verdict>;
  close?(): Promise<void> | void;
}

export interface DecideContext {
  /** Documents in the corpus. */
  readonly documents: number;
  /** Empty folder for what does not fit into memory; removed afterwards. */
  readonly folder: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

export interface StepContext {
  /** Folder of `abovo.yaml`: relative paths start here. */
  readonly folder: string;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

interface Definition<Options> {
  /** Key in `abovo.yaml` and name in counts and rejects: camelCase. */
  readonly name: string;
  /** One sentence for the docs and the schema. */
  readonly summary: string;
  /** Part of the data set's address: raised when the same options would give other documents than before. */
  readonly version: number;
  readonly options: ZodType<Options>;
}

export interface DocumentStepDefinition<Options = unknown> extends Definition<Options> {
  readonly kind: 'document';
  /** Called once in each worker; loads what the step needs (models, lists). */
  create(options: Options, context: StepContext): DocumentStep | Promise<DocumentStep>;
}

export interface CorpusStepDefinition<Options = unknown> extends Definition<Options> {
  readonly kind: 'corpus';
  create(options: Options, context: StepContext): CorpusStep | Promise<CorpusStep>;
}

export type StepDefinition<Options = unknown> = DocumentStepDefinition<Options> | CorpusStepDefinition<Options>;

/** Keeps the type of the options while a step is defined, and forgets it in the table of steps. */
export function defineStep<Options>(definition: DocumentStepDefinition<Options>): DocumentStepDefinition;
export function defineStep<Options>(definition: CorpusStepDefinition<Options>): CorpusStepDefinition;
export function defineStep<Options>(definition: StepDefinition<Options>): StepDefinition {
  return definition as StepDefinition;
}

/** True where a step took the document out. */
export function isDrop(outcome: Outcome): outcome is Drop {
  return 'drop' in outcome;
}
