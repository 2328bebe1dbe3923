import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Transferable } from 'node:worker_threads';
import { InvalidInput, Unavailable, messageOf } from '../core/index.js';
import { fromWire } from './errors.js';
import type { Request, Response, WorkerMethods } from './protocol.js';

export interface WorkerOptions {
  /** Name in error messages and debuggers. */
  readonly name: string;
  /** Given to the entry's `serveWorker` callback. */
  readonly data?: unknown;
  /** JavaScript heap of the thread; beyond it the worker dies with `worker.memory`. Typed arrays do not count. */
  readonly memoryLimitMB?: number;
}

export interface CallOptions {
  /** Buffers of the argument that move to the worker instead of being copied. */
  readonly transfer?: readonly Transferable[];
  /** Past this the worker is ended (running JavaScript cannot be interrupted otherwise) and the call rejects. */
  readonly timeLimitMs?: number;
  /** Rejects the call at once; a worker that is still busy with it after `graceMs` is ended. */
  readonly signal?: AbortSignal;
  readonly graceMs?: number;
}

interface Pending {
  readonly method: string;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  cleanup(): void;
}

/**
 * URL of a worker's entry beside the calling module: `workerEntry(import.meta.url, './encode-worker.js')` is the `.js`
 * file in a compiled package and the `.ts` file where sources run directly (tests, scripts).
 */
export function workerEntry(from: string, specifier: string): URL {
  const ts = /\.ts(?:[?#]|$)/.test(from);
  return new URL(ts ? specifier.replace(/\.js$/, '.ts') : specifier, from);
}

/** One worker thread and its calls. A worker that dies rejects its calls; with `restart` the next call starts a new one. */
export class WorkerClient<M extends WorkerMethods> {
  readonly #entry: URL;
  readonly #options: WorkerOptions;
  readonly #restart: boolean;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #death: Unavailable | undefined;
  #closed = false;
  #nextId = 0;

  constructor(entry: URL, options: WorkerOptions, restart = false) {
    this.#entry = entry;
    this.#options = options;
    this.#restart = restart;
  }

  /** Calls under way. */
  get active(): number {
    return this.#pending.size;
  }

  call<K extends keyof M & string>(
    method: K,
    argument: M[K]['argument'],
    options: CallOptions = {},
  ): Promise<M[K]['result']> {
    const { name } = this.#options;
    if (this.#closed)
      return Promise.reject(new InvalidInput('worker.closed', `${name}: ${method} was called after close`));
    if (this.#death && !this.#restart) return Promise.reject(this.#death);
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const worker = this.#start();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const cancel = () => {
        worker.postMessage({ type: 'cancel', id } satisfies Request);
        const grace = setTimeout(() => {
          if (this.#pending.has(id)) this.#end(worker, 'worker.cancelled', `${name}: ended, busy after cancellation`);
        }, options.graceMs ?? 1000);
        grace.unref();
        reject(options.signal?.reason);
      };
      if (options.timeLimitMs !== undefined) {
        const limit = options.timeLimitMs;
        timer = setTimeout(
          () => this.#end(worker, 'worker.timeout', `${name}: ${method} took longer than ${limit} ms`),
          limit,
        );
      }
      options.signal?.addEventListener('abort', cancel, { once: true });
      this.#pending.set(id, {
        method,
        resolve: resolve as (value: unknown) => void,
        reject,
        cleanup: () => {
          clearTimeout(timer);
          options.signal?.removeEventListener('abort', cancel);
        },
      });
      worker.ref();
      try {
        worker.postMessage({ type: 'call', id, method, argument } satisfies Request, options.transfer as never);
      } catch (error) {
        this.#settle(id, (pending) => pending.reject(error));
      }
    });
  }

  /** Ends the thread; calls under way reject. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (!worker) return;
    this.#worker = undefined;
    this.#rejectAll(new Unavailable('worker.closed', `${this.#options.name}: closed while a call was under way`));
    await worker.terminate();
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const { name, data, memoryLimitMB } = this.#options;
    const fromSource = this.#entry.pathname.endsWith('.ts');
    const worker = new Worker(fromSource ? sourceBootstrap(this.#entry) : this.#entry, {
      name,
      workerData: data,
      eval: fromSource,
      execArgv: [],
      ...(memoryLimitMB ? { resourceLimits: { maxOldGenerationSizeMb: memoryLimitMB } } : {}),
    });
    this.#worker = worker;
    this.#death = undefined;
    // An idle worker does not keep the process alive; a call under way does.
    worker.unref();
    worker.on('message', (response: Response) => {
      if (response.type === 'result') this.#settle(response.id, (pending) => pending.resolve(response.value));
      else if (response.type === 'error')
        this.#settle(response.id, (pending) => pending.reject(fromWire(response.error)));
    });
    worker.on('error', (error: Error & { code?: string }) => {
      const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      const message = memory ? `out of memory (limit ${memoryLimitMB ?? 'of Node'} MB)` : messageOf(error);
      this.#die(worker, new Unavailable(memory ? 'worker.memory' : 'worker.crashed', `${name}: ${message}`, {}, error));
    });
    worker.on('exit', (code) =>
      this.#die(worker, new Unavailable('worker.crashed', `${name}: the worker exited with code ${code}`)),
    );
    return worker;
  }

  #settle(id: number, act: (pending: Pending) => void): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    pending.cleanup();
    if (this.#pending.size === 0) this.#worker?.unref();
    act(pending);
  }

  #rejectAll(error: Unavailable): void {
    for (const id of this.#pending.keys()) this.#settle(id, (pending) => pending.reject(error));
  }

  #die(worker: Worker, error: Unavailable): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#death = error;
    this.#rejectAll(error);
  }

  #end(worker: Worker, code: string, message: string): void {
    this.#die(worker, new Unavailable(code, message));
    void worker.terminate();
  }
}

/**
 * Program that loads a TypeScript entry. Node 20 applies loaders given by `--import` to imports of a worker but not to
 * its entry, so the loader is registered by hand first.
 */
function sourceBootstrap(entry: URL): string {
  const require = createRequire(fileURLToPath(import.meta.url));
  // `require.resolve` would give the CommonJS build of the API, which does not register in a worker.
  const loader = new URL('./esm/api/index.mjs', pathToFileURL(require.resolve('tsx'))).href;
  return `import(${JSON.stringify(loader)}).then((tsx) => { tsx.register(); return import(${JSON.stringify(entry.href)}); });`;
}
