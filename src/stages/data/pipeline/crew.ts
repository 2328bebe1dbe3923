import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Progress } from '../../../base/contract/index.js';
import { type AbovoError, InternalError, Unavailable } from '../../../base/core/index.js';
import { fromWire, workerEntry } from '../../../base/worker/index.node.js';
import type { Job, FromWorker, ToWorker, WorkerSettings } from './protocol.js';
import { type Position, readSlot } from './slot.js';

export interface CrewOptions {
  readonly workers: number;
  /** JavaScript heap of a worker. */
  readonly memoryMB: number;
  /** A worker that is longer with one document is ended. */
  readonly documentSeconds: number;
  /** Local folder for signs of life. */
  readonly slots: string;
}

/** How a worker ended without having been asked to. */
export interface Crash {
  readonly job: Job;
  readonly position: Position | undefined;
  readonly reason: string;
}

export interface CrewEvents {
  message(job: Job, worker: number, message: FromWorker): void;
  /** What to do after a crash: the job to try instead (none where it was done after all), or an error that ends the run. */
  crashed(crash: Crash): Promise<Job | undefined>;
  /** A job that the world kept from being done; the others go on. */
  unavailable(job: Job, error: AbovoError): void;
}

const watchMs = 250;
/** Time that idle workers have to close what they opened. */
const closeMs = 3000;

/**
 * Worker processes that do jobs, one each at a time. Processes, not threads: memory that cannot be had and faults in native
 * code end a thread's whole process. Position and signs of life come through a file, which outlives the worker.
 */
export class Crew {
  readonly #settings: WorkerSettings;
  readonly #options: CrewOptions;
  readonly #children = new Set<ChildProcess>();
  readonly #idle: Hand[] = [];
  #numbers = 0;

  constructor(settings: WorkerSettings, options: CrewOptions) {
    this.#settings = settings;
    this.#options = options;
    mkdirSync(options.slots, { recursive: true });
  }

