import { setImmediate as turn } from 'node:timers/promises';
import { InternalError, Unavailable, messageOf } from '../../../base/core/index.js';
import { type Document, byteLength } from '../document.js';
import { Chain, failedRules } from './chain.js';
import { type Amount, type ReadCount, noCount } from './counts.js';
import { Layout, type Marker, type Place, type Poison } from './layout.js';
import { fileLines } from './lines.js';
import { type PartPaths, PartWriter } from './part-writer.js';
import type { Pass } from './passes.js';
import { makeSource, makeStep } from './make.js';
import type { PartJob, PartProgress, SourceJob, WorkerSettings } from './protocol.js';
import type { Source } from './source.js';
import type { CorpusStep, DocumentStep } from './step.js';
import { applyVerdict } from './apply-verdict.js';
import { VerdictLayer, parseDocument } from './verdicts.js';

/** Told of what a worker does. */
export interface WorkEvents {
  readonly signal?: AbortSignal;
  part(marker: Marker): void;
  progress(progress: PartProgress): void;
  /** A sign of life: now at this document, step (-1: reading) and task. `exact`: every document is told. */
  position(ordinal: number, step: number, task: number, exact: boolean): void;
}

/** The steps of a pass, made. */
interface Made {
  readonly pass: Pass;
  readonly chain: Chain;
  readonly corpus?: CorpusStep;
}

const signMs = 100;
const progressMs = 300;
/** Documents that take longer than this are announced one by one: a sign costs about 2 µs. */
const slowMs = 0.1;

/** Works on units: reads, sends documents through the steps, writes parts. One at a time. */
export class Works {
  readonly #settings: WorkerSettings;
  readonly #events: WorkEvents;
  readonly #layout: Layout;
  readonly #sources = new Map<number, Source>();
  #made: Made | undefined;
  #writer: PartWriter | undefined;
  #read: ReadCount = { documents: 0, bytes: 0, rejects: 0 };
  #licences: Record<string, Amount> = {};
  #languages: Record<string, Amount> = {};
  /** Where the worker is; the heart beat tells it too. */
  ordinal = 0;
  step = -1;
  task = 0;
  /** Whether every document is announced: after a crash, and where that costs nearly nothing. */
  exact = false;
  #signed = 0;
  #signedAt = 0;
  #progressed = 0;

  constructor(settings: WorkerSettings, events: WorkEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#layout = new Layout(settings.folder, settings.gzip);
  }

