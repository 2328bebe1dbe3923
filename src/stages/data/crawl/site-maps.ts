import { setTimeout as delay } from 'node:timers/promises';
import type { HttpClient } from '../../../base/net/index.node.js';
import type { Waiting } from './frontier.js';
import type { Site } from './site.js';
import { mostSitemapBytes, readSitemap } from './sitemap.js';

export interface ReadSitemapsOptions {
  readonly agent: string;
  readonly delayMs: number;
  /** Whether a sitemap has been read to its end in this round. */
  readonly hasRead: (url: string) => boolean;
  readonly add: (links: readonly Waiting[], from: string, done: boolean) => void;
  readonly signal?: AbortSignal;
}

/** Sitemaps of one site that are read, and how deep indexes may lie in indexes. */
const mostSitemaps = 100;
const mostLevels = 3;
/** Addresses that are handed on at once. */
const batch = 500;

/** Reads the sitemaps that robots.txt names, else /sitemap.xml; streamed. A sitemap that fails costs itself. */
export async function readSitemaps(
  site: Site,
  origin: string,
  http: HttpClient,
  options: ReadSitemapsOptions,
): Promise<void> {
  const { hasRead, add, signal } = options;
  const named = site.robots.sitemaps.length > 0;
  const queue = (named ? site.robots.sitemaps : [`${origin}/sitemap.xml`]).map((url) => ({ url, level: 0 }));
  const seen = new Set(queue.map(({ url }) => url));
  for (let read = 0; queue.length > 0 && read < mostSitemaps; ) {
    const { url, level } = queue.shift()!;
    if (hasRead(url)) continue;
    if (!named && !site.robots.allows(options.agent, new URL(url).pathname)) continue;
    if (read++ > 0) await delay(options.delayMs, undefined, { signal });
    try {
      const answer = await http.open(url, {
        signal,
        retry: { retries: 1 },
        limits: { bytes: mostSitemapBytes, decodedBytes: mostSitemapBytes },
      });
      let links: Waiting[] = [];
      try {
        if (answer.status === 200) {
          for await (const entry of readSitemap(answer.body)) {
            if (entry.isSitemap) {
              if (level < mostLevels && seen.size < mostSitemaps * 10 && !seen.has(entry.url)) {
                seen.add(entry.url);
                queue.push({ url: entry.url, level: level + 1 });
              }
              continue;
            }
            links.push({ url: entry.url, depth: 1, lastModified: entry.lastModified });
            if (links.length >= batch) {
              add(links, url, false);
              links = [];
            }
          }
        }
      } finally {
        answer.cancel();
      }
      add(links, url, true);
    } catch (error) {
      if (signal?.aborted) throw error;
      add([], url, true);
    }
  }
}
