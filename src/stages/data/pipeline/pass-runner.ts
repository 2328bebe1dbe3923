import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OnProgress } from '../../../base/contract/index.js';
import { type AbovoError, InternalError, Unavailable } from '../../../base/core/index.js';
import { writeFileAtomic } from '../../../base/core/index.node.js';
import type { Crash, Crew } from './crew.js';
import { type Layout, type Marker, type Poison, readState } from './layout.js';
import { Meter } from './meter.js';
import type { Pass } from './passes.js';
import type { Decision, Job, PartJob, SourceJob } from './protocol.js';
import { type Unit, partUnit, sourceUnit } from './units.js';

export interface PassContext {
  readonly layout: Layout;
  readonly pass: Pass;
  readonly passes: readonly Pass[];
  readonly units: readonly Unit[];
  readonly decisions: ReadonlyMap<number, Decision>;
  readonly shard: { readonly index: number; readonly count: number };
  readonly crew: Crew;
  readonly onProgress: OnProgress;
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** Ends in a row without a document between them: then the fault is not one document's. */
const mostCrashes = 25;
const aliveMs = 2000;

type Item = { readonly index: number; readonly bytes: number; readonly markers: readonly Marker[]; readonly job?: Job };

/** Does one process's share of a pass, waits for the others, and gives the markers of all. */
export class PassRunner {
  readonly #c: PassContext;
  readonly #failures: AbovoError[] = [];
  /** Crashes of a unit, by where they were: the second at one place is the document's fault. */
  readonly #places = new Map<string, number>();
  #crashes = 0;
  #lastPoison = '';

  constructor(context: PassContext) {
    this.#c = context;
  }

  /** @param input Markers of the pass whose documents are read. */
  async run(input?: readonly Marker[]): Promise<readonly Marker[]> {
    const { layout, pass, shard, crew, signal, onProgress } = this.#c;
    await mkdir(layout.pass(pass.number), { recursive: true });
    const items = await this.#items(input);
    const total = items.reduce((sum, { bytes }) => sum + bytes, 0);
    const meter = new Meter(this.#stage(), total, pass.number > 0 || this.#sized() ? 'bytes' : 'units', onProgress);
    for (const item of items) {
      if (!item.job) meter.skip(item.bytes);
    }
    const left = items.filter(({ job }) => job !== undefined);
    const byUnit = new Map(left.map((item) => [keyOf(item.job!), item]));
    const alive = this.#alive(meter);
    try {
      await crew.run(
        left.map(({ job }) => job!),
        {
          message: (job, worker, message) => {
            const key = keyOf(job);
            const bytes = byUnit.get(key)?.bytes ?? 0;
            if (message.type === 'progress') meter.progress(worker, message.progress, key, bytes);
            if (message.type !== 'part') return;
            this.#crashes = 0;
            meter.part(worker, message.marker, key, bytes);
          },
          crashed: (crash) => this.#crashed(crash, items, input),
          unavailable: (_job, error) => this.#failures.push(error),
        },
        signal,
      );
      if (this.#failures.length > 0) {
        const [first] = this.#failures;
        const more = this.#failures.length > 1 ? ` (and ${this.#failures.length - 1} more)` : '';
        throw new Unavailable(
          first.code,
          `${first.message}${more}; what is finished is kept: run again to go on`,
          first.fields,
          first,
        );
      }
      // The result of each part as it stands on the disk: messages of a worker that died may have been lost.
      const own: Marker[] = [];
      for (const item of await this.#items(input)) {
        if (item.job) throw new InternalError('pipeline.part', `a part of pass ${pass.number} is missing`);
        own.push(...item.markers);
      }
      await writeFileAtomic(layout.done(pass.number, shard.index, shard.count), JSON.stringify(own));
      meter.show(true);
      return shard.count === 1 ? own : await this.#others();
    } finally {
      await alive();
    }
  }

  #stage(): string {
    const { pass, passes } = this.#c;
    const names = [...pass.steps.map(({ label }) => label), ...(pass.corpus ? [pass.corpus.label] : [])];
    const of = passes.length > 1 ? ` ${pass.number + 1}/${passes.length}` : '';
    return `pass${of}${names.length > 0 ? ` (${names.join(', ')})` : ''}`;
  }

  /** Whether the size of every task is known. */
  #sized(): boolean {
    return this.#c.units.every(({ tasks }) => tasks.every(({ bytes }) => bytes !== undefined));
  }