  /** Does jobs in this process: nothing stands between it and a step that ends it. */
  async #inline(jobs: readonly Job[], events: CrewEvents, signal: AbortSignal | undefined): Promise<void> {
    const { Works } = await import('./work.js');
    const { decide } = await import('./decide.js');
    let current: Job | undefined;
    const works = new Works(this.#settings, {
      signal,
      part: (marker) => events.message(current!, 0, { type: 'part', marker }),
      progress: (progress) => events.message(current!, 0, { type: 'progress', progress }),
      position: () => undefined,
    });
    try {
      for (const job of jobs) {
        signal?.throwIfAborted();
        current = job;
        const tell = (progress: Progress): void => events.message(job, 0, { type: 'deciding', progress });
        try {
          await (job.kind === 'decide' ? decide(this.#settings, job, tell) : works.work(job));
        } catch (error) {
          if (signal?.aborted || !this.#mayWait(job, error)) throw error;
          events.unavailable(job, error as AbovoError);
        }
      }
    } finally {
      await works.close();
    }
  }

  /** Whether an error leaves its job for a later run, and the others go on. A disk that fails fails them all. */
  #mayWait(job: Job, error: unknown): boolean {
    return job.kind !== 'decide' && error instanceof Unavailable && !error.code.startsWith('disk.');
  }

  /** Does all jobs. Rejects with the first error that is not of one job alone; finished parts stay. */
  async run(jobs: readonly Job[], events: CrewEvents, signal?: AbortSignal): Promise<void> {
    if (this.#options.workers === 0) return this.#inline(jobs, events, signal);
    const queue = [...jobs].reverse();
    const abort = new AbortController();
    const stop = () => abort.abort(signal?.reason);
    if (signal?.aborted) throw signal.reason;
    signal?.addEventListener('abort', stop, { once: true });
    const lane = async (worker: number): Promise<void> => {
      for (let job = queue.pop(); job; job = queue.pop()) await this.#do(job, worker, events, abort.signal);
    };
    try {
      const lanes = Math.min(this.#options.workers, jobs.length);
      const all = Array.from({ length: lanes }, (_, i) =>
        lane(i).catch((error: unknown) => {
          abort.abort(error);
          throw error;
        }),
      );
      const ends = await Promise.allSettled(all);
      if (abort.signal.aborted) throw abort.signal.reason;
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed) throw failed.reason;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async #do(first: Job, worker: number, events: CrewEvents, signal: AbortSignal): Promise<void> {
    for (let job: Job | undefined = first; job; ) {
      signal.throwIfAborted();
      const hand = this.#idle.pop() ?? this.#hire();
      const end = await this.#attempt(hand, job, worker, events, signal);
      if (end === 'done') {
        this.#idle.push(hand);
        return;
      }
      job = await events.crashed(end);
    }
  }

  #attempt(hand: Hand, job: Job, worker: number, events: CrewEvents, signal: AbortSignal): Promise<'done' | Crash> {
    const { child, slot } = hand;
    const { documentSeconds } = this.#options;
    return new Promise((resolve, reject) => {
      let late = false;
      // A worker that was gone before it got the job tells nothing about it.
      const begun = child.exitCode === null && child.signalCode === null;
      let last: Position | undefined;
      let since = performance.now();
      const watch = setInterval(() => {
        // Deciding takes as long as it takes.
        if (job.kind === 'decide') return;
        const now = readSlot(slot);
        const moved =
          now === undefined ||
          last === undefined ||
          now.ordinal !== last.ordinal ||
          now.task !== last.task ||
          (now.step < 0 && (last.step >= 0 || now.beat !== last.beat));
        if (moved) since = performance.now();
        last = now ?? last;
        if (performance.now() - since < documentSeconds * 1000) return;
        late = true;
        child.kill('SIGKILL');
      }, watchMs);
      const finish = (act: () => void): void => {
        clearInterval(watch);
        child.off('message', onMessage).off('exit', onExit);
        signal.removeEventListener('abort', onAbort);
        act();
      };
      const onMessage = (message: FromWorker): void => {
        if (message.type === 'done') finish(() => resolve('done'));
        else if (message.type === 'failed') {
          finish(() => {
            const error = fromWire(message.error);
            if (this.#mayWait(job, error)) {
              events.unavailable(job, error);
              resolve('done');
            } else reject(error);
          });
        } else events.message(job, worker, message);
      };
      const onExit = (code: number | null, name: NodeJS.Signals | null): void => {
        finish(() => {
          const reason = late
            ? `took longer than ${documentSeconds} s`
            : endOf(code, name, hand.said(), this.#options.memoryMB);
          resolve({ job, position: begun ? readSlot(slot) : undefined, reason });
        });
      };
      const onAbort = (): void => finish(() => reject(signal.reason));
      signal.addEventListener('abort', onAbort, { once: true });
      child.on('message', onMessage).on('exit', onExit);
      if (!begun) onExit(child.exitCode, child.signalCode);
      else child.send({ type: 'job', job } satisfies ToWorker, () => undefined);
    });
  }

  #hire(): Hand {
    const entry = workerEntry(import.meta.url, './worker.js');
    const fromSource = entry.pathname.endsWith('.ts');
    const slot = join(this.#options.slots, `worker-${process.pid}-${this.#numbers++}`);
    const child = fork(fileURLToPath(entry), {
      execArgv: [...(fromSource ? ['--import', sourceLoader()] : []), `--max-old-space-size=${this.#options.memoryMB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let said = '';
    // What steps print is no result; the end of it tells why a worker died.
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4096);
      });
    }
    child.on('error', () => undefined);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    child.send({ type: 'start', settings: this.#settings, slot } satisfies ToWorker, () => undefined);
    return { child, slot, said: () => said };
  }

  /** Ends the workers. Those that have nothing to do may close what they opened; what others have not finished is not there. */
  async close(): Promise<void> {
    const ended = (child: ChildProcess): Promise<void> =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else child.once('exit', () => resolve());
      });
    const idle = new Set(this.#idle.map(({ child }) => child));
    for (const child of idle) child.send({ type: 'close' } satisfies ToWorker, () => undefined);
    for (const child of this.#children) if (!idle.has(child)) child.kill('SIGKILL');
    const all = [...this.#children].map(ended);
    const late = setTimeout(() => {
      for (const child of this.#children) child.kill('SIGKILL');
    }, closeMs);
    await Promise.all(all);
    clearTimeout(late);
  }
}

interface Hand {
  readonly child: ChildProcess;
  readonly slot: string;
  /** The end of what it wrote to its standard output and error. */
  said(): string;
}

/** Why a worker ended, in words. */
function endOf(code: number | null, signal: string | null, said: string, memoryMB: number): string {
  if (/heap out of memory|Allocation failed|allocation failure/i.test(said))
    return `ran out of memory (${memoryMB} MB)`;
  if (signal !== null) return `ended by ${signal}`;
  return `ended with exit code ${code}`;
}

/** Loader of TypeScript, for workers that run from source. */
function sourceLoader(): string {
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  } catch (error) {
    throw new InternalError('pipeline.loader', 'the TypeScript loader is missing', {}, error);
  }
}
