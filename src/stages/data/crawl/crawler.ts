import { mkdirSync } from 'node:fs';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { type HttpClient, type HttpResponse, createHttpClient, retryAfterMs } from '../../../base/net/index.node.js';
import { Archive } from './archive.js';
import { canonicalUrl, urlKey } from './canonical.js';
import { lockFolder } from './folder-lock.js';
import { Frontier, type PageEntry, type Waiting } from './frontier.js';
import type { CrawlOptions, CrawlResult } from './options.js';
import { type Verdict, isPassing, judge } from './judge.js';
import { type Host, Schedule } from './schedule.js';
import { Scope } from './scope.js';
import { type Site, fetchSite, refusalOf } from './site.js';
import { readSitemaps } from './site-maps.js';
import { Traps } from './traps.js';

const defaults = {
  maxPages: 1000,
  maxPagesPerHost: 10_000,
  maxDepth: 16,
  maxBytes: 10e9,
  maxPageBytes: 5 << 20,
  delay: 1,
  longestDelay: 120,
  tries: 3,
  concurrency: 8,
  hostConcurrency: 1,
  agent: 'abovo',
  userAgent: 'abovo/1.0',
  honourTraining: true,
  sitemaps: true,
  mediaTypes: ['text/html', 'application/xhtml+xml', 'text/plain'] as readonly string[],
};
const mostHops = 5;
/** RFC 9309, section 2.4: robots.txt should not be believed for more than a day. */
const robotsAgeMs = 24 * 3600 * 1000;
/** Bodies that so many addresses of a host show are followed no further. */
const mostCopies = 3;

/**
 * Crawls from the seeds into WARC files, politely and within bounds. Called again on the same folder it goes on where it was stopped, at whatever
 * moment: no page is lost, none is stored twice. Errors: `InvalidInput` for seeds that are no addresses; what happens to a page is in the log.
 */
export async function crawl(options: CrawlOptions): Promise<CrawlResult> {
  mkdirSync(options.folder, { recursive: true });
  const unlock = lockFolder(options.folder);
  try {
    return await new Crawl(options).run();
  } finally {
    unlock();
  }
}

class Crawl {
  readonly #options: CrawlOptions & typeof defaults;
  readonly #frontier: Frontier;
  readonly #archive: Archive;
  readonly #http: HttpClient;
  readonly #schedule: Schedule;
  readonly #scope: Scope;
  readonly #traps: Traps;
  readonly #sites = new Map<string, { readonly site: Promise<Site>; readonly at: number }>();
  readonly #tries = new Map<string, number>();
  readonly #left = new Map<string, number>();
  #kept = 0;
  #answers = 0;
  #bytes = 0;