  /** This process's share, with what is there already and what is left. */
  async #items(input: readonly Marker[] | undefined): Promise<Item[]> {
    const { units, shard, layout, pass, decisions } = this.#c;
    const mine = (index: number): boolean => index % shard.count === shard.index - 1;
    const items: Item[] = [];
    if (input === undefined) {
      const sized = this.#sized();
      for (const [index, unit] of units.entries()) {
        if (!mine(index)) continue;
        // Where a source does not know the size of what it reads, units are counted instead.
        const bytes = sized ? unit.tasks.reduce((sum, task) => sum + task.bytes!, 0) : 1;
        items.push({ index, bytes, ...(await sourceUnit(layout, pass, index, unit)) });
      }
      return items;
    }
    for (const [index, from] of input.entries()) {
      if (!mine(index)) continue;
      const { marker, job } = await partUnit(layout, pass, from, decisions, index);
      items.push({ index, bytes: from.bytes, markers: marker ? [marker] : [], job });
    }
    return items;
  }

  /**
   * After a worker died: the unit is done again, and carefully, so that the place is known. Where workers die twice at one
   * place, its document is written down as poison and passed over.
   */
  async #crashed(crash: Crash, items: readonly Item[], input: readonly Marker[] | undefined): Promise<Job | undefined> {
    const { layout, pass, note, units, decisions } = this.#c;
    const { position, reason } = crash;
    const job = crash.job as SourceJob | PartJob;
    this.#crashes++;
    if (this.#crashes > mostCrashes) {
      throw new Unavailable(
        'pipeline.crashes',
        `pipeline: workers ended ${this.#crashes} times in a row without finishing a part (the last one ${reason}); give them more memory, or mend the step`,
        { reason },
      );
    }
    if (position?.exact) {
      const { ordinal, step, task } = position;
      const place = `${keyOf(job)} ${ordinal} ${step < 0 ? 'read' : 'step'}`;
      const times = (this.#places.get(place) ?? 0) + 1;
      this.#places.set(place, times);
      if (times > 1) {
        const labels = [...pass.steps.map(({ label }) => label), ...(pass.corpus ? [pass.corpus.label] : [])];
        const label = step < 0 ? 'read' : (labels[step] ?? labels.at(-1) ?? 'write');
        const poison: Poison = {
          at: step < 0 ? 'read' : 'step',
          ordinal,
          task,
          step: label,
          reason: `its worker ${reason}`,
        };
        const path = layout.poison(pass.number, job.kind === 'part' ? job.unit * 10_000 + job.part : job.unit);
        const known = (await readState<Poison[]>(path)) ?? [];
        await writeFileAtomic(path, JSON.stringify([...known, poison]));
        // Document after document is no fault of theirs.
        if (this.#lastPoison !== `${keyOf(job)} ${ordinal - 1}`) this.#crashes = 0;
        this.#lastPoison = `${keyOf(job)} ${ordinal}`;
        note(`pipeline: a worker ${reason} in ${label} at document ${ordinal + 1} of unit ${job.unit}: it is left out`);
      }
    } else note(`pipeline: a worker ${reason} in unit ${job.unit}; the unit is done again`);
    const left =
      job.kind === 'source'
        ? (await sourceUnit(layout, pass, job.unit, units[job.unit], true)).job
        : (await this.#again(items, input, job, decisions)).job;
    return left;
  }

  async #again(
    items: readonly Item[],
    input: readonly Marker[] | undefined,
    job: PartJob,
    decisions: ReadonlyMap<number, Decision>,
  ): ReturnType<typeof partUnit> {
    const { index } = items.find((item) => item.job && keyOf(item.job) === keyOf(job))!;
    return partUnit(this.#c.layout, this.#c.pass, input![index], decisions, index, true);
  }

  /** Tells the other processes now and then where this one stands. */
  #alive(meter: Meter): () => Promise<void> {
    const { layout, shard, pass } = this.#c;
    if (shard.count === 1) return () => Promise.resolve();
    let writing = Promise.resolve();
    const tell = (): void => {
      const { done, total } = meter.state;
      const text = JSON.stringify({ pass: pass.number, done, total, at: Date.now() });
      writing = writing
        .then(() => writeFileAtomic(layout.alive(shard.index, shard.count), text))
        .catch(() => undefined);
    };
    tell();
    const timer = setInterval(tell, aliveMs);
    return () => {
      clearInterval(timer);
      return writing;
    };
  }

  /** Waits until every process has done its share. */
  async #others(): Promise<readonly Marker[]> {
    const { layout, pass, shard, signal, onProgress } = this.#c;
    const all = Array.from({ length: shard.count }, (_, i) => i + 1);
    for (;;) {
      signal?.throwIfAborted();
      // Another process may have finished the whole run in the meantime.
      if (existsSync(layout.report)) return [];
      const missing = all.filter((index) => !existsSync(layout.done(pass.number, index, shard.count)));
      if (missing.length === 0) break;
      const said: string[] = [];
      for (const index of missing) {
        const state = await readState<{ pass: number; done: number; total: number; at: number }>(
          layout.alive(index, shard.count),
        ).catch(() => undefined);
        const share =
          state && state.pass === pass.number
            ? `${Math.floor((100 * state.done) / Math.max(1, state.total))} %`
            : 'not begun';
        const silent = state ? Math.round((Date.now() - state.at) / 1000) : 0;
        said.push(`${index}/${shard.count}: ${share}${silent > 10 ? `, silent for ${silent} s` : ''}`);
      }
      onProgress({
        stage: `${this.#stage()} waits for other shards`,
        done: shard.count - missing.length,
        total: shard.count,
        unit: 'shards',
        figures: { missing: said.join('; ') },
      });
      await sleep(250, undefined, { signal }).catch(() => undefined);
    }
    const lists: Marker[] = [];
    for (const index of all) {
      const list = await readState<Marker[]>(layout.done(pass.number, index, shard.count)).catch(() => undefined);
      if (!list) return [];
      lists.push(...list);
    }
    return lists.sort((a, b) => a.unit - b.unit || a.part - b.part);
  }
}

const keyOf = (job: Job): string => (job.kind === 'part' ? `${job.unit}-${job.part}` : `${(job as SourceJob).unit}`);
