import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { InvalidInput } from '../../../base/core/index.js';
import type { Reject } from '../document.js';
import { type SourceItem, defineSource } from '../pipeline/index.js';
import { documentOf, rangeOf, readWarc } from '../warc/index.js';
import { canonicalUrl, urlKey } from './canonical.js';
import { crawl } from './crawler.js';
import { isFailure } from './judge.js';
import { Frontier, type PageEntry, archiveName } from './frontier.js';

/** Pages of a finished crawl that are documents, in the order they stand in the archive; of pages that name a kept one as canonical only that one. */
export function keptPages(folder: string): readonly PageEntry[] {
  if (!existsSync(join(folder, 'frontier.jsonl')))
    throw new InvalidInput('crawl.folder', `read ${folder}: expected a crawl, got no frontier.jsonl`);
  const frontier = new Frontier(folder, true);
  frontier.close();
  const kept = [...frontier.pages.values()].filter((page) => page.kept && page.at);
  const canonicals = new Set(kept.map((page) => urlKey(page.url)));
  return kept
    .filter(
      (page) => page.canonical === undefined || page.canonical === page.url || !canonicals.has(urlKey(page.canonical)),
    )
    .sort((a, b) => a.at![0] - b.at![0] || a.at![1] - b.at![1]);
}

const options = z.strictObject({
  urls: z.array(z.string()).min(1).describe('Addresses to start from.'),
  out: z.string().describe('Folder for WARC files and the memory of the crawl.'),
  scope: z
    .enum(['host', 'domain', 'any'])
    .optional()
    .describe('Hosts of the start addresses (default), these and all below them, or any.'),
  include: z.array(z.string()).optional().describe('Globs over addresses, one of which a page must match.'),
  exclude: z.array(z.string()).optional(),
  maxPages: z.int().positive().default(1000),
  maxPagesPerHost: z.int().positive().optional(),
  maxDepth: z.int().min(0).optional().describe('Links from a start address. Default 16.'),
  maxPageBytes: z.int().positive().optional().describe('Default 5 MiB.'),
  delay: z
    .number()
    .min(0)
    .optional()
    .describe('Seconds between two requests to a host; crawl-delay may ask for more. Default 1.'),
  concurrency: z.int().min(1).max(256).optional().describe('Default 8.'),
  agent: z.string().optional().describe('Name that robots.txt knows the crawler by. Default abovo.'),
  userAgent: z.string().optional().describe('Say who you are and how to reach you.'),
  honourTraining: z
    .boolean()
    .optional()
    .describe('noai, TDM reservation, Content-Signal, robots of AI companies shut out. Default true.'),
  refresh: z.boolean().optional().describe('Asks again for what was fetched before; unchanged pages cost no transfer.'),
  allowHosts: z
    .array(z.string())
    .optional()
    .describe('Hosts and networks that may be crawled although they are not public.'),
  licence: z.string().optional(),
  access: z.enum(['public', 'internal', 'confidential', 'personal']).optional(),
});

export const webSource = defineSource({
  kind: 'web',
  summary: 'A polite crawl into WARC files, and its pages.',
  version: 1,
  options,
  create(given, { folder }) {
    const { urls, out, licence, access, ...settings } = given;
    const place = resolve(folder, out);
    return {
      // One crawl has one frontier: it is not shared out.
      async tasks() {
        const id = createHash('sha256')
          .update(urls.map((url) => canonicalUrl(url) ?? url).join('\n'))
          .digest('hex')
          .slice(0, 12);
        return [{ id: `crawl-${id}`, spec: { out } }];
      },
      async *read(_task, { cursor, onReject, signal }): AsyncGenerator<SourceItem> {
        // A cursor says that the crawl was over; what it fetched is read to the end.
        if (cursor === undefined) {
          // Why every other address was left out stands in the log of the crawl.
          const failed = (reject: Reject) => isFailure(reject.reason) && onReject(reject);
          await crawl({ ...settings, seeds: urls, folder: place, signal, onReject: failed });
        }
        const pages = keptPages(place);
        for (let i = typeof cursor === 'number' ? cursor : 0; i < pages.length; i++) {
          signal?.throwIfAborted();
          const [file, offset, length] = pages[i]!.at!;
          const name = join(relative(folder, place), archiveName(file));
          const bytes = await rangeOf(join(place, archiveName(file)), offset, length, undefined, signal);
          const one = (async function* () {
            yield bytes;
          })();
          const source = `${name}@${offset}`;
          for await (const record of readWarc(one, {
            from: { offset, index: 0 },
            onDamage: ({ reason }) => onReject({ source, reason }),
          })) {
            const outcome = documentOf(record, name, { licence, access });
            if ('document' in outcome) yield { document: outcome.document, cursor: i + 1 };
            else if ('reason' in outcome) onReject({ source, reason: outcome.reason });
          }
        }
      },
    };
  },
});