  constructor(given: CrawlOptions) {
    const options = {
      ...defaults,
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    } as CrawlOptions & typeof defaults;
    const seeds = options.seeds.map((seed) => {
      const url = canonicalUrl(seed);
      if (url === undefined)
        throw new InvalidInput(
          'crawl.seed',
          `crawl: expected addresses with http or https, got ${JSON.stringify(seed)}`,
        );
      return url;
    });
    this.#options = { ...options, seeds };
    this.#scope = new Scope(seeds, options);
    this.#traps = new Traps(options.traps);
    this.#schedule = new Schedule(options.delay * 1000, options.hostConcurrency);
    this.#http = createHttpClient({
      userAgent: options.userAgent,
      allowHosts: options.allowHosts,
      limits: { bytes: options.maxPageBytes, decodedBytes: options.maxPageBytes * 8 },
      retry: { retries: 0 },
      perHost: { concurrency: options.hostConcurrency + 1, total: options.concurrency * 2 },
      ...options.http,
    });
    this.#frontier = new Frontier(options.folder);
    if (options.refresh && this.#frontier.waiting().length === 0 && this.#frontier.pages.size > 0)
      this.#frontier.startRound();
    this.#archive = new Archive(options.folder, this.#frontier.ends, options);
    this.#bytes = [...this.#frontier.ends.values()].reduce((sum, end) => sum + end, 0);
    this.#recall();
  }

  /** What earlier calls have seen counts; what failed then is tried once more. */
  #recall(): void {
    for (const page of this.#frontier.pages.values()) {
      this.#traps.count(page.url);
      if (page.status !== undefined) {
        this.#answers++;
        const host = this.#schedule.hostOf(page.url);
        // A new round asks for all of them again.
        if (this.#frontier.round === 1) host.asked++;
        if (page.digest !== undefined) host.digests.set(page.digest, (host.digests.get(page.digest) ?? 0) + 1);
      }
      if (page.kept) this.#kept++;
      else if (page.reason !== undefined && !isPassing(page.reason)) this.#leave(page.reason);
    }
    for (const { url } of this.#frontier.waiting()) this.#traps.count(url);
    this.#frontier.waitAgain((page) => page.reason !== undefined && isPassing(page.reason));
  }

  async run(): Promise<CrawlResult> {
    const { concurrency, maxPages, signal, seeds } = this.#options;
    try {
      this.#frontier.add(
        'seed',
        seeds.map((url) => ({ url, depth: 0 })),
      );
      for (const waiting of this.#frontier.waiting()) this.#schedule.add(waiting);
      const active = new Set<Promise<void>>();
      let failure: { error: unknown } | undefined;
      for (;;) {
        if (signal?.aborted || failure) break;
        // In a later round known pages are asked for again in any case; `#visit` leaves new ones waiting.
        if (this.#frontier.round === 1 && this.#kept + active.size >= maxPages) {
          if (active.size === 0 || this.#kept >= maxPages) break;
          await Promise.race(active);
          continue;
        }
        if (this.#bytes >= this.#options.maxBytes) break;
        const next = active.size >= concurrency ? Number.POSITIVE_INFINITY : this.#schedule.next();
        if (next === undefined && active.size === 0) break;
        if (next === undefined || typeof next === 'number') {
          await this.#schedule.sleep(next ?? Number.POSITIVE_INFINITY, signal);
          continue;
        }
        const work: Promise<void> = this.#visit(next.waiting, next.host)
          .catch((error: unknown) => {
            if (!signal?.aborted) failure ??= { error };
          })
          .finally(() => {
            active.delete(work);
            this.#schedule.leave(next.host);
          });
        active.add(work);
      }
      await Promise.allSettled(active);
      signal?.throwIfAborted();
      if (failure) throw failure.error;
    } finally {
      this.#archive.close();
      this.#frontier.close();
      await this.#http.close();
    }
    return {
      pages: this.#kept,
      answers: this.#answers,
      found: this.#frontier.found,
      waiting: this.#frontier.waiting().length,
      left: Object.fromEntries(this.#left),
    };
  }

  #leave(reason: string): void {
    this.#left.set(reason, (this.#left.get(reason) ?? 0) + 1);
  }

  /** Robots.txt, TDM rules and sitemaps of an origin, once a day. */
  #siteOf(host: Host): Promise<Site> {
    const known = this.#sites.get(host.origin);
    if (known && performance.now() - known.at < robotsAgeMs) return known.site;
    const site = this.#enter(host);
    this.#sites.set(host.origin, { site, at: performance.now() });
    return site;
  }

  async #enter(host: Host): Promise<Site> {
    const { agent, delay, sitemaps, signal } = this.#options;
    const site = await fetchSite(host.origin, this.#http, signal);
    const asked = site.robots.crawlDelay(agent);
    if (asked !== undefined) host.delayMs = Math.max(delay, asked) * 1000;
    // What was just asked counts as requests.
    host.readyAt = performance.now() + host.delayMs;
    if (sitemaps && !(asked !== undefined && asked > this.#options.longestDelay)) {
      const add = (links: readonly Waiting[], from: string, done: boolean) => this.#admit(links, from, done);
      await readSitemaps(site, host.origin, this.#http, {
        agent,
        delayMs: host.delayMs,
        hasRead: (url) => this.#frontier.hasRead(url),
        add,
        signal,
      });
      host.readyAt = performance.now() + host.delayMs;
    }
    return site;
  }

  /** Addresses of a sitemap that belong to the crawl go into the frontier and the schedule. */
  #admit(links: readonly Waiting[], from: string, done: boolean): void {
    for (const link of this.#frontier.add(from, this.#chosen(links), done)) this.#schedule.add(link);
  }

  /** Those addresses that belong to the crawl and do not look like a trap, in their canonical spelling. */
  #chosen(links: readonly Waiting[]): readonly Waiting[] {
    const chosen: Waiting[] = [];
    for (const link of links) {
      const url = canonicalUrl(link.url);
      if (url === undefined || link.depth > this.#options.maxDepth || !this.#scope.has(url)) continue;
      if (!this.#frontier.has(url)) {
        const trap = this.#traps.check(url);
        if (trap !== undefined) {
          this.#leave(`trap: ${trap.replace(/"[^"]*"/, 'a segment')}`);
          continue;
        }
        this.#traps.count(url);
      }
      chosen.push({ ...link, url });
    }
    return chosen;
  }

  /** Notes what became of an address, and lets what it links to wait. */
  #finish(entry: Omit<PageEntry, 't'>): void {
    const links = this.#frontier.fresh(entry.links ?? []);
    const wasKept = this.#frontier.pages.get(urlKey(entry.url))?.kept ?? false;
    this.#frontier.finish({ ...entry, links: links.length > 0 ? links : undefined });
    for (const link of links) this.#schedule.add(link);
    this.#kept += Number(entry.kept ?? false) - Number(wasKept);
    if (!entry.kept && entry.reason !== undefined) {
      this.#leave(entry.reason);
      this.#options.onReject?.({ source: entry.url, reason: entry.reason });
    }
    this.#options.onProgress?.({
      stage: 'crawl',
      done: this.#kept,
      total: this.#options.maxPages,
      unit: 'pages',
      figures: { found: String(this.#frontier.found), bytes: String(this.#bytes) },
    });
  }

  async #visit(queued: Waiting, host: Host): Promise<void> {
    const { url } = queued;
    const { agent, honourTraining, longestDelay, maxPagesPerHost, signal } = this.#options;
    const site = await this.#siteOf(host);
    // A sitemap may have told more of it by now.
    const waiting = this.#frontier.waitingFor(url) ?? queued;
    if (host.delayMs > longestDelay * 1000)
      return this.#finish({ url, reason: `robots.txt asks for ${host.delayMs / 1000} s between requests` });
    const refusal = refusalOf(site, url, agent, honourTraining);
    if (refusal !== undefined) return this.#finish({ url, reason: refusal, depth: waiting.depth });
    if (host.asked >= maxPagesPerHost) return this.#finish({ url, reason: 'most pages of the host' });
    const before = this.#frontier.pages.get(urlKey(url));
    const fetchedBefore = before?.id !== undefined && before.time !== undefined ? before : undefined;
    if (fetchedBefore?.kept && waiting.lastModified !== undefined && waiting.lastModified < fetchedBefore.time!) {
      return this.#finish({ url, revisit: true, kept: true });
    }
    if (!before && this.#kept >= this.#options.maxPages) return undefined;
    host.asked++;
    const headers: Record<string, string> = { accept: 'text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.1' };
    if (fetchedBefore?.etag !== undefined) headers['if-none-match'] = fetchedBefore.etag;
    if (fetchedBefore?.lastModified !== undefined) headers['if-modified-since'] = fetchedBefore.lastModified;
    const time = new Date().toISOString();
    let response: HttpResponse;
    try {
      response = await this.#http.fetch(url, { redirect: 'manual', headers, signal });
    } catch (error) {
      if (signal?.aborted) throw error;
      const code = (error as { code?: string }).code ?? '';
      if (code === 'net.failed' || code === 'net.timeout') return this.#again(waiting, host, code, undefined);
      return this.#finish({ url, reason: code === '' ? messageOf(error) : code });
    }
    const { status } = response;
    if (status === 429 || status >= 500)
      return this.#again(waiting, host, `status ${status}`, retryAfterMs(response.headers['retry-after'], Date.now()));
    this.#answers++;
    const verdict = await judge(response, this.#options);
    this.#store(waiting, host, response, time, verdict, fetchedBefore);
  }

  /** Comes back later, a few times: with twice the wait each time, or as the server asks. */
  #again(waiting: Waiting, host: Host, reason: string, askedMs: number | undefined): void {
    const tries = (this.#tries.get(waiting.url) ?? 0) + 1;
    this.#tries.set(waiting.url, tries);
    const wait = Math.max(askedMs ?? 0, Math.max(host.delayMs, 250) * 2 ** tries);
    if (tries >= this.#options.tries || wait > this.#options.longestDelay * 1000) {
      this.#tries.delete(waiting.url);
      return this.#finish({ url: waiting.url, reason, depth: waiting.depth });
    }
    host.readyAt = Math.max(host.readyAt, performance.now() + wait);
    host.queue.push(waiting);
    this.#schedule.wake();
    return undefined;
  }

  #store(
    waiting: Waiting,
    host: Host,
    response: HttpResponse,
    time: string,
    verdict: Verdict,
    before: PageEntry | undefined,
  ): void {
    const { url, depth, hops = 0 } = waiting;
    if (response.status === 304 && before) {
      const stored = this.#archive.store(response, time, { id: before.id!, time: before.time! });
      this.#bytes += stored.at[2];
      return this.#finish({ url, revisit: true, kept: before.kept, upTo: stored.upTo });
    }
    const links: Waiting[] = [];
    if (verdict.redirect !== undefined) {
      const target = canonicalUrl(verdict.redirect, url);
      if (hops < mostHops && target !== undefined) links.push({ url: target, depth, hops: hops + 1 });
    }
    const copies = (host.digests.get(verdict.digest) ?? 0) + 1;
    if (response.status === 200) host.digests.set(verdict.digest, copies);
    // Addresses without end that all show one page: its links would only make more of them.
    if (copies <= mostCopies) for (const link of verdict.links) links.push({ url: link, depth: depth + 1 });
    const chosen = this.#chosen(links);
    if (verdict.reason !== undefined && !verdict.store)
      return this.#finish({ url, status: response.status, reason: verdict.reason, links: chosen });
    const same = before?.digest === verdict.digest ? before : undefined;
    const stored = this.#archive.store(response, time, same && { id: same.id!, time: same.time!, digest: same.digest });
    this.#bytes += stored.at[2];
    const { etag, 'last-modified': lastModified } = response.headers;
    if (same)
      return this.#finish({
        url,
        revisit: true,
        kept: same.kept,
        links: chosen,
        etag,
        lastModified,
        upTo: stored.upTo,
      });
    return this.#finish({
      url,
      status: response.status,
      reason: verdict.reason,
      kept: verdict.reason === undefined,
      canonical: verdict.canonical,
      digest: verdict.digest,
      etag,
      lastModified,
      time,
      links: chosen,
      ...stored,
    });
  }
}
