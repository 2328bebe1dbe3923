import { Unavailable, messageOf } from '../../../base/core/index.js';
import { type Document, byteLength } from '../document.js';
import { type StepCount, noCount } from './counts.js';
import type { DocumentStep, Outcome } from './step.js';

/** A document or record that was taken out, as it stands in `rejects/<step>.jsonl`. */
export interface RejectEntry {
  readonly rule: string;
  readonly detail?: string;
  readonly id?: string;
  readonly source: string;
  /** Line of a record that could not be read. */
  readonly line?: number;
  readonly text?: string;
}

/** Rule of documents on which a step threw, and of those that killed workers: counted as failures. */
export const failedRules = { error: 'error', crash: 'crash' } as const;

/** What is told of a document on its way. */
export interface ChainEvents {
  /** A document came out of the last step. */
  emit(document: Document, bytes: number): void;
  reject(step: string, entry: RejectEntry): void;
  /** A document goes into a step. */
  enter?(step: number): void;
  /** What a step made of a document (for people who look on). */
  seen?(step: string, before: Document, outcome: Outcome): void;
}

interface Link {
  readonly label: string;
  readonly step: DocumentStep;
}

const isPromise = (value: unknown): value is Promise<Outcome> =>
  typeof (value as { then?: unknown } | undefined)?.then === 'function';

/** Steps in a row, with counts and times of each. Whatever throws costs its document alone. */
export class Chain {
  readonly labels: readonly string[];
  readonly #links: readonly Link[];
  readonly #events: ChainEvents;
  counts: Record<string, StepCount> = {};
  seconds: Record<string, number> = {};

  constructor(links: readonly Link[], events: ChainEvents) {
    this.#links = links;
    this.#events = events;
    this.labels = links.map(({ label }) => label);
    this.reset();
  }

  /** Counts from zero. */
  reset(): void {
    this.counts = Object.fromEntries(this.labels.map((label) => [label, noCount()]));
    this.seconds = Object.fromEntries(this.labels.map((label) => [label, 0]));
  }

  /** Sends a document through the steps, from step `at` on; a promise only where a step is asynchronous. */
  run(document: Document, bytes: number, at = 0): void | Promise<void> {
    for (let i = at; ; i++) {
      const link = this.#links[i];
      if (link === undefined) {
        this.#events.emit(document, bytes);
        return;
      }
      const count = this.counts[link.label];
      count.in++;
      count.inBytes += bytes;
      this.#events.enter?.(i);
      const started = performance.now();
      let outcome: Outcome | Promise<Outcome>;
      try {
        outcome = link.step.apply(document);
      } catch (error) {
        this.seconds[link.label] += (performance.now() - started) / 1000;
        this.#fail(link.label, document, error);
        return;
      }
      if (isPromise(outcome)) return this.#wait(outcome, document, bytes, i, started);
      this.seconds[link.label] += (performance.now() - started) / 1000;
      if (outcome === document) {
        this.#events.seen?.(link.label, document, outcome);
        count.out++;
        count.outBytes += bytes;
        continue;
      }
      return this.#settle(outcome, document, bytes, i);
    }
  }

  async #wait(outcome: Promise<Outcome>, document: Document, bytes: number, at: number, started: number) {
    const { label } = this.#links[at];
    let settled: Outcome;
    try {
      settled = await outcome;
    } catch (error) {
      this.#fail(label, document, error);
      return;
    } finally {
      this.seconds[label] += (performance.now() - started) / 1000;
    }
    await this.#settle(settled, document, bytes, at);
  }

  #settle(outcome: Outcome, document: Document, bytes: number, at: number): void | Promise<void> {
    const { label } = this.#links[at];
    const count = this.counts[label];
    if (Array.isArray(outcome)) {
      this.#events.seen?.(label, document, outcome);
      if (outcome.length === 0) count.dropped.empty = (count.dropped.empty ?? 0) + 1;
      if (outcome.length === 0) this.#events.reject(label, { rule: 'empty', id: document.id, source: document.source });
      if (outcome.length !== 1 || outcome[0] !== document) count.changed++;
      return this.#each(outcome as readonly Document[], document, bytes, at);
    }
    const single = outcome as Exclude<Outcome, readonly Document[]>;
    if (single !== null && typeof single === 'object' && 'drop' in single) {
      this.#events.seen?.(label, document, single);
      count.dropped[single.drop] = (count.dropped[single.drop] ?? 0) + 1;
      const { id, source } = document;
      this.#events.reject(label, { rule: single.drop, detail: single.detail, id, source, text: document.text });
      return undefined;
    }
    if (single === null || typeof single !== 'object' || typeof single.text !== 'string') {
      this.#fail(label, document, new TypeError('expected a document, documents or a drop, got something else'));
      return undefined;
    }
    this.#events.seen?.(label, document, single);
    if (single !== document) count.changed++;
    const size = single.text === document.text ? bytes : byteLength(single.text);
    count.out++;
    count.outBytes += size;
    return this.run(single, size, at + 1);
  }

  async #each(documents: readonly Document[], from: Document, bytes: number, at: number): Promise<void> {
    const count = this.counts[this.#links[at].label];
    for (const document of documents) {
      const size = document.text === from.text ? bytes : byteLength(document.text);
      count.out++;
      count.outBytes += size;
      await this.run(document, size, at + 1);
    }
  }

  #fail(label: string, document: Document, error: unknown): void {
    // What the world outside lacks (a model, disk space) is no fault of the document: the run stops and can go on later.
    if (error instanceof Unavailable) throw error;
    this.fail(label, document, failedRules.error, messageOf(error));
  }

  /** Counts a document as failed in a step. */
  fail(label: string, document: Document, rule: string, detail: string): void {
    this.counts[label] ??= noCount();
    this.counts[label].failed++;
    const { id, source, text } = document;
    this.#events.reject(label, { rule, detail, id, source, text });
  }

  async close(): Promise<void> {
    for (const { step } of this.#links) await step.close?.();
  }
}
