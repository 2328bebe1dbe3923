/**
 * A polite crawler: robots.txt, sitemaps, rates, traps and the wishes of owners kept; resumable at any moment; writes WARC.
 *
 * @module
 * @example
 * ```ts
 * import { Robots, canonicalUrl } from 'abovo/data/crawl';
 * const robots = Robots.parse('User-agent: *\nDisallow: /private\nAllow: /private/open');
 * robots.allows('abovo', '/private/open/a'); // true
 * robots.allows('abovo', '/private/b'); // false
 * canonicalUrl('HTTP://Example.org:80/a/../b?utm_source=x#top'); // 'http://example.org/b'
 * ```
 */
import type { SourceDefinition } from '../pipeline/index.js';
import { webSource } from './source.js';

/** Source kinds of this room. */
export const sources: readonly SourceDefinition[] = [webSource];

export { canonicalUrl, urlKey } from './canonical.js';
export { crawl } from './crawler.js';
export { parseDirectives, parseRobotsTags, parseTdmRules, tdmReserves } from './directives.js';
export type { Directives, TdmRule } from './directives.js';
export type { CrawlOptions, CrawlResult } from './options.js';
export { readSignals } from './page-signals.js';
export type { PageSignals } from './page-signals.js';
export { Robots, trainingAgents } from './robots.js';
export { readSitemap } from './sitemap.js';
export type { SitemapEntry } from './sitemap.js';
export { keptPages } from './source.js';
export { webSource };
