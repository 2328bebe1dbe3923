import { setTimeout as delay } from 'node:timers/promises';

interface HostState {
  active: number;
  /** When the next request may start, in the clock's milliseconds. */
  next: number;
  intervalMs: number;
  readonly waiting: Array<() => void>;
}

export interface HostGateOptions {
  /** Requests to one host at a time. Default 2. */
  readonly concurrency?: number;
  /** Least time between the starts of two requests to one host. Default 0. */
  readonly intervalMs?: number;
  /** Requests at a time over all hosts. Default 16. */
  readonly total?: number;
}

/** Keeps each host's rate and concurrency. A host is forgotten when nothing of it is left to wait for. */
export class HostGate {
  readonly #hosts = new Map<string, HostState>();
  readonly #intervals = new Map<string, number>();
  readonly #concurrency: number;
  readonly #intervalMs: number;
  readonly #total: number;
  readonly #waiting: Array<() => void> = [];
  #active = 0;

  constructor({ concurrency = 2, intervalMs = 0, total = 16 }: HostGateOptions = {}) {
    this.#concurrency = concurrency;
    this.#intervalMs = intervalMs;
    this.#total = total;
  }

  /** Least time between requests to this host, where it asks for more than the default (crawl-delay). */
  setInterval(host: string, intervalMs: number): void {
    this.#intervals.set(host, intervalMs);
    const state = this.#hosts.get(host);
    if (state) state.intervalMs = intervalMs;
  }

  /** No request to this host before so many milliseconds have passed (429, 503 with Retry-After). */
  pause(host: string, ms: number): void {
    const state = this.#state(host);
    state.next = Math.max(state.next, performance.now() + ms);
  }

  #state(host: string): HostState {
    let state = this.#hosts.get(host);
    if (!state) {
      if (this.#hosts.size >= 10_000) this.#sweep();
      state = { active: 0, next: 0, intervalMs: this.#intervals.get(host) ?? this.#intervalMs, waiting: [] };
      this.#hosts.set(host, state);
    }
    return state;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [host, state] of this.#hosts) {
      if (state.active === 0 && state.waiting.length === 0 && state.next <= now) this.#hosts.delete(host);
    }
  }

  /** Waits for a place and for the host's turn. The result gives the place back. Rejects when the signal is aborted. */
  async enter(host: string, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const state = this.#state(host);
    // A host's own places come first: whoever waits for a slow host must not hold a place that others could use.
    if (state.active >= this.#concurrency) await waitIn(state.waiting, signal);
    else state.active++;
    const leaveHost = () => {
      const next = state.waiting.shift();
      if (next) next();
      else state.active--;
    };
    try {
      for (;;) {
        const now = performance.now();
        const at = Math.max(now, state.next);
        if (at <= now) break;
        await delay(at - now, undefined, { signal });
      }
      // Claimed without a wait in between, so that two requests never take the same turn.
      state.next = performance.now() + state.intervalMs;
      if (this.#active >= this.#total) await waitIn(this.#waiting, signal);
      else this.#active++;
    } catch (error) {
      leaveHost();
      throw error;
    }
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#active--;
      leaveHost();
    };
  }
}

/** Waits in a queue until its place is handed over; leaves the queue when the signal is aborted. */
function waitIn(queue: Array<() => void>, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const turn = () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    };
    const abort = () => {
      const at = queue.indexOf(turn);
      if (at >= 0) queue.splice(at, 1);
      reject(signal!.reason as Error);
    };
    queue.push(turn);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
