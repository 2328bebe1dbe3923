import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { OnProgress } from '../../../base/contract/index.js';
import { InternalError } from '../../../base/core/index.js';
import { writeFileAtomic } from '../../../base/core/index.node.js';
import { Layout } from './layout.js';
import { diskProblem } from './part-writer.js';
import type { DecideJob, Decision, WorkerSettings } from './protocol.js';
import type { CorpusStep, Summary, Verdict } from './step.js';
import { readSummaries } from './summaries.js';
import { makeStep } from './make.js';

/**
 * Lets a corpus step decide over the summaries of a pass and writes its verdicts, those of each part in one stretch of the
 * file. The decision, written last, makes them count.
 */
export async function decide(settings: WorkerSettings, job: DecideJob, onProgress: OnProgress): Promise<void> {
  const layout = new Layout(settings.folder, settings.gzip);
  const step = await makeStep<CorpusStep>(settings, settings.passes[job.pass].corpus!);
  const started = performance.now();
  const path = layout.verdicts(job.pass);
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(job.scratch, { recursive: true });
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  const documents = job.parts.reduce((sum, { count }) => sum + count, 0);
  async function* summaries(): AsyncGenerator<Summary> {
    let first = 0;
    for (const { unit, part, count } of job.parts) {
      if (count > 0) yield* readSummaries(layout.summaries(job.pass, unit, part), first);
      first += count;
    }
  }
  const file = await open(temporary, 'w');
  try {
    const writer = new VerdictWriter(file, job.parts);
    const context = { documents, folder: job.scratch, onProgress };
    for await (const verdict of step.decide(summaries, context)) await writer.add(verdict);
    const parts = await writer.finish();
    await file.sync();
    await file.close();
    await rename(temporary, path);
    const seconds = (performance.now() - started) / 1000;
    const decision: Decision = { documents, verdicts: writer.verdicts, seconds, parts };
    await writeFileAtomic(layout.decision(job.pass), JSON.stringify(decision));
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw diskProblem(error, path);
  } finally {
    await step.close?.();
    await rm(job.scratch, { recursive: true, force: true });
  }
}

/** Writes verdicts and notes where those of each part begin. */
class VerdictWriter {
  readonly #file: FileHandle;
  readonly #parts: DecideJob['parts'];
  readonly #done: Decision['parts'][number][] = [];
  #lines: string[] = [];
  #pending = 0;
  #offset = 0;
  #partOffset = 0;
  #first = 0;
  #last = -1;
  verdicts = 0;

  constructor(file: FileHandle, parts: DecideJob['parts']) {
    this.#file = file;
    this.#parts = parts;
  }

  #close(): void {
    const { unit, part, count } = this.#parts[this.#done.length];
    const bytes = this.#offset - this.#partOffset;
    this.#done.push({ unit, part, first: this.#first, offset: this.#partOffset, bytes });
    this.#partOffset = this.#offset;
    this.#first += count;
  }

  async add({ index, drop, detail, remove, metadata }: Verdict): Promise<void> {
    if (!(index > this.#last)) {
      throw new InternalError('pipeline.verdict', `verdicts are out of order: ${index} after ${this.#last}`);
    }
    this.#last = index;
    while (this.#done.length < this.#parts.length && index >= this.#first + this.#parts[this.#done.length].count) {
      this.#close();
    }
    if (this.#done.length === this.#parts.length) {
      throw new InternalError('pipeline.verdict', `verdict on document ${index}: there are only ${this.#first}`);
    }
    const line = `${JSON.stringify({ index, drop, detail, remove, metadata })}\n`;
    this.#offset += Buffer.byteLength(line);
    this.#lines.push(line);
    this.verdicts++;
    this.#pending += line.length;
    if (this.#pending > 1 << 20) await this.#flush();
  }

  async #flush(): Promise<void> {
    await this.#file.writeFile(this.#lines.join(''));
    this.#lines = [];
    this.#pending = 0;
  }

  async finish(): Promise<Decision['parts']> {
    while (this.#done.length < this.#parts.length) this.#close();
    await this.#flush();
    return this.#done;
  }
}
