import { ApiError } from './api-error.js';

/** Counts what runs and waits, so that a flood is refused at the door and a shutdown knows when all is done. */
export class Admission {
  readonly #capacity: number;
  readonly #shutdown = new AbortController();
  #sequences = 0;
  #requests = 0;
  #draining = false;
  #idle: Array<() => void> = [];

  /** `capacity`: sequences that may run or wait at once. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get draining(): boolean {
    return this.#draining;
  }

  get requests(): number {
    return this.#requests;
  }

  get sequences(): number {
    return this.#sequences;
  }

  /** Aborted when the time to finish what is in flight is over. */
  get shutdownSignal(): AbortSignal {
    return this.#shutdown.signal;
  }

  /** Enters a request; the returned function leaves, once. */
  enterRequest(): () => void {
    if (this.#draining) {
      throw new ApiError(503, 'overloaded_error', 'The server is shutting down.', {
        code: 'shutting_down',
        retryAfter: 5,
        headers: { connection: 'close' },
      });
    }
    this.#requests++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#requests--;
      if (this.#requests === 0) for (const resolve of this.#idle.splice(0)) resolve();
    };
  }

  /** Takes room for `count` sequences; the returned function gives it back, once. */
  enterSequences(count: number): () => void {
    if (this.#sequences + count > this.#capacity) {
      throw new ApiError(
        503,
        'overloaded_error',
        `The server is busy: ${this.#sequences} sequences run or wait, ${this.#capacity} may. Try again soon.`,
        { code: 'queue_full', retryAfter: 1 },
      );
    }
    this.#sequences += count;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#sequences -= count;
    };
  }

  /** Refuses new requests and waits for those in flight; after `milliseconds` they are cut off. Returns whether all ended by themselves. */
  async drain(milliseconds: number): Promise<boolean> {
    this.#draining = true;
    if (await this.#idleWithin(milliseconds)) return true;
    this.#shutdown.abort();
    await this.#idleWithin(2000);
    return false;
  }

  #idleWithin(milliseconds: number): Promise<boolean> {
    if (this.#requests === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), milliseconds);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}
