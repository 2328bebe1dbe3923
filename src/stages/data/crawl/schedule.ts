import { setTimeout as delay } from 'node:timers/promises';
import type { Waiting } from './frontier.js';

/** Queue and clock of one host. */
export interface Host {
  readonly origin: string;
  readonly queue: Waiting[];
  active: number;
  /** When the next request may start. */
  readyAt: number;
  delayMs: number;
  /** Addresses asked for. */
  asked: number;
  /** Bodies seen here, by digest: a page that many addresses show is a trap. */
  readonly digests: Map<string, number>;
}

/** Hands out addresses so that every host keeps its rate, and none keeps the others waiting. */
export class Schedule {
  readonly #hosts = new Map<string, Host>();
  readonly #delayMs: number;
  readonly #perHost: number;
  #turn = 0;
  #wake: AbortController = new AbortController();

  constructor(delayMs: number, perHost: number) {
    this.#delayMs = delayMs;
    this.#perHost = perHost;
  }

  hostOf(url: string): Host {
    const { origin } = new URL(url);
    let host = this.#hosts.get(origin);
    if (!host) {
      host = { origin, queue: [], active: 0, readyAt: 0, delayMs: this.#delayMs, asked: 0, digests: new Map() };
      this.#hosts.set(origin, host);
    }
    return host;
  }

  add(waiting: Waiting): void {
    this.hostOf(waiting.url).queue.push(waiting);
    this.wake();
  }

  /** The next address whose host is ready, with its host's place taken; the milliseconds to wait; or `undefined` where nothing waits. */
  next(): { readonly waiting: Waiting; readonly host: Host } | number | undefined {
    const now = performance.now();
    const hosts = [...this.#hosts.values()].filter((host) => host.queue.length > 0);
    let soonest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < hosts.length; i++) {
      const host = hosts[(this.#turn + i) % hosts.length]!;
      if (host.active >= this.#perHost) continue;
      if (host.readyAt > now) {
        soonest = Math.min(soonest, host.readyAt - now);
        continue;
      }
      this.#turn = (this.#turn + i + 1) % hosts.length;
      host.active++;
      host.readyAt = now + host.delayMs;
      return { waiting: host.queue.shift()!, host };
    }
    return hosts.length === 0 ? undefined : soonest;
  }

  leave(host: Host): void {
    host.active--;
    this.wake();
  }

  /** Sleeps until something may have changed. */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.#wake = new AbortController();
    const stop = signal ? AbortSignal.any([signal, this.#wake.signal]) : this.#wake.signal;
    await delay(Math.min(ms, 60_000), undefined, { signal: stop }).catch(() => undefined);
  }

  wake(): void {
    this.#wake.abort();
  }
}
