import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { repositoryRoot, testData } from '../../../../test/support.js';
import type { TestServer } from '../../../base/net/testing/index.js';
import type { SourceItem } from '../pipeline/index.js';
import { crawl } from './crawler.js';
import type { CrawlOptions } from './options.js';
import { keptPages, webSource } from './source.js';
import { Ground, asked, linksTo, pathsOf, recordsIn, sendHtml } from './testing.js';

const ground = new Ground();
const fresh = () => ground.fresh();
const serve = ground.serve.bind(ground);
const run = ground.run.bind(ground);
afterEach(() => ground.stop());
afterAll(() => ground.clear());

describe('going on', () => {
  /** A site of n pages in a tree, each with its own text. */
  const site = (n: number, delayMs = 0) =>
    serve((request, response) => {
      const page = /^\/(\d*)$/.exec(request.url!);
      if (!page) return void response.writeHead(404).end();
      const at = Number(page[1] || 0);
      const next = [at * 2 + 1, at * 2 + 2].filter((i) => i < n).map((i) => `/${i}`);
      setTimeout(() => sendHtml(response, `page ${at} ${linksTo(...next)}`, { etag: `"${at}"` }), delayMs);
    });

  it('stops at its limits and goes on when they are raised', async () => {
    const server = await site(40);
    const folder = fresh();
    const first = await run(server, { folder, maxPages: 10 });
    expect(first.pages).toBe(10);
    expect(first.waiting).toBeGreaterThan(5);
    expect((await run(server, { folder, maxPages: 10 })).answers).toBe(first.answers);
    expect(await run(server, { folder, maxPages: 100 })).toMatchObject({ pages: 40, answers: 40, waiting: 0 });
    expect(asked(server)).toHaveLength(40);
    expect(new Set(pathsOf(await recordsIn(folder))).size).toBe(40);
    await expect(run(server, { folder, seeds: ['nonsense'] })).rejects.toThrow(/expected addresses/);
  });

  it('killed at any moment: no page twice, none lost', async () => {
    const n = 60;
    const server = await site(n, 5);
    const folder = fresh();
    const options = JSON.stringify({
      seeds: [`${server.url}/`],
      folder,
      allowHosts: ['127.0.0.1'],
      delay: 0,
      hostConcurrency: 3,
      fileBytes: 6000,
      sitemaps: false,
    });
    const start = (): ChildProcess =>
      spawn(
        process.execPath,
        ['--import', 'tsx', join(repositoryRoot, 'src/stages/data/crawl/testing-crawl.ts'), options],
        { cwd: repositoryRoot },
      );
    let kills = 0;
    for (const after of [8, 17, 29, 40]) {
      const child = start();
      const over = new Promise((resolve) => child.once('exit', resolve));
      const goal = server.seen.length + after;
      while (server.seen.length < goal && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 2));
      if (child.exitCode === null) kills++;
      child.kill('SIGKILL');
      await over;
    }
    // A machine that loses what was not synced: the last file is shorter than the log says, and the log's last line is torn.
    const last = readdirSync(folder)
      .filter((name) => name.endsWith('.warc.gz'))
      .sort()
      .at(-1)!;
    truncateSync(join(folder, last), Math.floor(statSync(join(folder, last)).size * 0.6));
    truncateSync(join(folder, 'frontier.jsonl'), statSync(join(folder, 'frontier.jsonl')).size - 7);
    const result = await crawl(JSON.parse(options) as CrawlOptions);
    expect(kills).toBeGreaterThanOrEqual(3);
    expect(result).toMatchObject({ pages: n, waiting: 0 });
    const found = pathsOf(await recordsIn(folder));
    expect(found).toHaveLength(n);
    expect(new Set(found).size).toBe(n);
    expect(keptPages(folder)).toHaveLength(n);
  });

  it('asks again with ETag and Last-Modified: revisit records for what stayed', async () => {
    let version = 1;
    const bodies = () => ({
      '/': linksTo('/etag', '/modified', '/changed', '/same', '/mapped'),
      '/etag': 'e',
      '/modified': 'm',
      '/changed': `version ${version}`,
      '/same': 'no validators',
      '/mapped': 'old',
    });
    const server = await serve((request, response, self) => {
      if (request.url === '/sitemap.xml')
        return void response.end(
          `<urlset><url><loc>${self.url}/mapped</loc><lastmod>2020-01-01</lastmod></url></urlset>`,
        );
      const body = (bodies() as Record<string, string>)[request.url!];
      if (body === undefined) return void response.writeHead(404).end();
      const headers: Record<string, string> =
        request.url === '/etag'
          ? { etag: '"1"' }
          : request.url === '/modified'
            ? { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }
            : {};
      const unchanged =
        (headers.etag && request.headers['if-none-match'] === headers.etag) ||
        (headers['last-modified'] && request.headers['if-modified-since'] === headers['last-modified']);
      if (unchanged) return void response.writeHead(304, headers).end();
      sendHtml(response, body, headers);
    });
    const folder = fresh();
    await run(server, { folder });
    version = 2;
    const again = await run(server, { folder, refresh: true });
    expect(again).toMatchObject({ pages: 6, waiting: 0 });
    const records = await recordsIn(folder);
    expect(pathsOf(records, 'revisit').sort()).toEqual(['/', '/etag', '/modified', '/same']);
    expect(pathsOf(records).filter((path) => path === '/changed')).toHaveLength(2);
    // The sitemap says that it has not changed since: not asked for.
    expect(asked(server).filter((url) => url === '/mapped')).toHaveLength(1);
    const revisit = records.find((item) => item.type === 'revisit' && item.url!.endsWith('/etag'))!;
    expect(revisit.headers['warc-profile']).toMatch(/server-not-modified/);
    expect(
      records.some((item) => item.type === 'response' && `<${item.id}>` === revisit.headers['warc-refers-to']),
    ).toBe(true);
    const texts = await documents(folder, server);
    expect(texts).toHaveLength(6);
    expect(texts).toContain('version 2');
    expect(texts).not.toContain('version 1');
  });

  async function documents(
    folder: string,
    server: TestServer,
    stopAfter = Number.POSITIVE_INFINITY,
  ): Promise<string[]> {
    const source = await webSource.create(
      webSource.options.parse({ urls: [`${server.url}/`], out: folder, allowHosts: ['127.0.0.1'], delay: 0 }),
      { folder: ground.root },
    );
    const found: SourceItem[] = [];
    const [task] = await source.tasks();
    for (let cursor: SourceItem['cursor'], more = true; more; ) {
      more = false;
      let taken = 0;
      for await (const item of source.read(task!, { cursor, onReject: () => undefined })) {
        found.push(item);
        cursor = item.cursor;
        if (++taken === stopAfter) {
          more = true;
          break;
        }
      }
    }
    return found.map((item) => item.document.text);
  }

  it('tries again, when called again, what failed before', async () => {
    let up = false;
    const server = await serve((request, response) => {
      if (request.url === '/') return sendHtml(response, linksTo('/a', '/b'));
      if (request.url === '/a' && !up) return void response.writeHead(503).end();
      if (request.url === '/robots.txt' || request.url === '/sitemap.xml' || request.url!.includes('tdmrep'))
        return void response.writeHead(404).end();
      sendHtml(response, `${request.url}`);
    });
    const folder = fresh();
    expect(await run(server, { folder, tries: 1 })).toMatchObject({ pages: 2, left: { 'status 503': 1 }, waiting: 0 });
    up = true;
    expect(await run(server, { folder })).toMatchObject({ pages: 3, left: {}, waiting: 0 });
    expect(pathsOf(await recordsIn(folder)).sort()).toEqual(['/', '/a', '/b']);
  });

  it('lets one process at a time into a folder', async () => {
    const server = await site(3, 50);
    const folder = fresh();
    const first = run(server, { folder });
    await expect(run(server, { folder })).rejects.toThrow(/expected no other crawl/);
    expect((await first).pages).toBe(3);
    expect((await run(server, { folder })).pages).toBe(3);
  });

  it('as a source, rejects what failed and not what owners keep', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/robots.txt') return void response.end('User-agent: *\nDisallow: /no');
      if (request.url === '/') return sendHtml(response, linksTo('/no', '/noai', '/404', '/cut'));
      if (request.url === '/noai') return sendHtml(response, 'x', { 'x-robots-tag': 'noai' });
      if (request.url === '/cut') return sendHtml(response, 'not gzip', { 'content-encoding': 'gzip' });
      response.writeHead(404).end();
    });
    const source = await webSource.create(
      webSource.options.parse({ urls: [`${server.url}/`], out: fresh(), allowHosts: ['127.0.0.1'], delay: 0 }),
      { folder: ground.root },
    );
    const rejects: string[] = [];
    const [task] = await source.tasks();
    for await (const _ of source.read(task!, { onReject: ({ reason }) => rejects.push(reason) }));
    expect(rejects).toHaveLength(1);
    expect(rejects[0]).toMatch(/packing/);
  });

  it('is a source that goes on at its cursor', async () => {
    const server = await site(15);
    const folder = fresh();
    const texts = await documents(folder, server);
    expect(texts.map((text) => Number(/^page (\d+)/.exec(text)![1])).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 15 }, (_, i) => i),
    );
    expect(await documents(folder, server, 4)).toEqual(texts);
    expect(asked(server)).toHaveLength(15);
  });

  it('crawls the shared pages', async (context) => {
    const folder = testData(context, 'crawl/html-readability');
    const names = readdirSync(folder)
      .filter((name) => name !== 'SOURCE.md')
      .slice(0, 25);
    const server = await serve((request, response) => {
      if (request.url === '/') return sendHtml(response, linksTo(...names.map((name) => `/${name}/`)));
      const name = request.url!.slice(1, -1);
      if (!names.includes(name)) return void response.writeHead(404).end();
      const page = readFileSync(join(folder, name, 'source.html'));
      response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end(gzipSync(page));
    });
    const out = fresh();
    const result = await run(server, { folder: out });
    const saved = new Map(
      (await recordsIn(out))
        .filter((item) => item.type === 'response')
        .map((item) => [new URL(item.url!).pathname, item]),
    );
    for (const name of names) {
      const refused = /<meta[^>]*\brobots\b[^>]*noindex|<meta[^>]*noindex[^>]*\brobots\b/i.test(
        readFileSync(join(folder, name, 'source.html'), 'utf8'),
      );
      expect(saved.has(`/${name}/`), name).toBe(!refused);
    }
    expect(result.pages).toBeGreaterThan(20);
  });
});
