import { Unavailable } from '../core/index.js';
import { WorkerClient } from './client.js';
import type { CallOptions, WorkerOptions } from './client.js';
import type { WorkerMethods } from './protocol.js';

interface Waiting {
  start(client: WorkerClient<WorkerMethods>): void;
  reject(error: unknown): void;
}

/**
 * A fixed number of equal, stateless workers, one call each at a time; further calls wait in order. A worker that dies
 * (crash, time or memory limit) fails its own call only: the next call gets a fresh one.
 */
export class WorkerPool<M extends WorkerMethods> {
  readonly size: number;
  readonly #clients: WorkerClient<WorkerMethods>[];
  readonly #idle: WorkerClient<WorkerMethods>[];
  #waiting: Waiting[] = [];

  constructor(entry: URL, size: number, options: WorkerOptions) {
    this.size = size;
    this.#clients = Array.from({ length: size }, () => new WorkerClient<WorkerMethods>(entry, options, true));
    this.#idle = [...this.#clients];
  }

  /** As `WorkerClient.call`, on the next free worker. */
  call<K extends keyof M & string>(
    method: K,
    argument: M[K]['argument'],
    options: CallOptions = {},
  ): Promise<M[K]['result']> {
    return new Promise((resolve, reject) => {
      const start = (client: WorkerClient<WorkerMethods>) => {
        const done = () => this.#release(client);
        const call = client.call(method, argument, options);
        call.then(resolve, reject);
        call.then(done, done);
      };
      const client = this.#idle.pop();
      if (client) start(client);
      else this.#waiting.push({ start, reject });
    });
  }

  /** Ends the workers; calls under way and waiting reject. */
  async close(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const item of waiting) item.reject(new Unavailable('worker.closed', 'worker pool: closed'));
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #release(client: WorkerClient<WorkerMethods>): void {
    const next = this.#waiting.shift();
    if (next) next.start(client);
    else this.#idle.push(client);
  }
}