  async #pass(number: number): Promise<Made> {
    if (this.#made?.pass.number === number) return this.#made;
    await this.#made?.chain.close();
    await this.#made?.corpus?.close?.();
    this.#made = undefined;
    const pass = this.#settings.passes[number];
    const links = [];
    for (const step of pass.steps)
      links.push({ label: step.label, step: await makeStep<DocumentStep>(this.#settings, step) });
    const corpus = pass.corpus && (await makeStep<CorpusStep>(this.#settings, pass.corpus));
    const chain = new Chain(links, {
      emit: (document, bytes) => this.#emit(document, bytes),
      reject: (step, entry) => this.#writer!.reject(step, entry),
      enter: (step) => this.#enter(step),
    });
    this.#made = { pass, chain, corpus };
    return this.#made;
  }

  #enter(step: number): void {
    this.step = step;
    if (this.exact) this.#events.position(this.ordinal, step, this.task, true);
  }

  #emit(document: Document, bytes: number): void {
    const { corpus, pass, chain } = this.#made!;
    const writer = this.#writer!;
    if (corpus) {
      const { label } = pass.corpus!;
      this.#enter(pass.steps.length);
      const started = performance.now();
      let summary: Uint8Array;
      try {
        summary = corpus.summarize(document);
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        chain.fail(label, document, failedRules.error, messageOf(error));
        return;
      }
      const count = (chain.counts[label] ??= noCount());
      count.in++;
      count.inBytes += bytes;
      chain.seconds[label] = (chain.seconds[label] ?? 0) + (performance.now() - started) / 1000;
      writer.summary(document, summary);
    }
    writer.add(document, bytes);
    if (!pass.last) return;
    tally(this.#licences, document.licence ?? 'NOASSERTION', bytes);
    tally(this.#languages, document.language ?? 'und', bytes);
  }

  #begin(pass: Pass, unit: number, part: number): void {
    const layout = this.#layout;
    const paths: PartPaths = {
      documents: pass.writes ? layout.documents(pass.number, unit, part, pass.last) : undefined,
      summaries: pass.corpus ? layout.summaries(pass.number, unit, part) : undefined,
      rejects: layout.partRejects(pass.number, unit, part),
      marker: layout.marker(pass.number, unit, part),
      gzip: pass.last && this.#settings.gzip,
      keepText: this.#settings.keepText,
    };
    this.#writer = new PartWriter(paths);
    this.#read = { documents: 0, bytes: 0, rejects: 0 };
    this.#licences = {};
    this.#languages = {};
    this.#made!.chain.reset();
  }

  async #finish(unit: number, part: number, source: number, next?: Place): Promise<void> {
    const { chain } = this.#made!;
    const marker = await this.#writer!.finish({
      unit,
      part,
      source,
      read: this.#read,
      steps: chain.counts,
      seconds: chain.seconds,
      licences: this.#licences,
      languages: this.#languages,
      next,
    });
    this.#writer = undefined;
    this.#events.part(marker);
    this.#events.signal?.throwIfAborted();
  }

  /** Sends one document through the steps, unless it is known to kill workers. */
  async #through(document: Document, bytes: number, poison: readonly Poison[]): Promise<void> {
    const { chain } = this.#made!;
    const known = poison.find(({ at, ordinal }) => at === 'step' && ordinal === this.ordinal);
    if (known) chain.fail(known.step, document, failedRules.crash, known.reason);
    else {
      const now = performance.now();
      this.step = 0;
      if (now - this.#signed > signMs) {
        this.exact ||= (now - this.#signed) / Math.max(1, this.ordinal - this.#signedAt) > slowMs;
        this.#signed = now;
        this.#signedAt = this.ordinal;
        this.#events.position(this.ordinal, 0, this.task, this.exact);
        // Timers and messages have their turn also where nothing here waits.
        await turn();
        this.#events.signal?.throwIfAborted();
        if (now - this.#progressed > progressMs) this.#tell(now);
      }
      const running = chain.run(document, bytes);
      if (running) await running;
    }
    this.step = -1;
    this.ordinal++;
    if (this.exact) this.#events.position(this.ordinal, -1, this.task, true);
  }

  #tell(now: number): void {
    this.#progressed = now;
    const { chain } = this.#made!;
    const removed: Record<string, number> = {};
    for (const [label, { dropped, failed }] of Object.entries(chain.counts)) {
      removed[label] = failed + Object.values(dropped).reduce((sum, count) => sum + count, 0);
    }
    const { documents, bytes } = this.#read;
    this.#events.progress({ documents, bytes, kept: this.#writer!.documents, removed });
  }

  async work(job: SourceJob | PartJob): Promise<void> {
    this.exact = job.careful;
    this.#signed = performance.now();
    const made = await this.#pass(job.pass);
    try {
      if (job.kind === 'source') await this.#sourceUnit(made.pass, job);
      else await this.#part(made.pass, job);
    } finally {
      this.#writer?.abandon();
      this.#writer = undefined;
    }
  }

  async #sourceUnit(
    pass: Pass,
    { unit, source: index, tasks, part: firstPart, place, poison }: SourceJob,
  ): Promise<void> {
    const { partBytes, partDocuments, spec } = this.#settings;
    const { licence, access, label } = spec.sources[index];
    let source = this.#sources.get(index);
    if (!source) this.#sources.set(index, (source = await makeSource(this.#settings, index)));
    const step = `read-${label}`;
    let part = firstPart;
    this.ordinal = place.ordinal;
    this.#signedAt = place.ordinal;
    this.#begin(pass, unit, part);
    for (let number = place.task; number < tasks.length; number++) {
      const task = tasks[number];
      this.task = number;
      let { cursor, skip } = number === place.task ? place : { cursor: undefined, skip: 0 };
      let taken = 0;
      let passed = 0;
      const reject = (entry: { source: string; line?: number; reason: string }): void => {
        // What was told before the documents that are passed over was counted by an earlier part.
        if (passed < skip) return;
        this.#read.rejects++;
        this.#writer!.unreadable(step, {
          rule: 'unreadable',
          detail: entry.reason,
          source: entry.source,
          line: entry.line,
        });
      };
      const ends = (): Poison | undefined =>
        poison.find((item) => item.at === 'read' && item.task === number && item.ordinal === this.ordinal);
      const stopped = ends();
      if (stopped) {
        reject({ source: task.id, reason: `${stopped.reason}; what follows in it is left out` });
        continue;
      }
      if (this.exact) this.#events.position(this.ordinal, -1, number, true);
      try {
        for await (const item of source.read(task, { cursor, onReject: reject })) {
          if (passed < skip) {
            passed++;
            continue;
          }
          const given = item.document;
          const document =
            (licence !== undefined && given.licence === undefined) ||
            (access !== undefined && given.access === undefined)
              ? { ...given, licence: given.licence ?? licence, access: given.access ?? access }
              : given;
          const bytes = byteLength(document.text);
          this.#read.documents++;
          this.#read.bytes += bytes;
          await this.#through(document, bytes, poison);
          if (item.cursor === undefined) taken++;
          else {
            cursor = item.cursor;
            taken = 0;
            skip = 0;
            passed = 0;
          }
          if (this.#read.bytes >= partBytes || this.#read.documents >= partDocuments) {
            await this.#finish(unit, part, index, { task: number, cursor, skip: skip + taken, ordinal: this.ordinal });
            this.#begin(pass, unit, ++part);
          }
          const end = ends();
          if (end) {
            reject({ source: task.id, reason: `${end.reason}; what follows in it is left out` });
            break;
          }
        }
      } catch (error) {
        if (this.#events.signal?.aborted) throw error;
        // The world's errors may be gone later: the unit stays unfinished. All others cost their task alone.
        if (error instanceof Unavailable || error instanceof InternalError) throw error;
        if (typeof (error as NodeJS.ErrnoException).syscall === 'string') {
          throw new Unavailable('pipeline.read', `read ${task.id}: ${messageOf(error)}`, { task: task.id }, error);
        }
        reject({ source: task.id, reason: messageOf(error) });
      }
    }
    await this.#finish(unit, part, index);
  }

  async #part(pass: Pass, job: PartJob): Promise<void> {
    const { unit, part, source, input } = job;
    const made = this.#made!;
    this.ordinal = 0;
    this.#signedAt = 0;
    this.task = 0;
    this.#begin(pass, unit, part);
    const layers = job.verdicts.map((layer) => new VerdictLayer(layer, this.#layout.verdicts(layer.pass)));
    const path = this.#layout.documents(input, unit, part, false);
    for (const line of job.empty ? [] : fileLines(path, { limit: Number.POSITIVE_INFINITY })) {
      let document: Document | undefined = parseDocument(line.bytes!, path);
      let bytes = byteLength(document.text);
      this.#read.documents++;
      this.#read.bytes += bytes;
      for (const layer of layers) {
        const { label, fresh } = layer.from;
        const count = fresh ? (made.chain.counts[label] ??= noCount()) : undefined;
        const verdict = layer.next();
        if (verdict?.drop !== undefined) {
          if (count) {
            count.dropped[verdict.drop] = (count.dropped[verdict.drop] ?? 0) + 1;
            const { drop: rule, detail } = verdict;
            this.#writer!.reject(label, {
              rule,
              detail,
              id: document.id,
              source: document.source,
              text: document.text,
            });
          }
          document = undefined;
          break;
        }
        const changed: Document = applyVerdict(document, verdict);
        if (changed !== document) {
          document = changed;
          bytes = byteLength(document.text);
          if (count) count.changed++;
        }
        if (count) {
          count.out++;
          count.outBytes += bytes;
        }
      }
      if (document) await this.#through(document, bytes, job.poison);
    }
    await this.#finish(unit, part, source);
  }

  async close(): Promise<void> {
    for (const source of this.#sources.values()) await source.close?.();
    await this.#made?.chain.close();
    await this.#made?.corpus?.close?.();
  }
}

function tally(amounts: Record<string, Amount>, key: string, bytes: number): void {
  const amount = (amounts[key] ??= { documents: 0, bytes: 0 });
  amount.documents++;
  amount.bytes += bytes;
}
