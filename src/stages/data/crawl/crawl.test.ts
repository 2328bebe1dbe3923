import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { repositoryRoot, testData } from '../../../../test/support.js';
import { type TestServer, startTestServer } from '../../../base/net/testing.js';
import type { SourceItem } from '../pipeline/index.js';
import { type WarcRecord, digestProblem, parseHttp, readWarc } from '../warc/index.js';
import { crawl } from './crawler.js';
import { keptPages, webSource } from './source.js';
import type { CrawlOptions, CrawlResult } from './options.js';

const root = mkdtempSync(join(tmpdir(), 'abovo-crawl-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(
  handle: (request: IncomingMessage, response: ServerResponse, server: TestServer) => void,
): Promise<TestServer> {
  const server: TestServer = await startTestServer((request, response) => handle(request, response, server));
  servers.push(server);
  return server;
}

let number = 0;
const fresh = () => join(root, String(number++));
const run = (server: TestServer, options: Partial<CrawlOptions> = {}): Promise<CrawlResult> =>
  crawl({ seeds: [`${server.url}/`], folder: fresh(), allowHosts: ['127.0.0.1'], delay: 0, ...options });

async function recordsIn(folder: string): Promise<WarcRecord[]> {
  const records: WarcRecord[] = [];
  for (const name of readdirSync(folder)
    .filter((item) => item.endsWith('.warc.gz'))
    .sort()) {
    const damage: string[] = [];
    for await (const record of readWarc(createReadStream(join(folder, name)), {
      onDamage: ({ reason }) => damage.push(reason),
    }))
      records.push(record);
    expect(damage).toEqual([]);
  }
  return records;
}
const paths = (records: readonly WarcRecord[], type = 'response') =>
  records.filter((item) => item.type === type).map((item) => new URL(item.url!).pathname + new URL(item.url!).search);
const html = (response: ServerResponse, body: string, headers: Record<string, string> = {}) =>
  void response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(body);
const links = (...to: string[]) => to.map((href) => `<a href="${href}">x</a>`).join('');
const asked = (server: TestServer) =>
  server.seen.map((item) => item.url).filter((url) => !/robots\.txt|tdmrep|sitemap/.test(url));

describe('what is crawled', () => {
  it('follows links, redirects, sitemaps and canonical addresses, and writes sound records', async () => {
    const server = await serve((request, response, self) => {
      const pages: Record<string, string> = {
        '/': links('/a?utm_source=x', '/a#top', 'b/', '/moved', 'http://other.example/', '/pic.png', 'mailto:x@e.org'),
        '/a': `<link rel=canonical href="/b/">${links('/')}`,
        '/b/': `<base href="/c/">${links('d')}`,
        '/c/d': 'leaf',
        '/target': 'moved here',
        '/from-map': 'by sitemap',
      };
      const page = pages[request.url!];
      if (page !== undefined) return html(response, page, { 'transfer-encoding': 'chunked' });
      if (request.url === '/robots.txt')
        return void response.end(`User-agent: *\nDisallow: /private\nSitemap: ${self.url}/index.xml`);
      if (request.url === '/index.xml')
        return void response.end(`<sitemapindex><sitemap><loc>${self.url}/map.xml.gz</loc></sitemap></sitemapindex>`);
      if (request.url === '/map.xml.gz')
        return void response.end(
          gzipSync(
            `<urlset><url><loc>${self.url}/from-map</loc></url><url><loc>${self.url}/private</loc></url><url><loc>http://other.example/x</loc></url></urlset>`,
          ),
        );
      if (request.url === '/moved') return void response.writeHead(301, { location: '/target' }).end();
      response.writeHead(404).end();
    });
    const folder = fresh();
    const result = await run(server, { folder });
    const records = await recordsIn(folder);
    expect(paths(records).sort()).toEqual(['/', '/a', '/b/', '/c/d', '/from-map', '/moved', '/target']);
    expect(paths(records, 'request').sort()).toEqual(paths(records).sort());
    expect(records[0]!.type).toBe('warcinfo');
    expect(records.every((item) => digestProblem(item) === undefined)).toBe(true);
    expect(parseHttp(records.find((item) => item.url?.endsWith('/a'))!.block)!.headers).toMatchObject({
      'x-crawl-transfer-encoding': 'chunked',
    });
    expect(result).toMatchObject({ pages: 6, answers: 7, waiting: 0, left: { redirect: 1, 'robots.txt': 1 } });
    // /a names /b/ as its canonical address, which is there: one of the two is a document.
    expect(
      keptPages(folder)
        .map((page) => new URL(page.url).pathname)
        .sort(),
    ).toEqual(['/', '/b/', '/c/d', '/from-map', '/target']);
    expect(asked(server)).toHaveLength(new Set(asked(server)).size);
  });

  it('keeps what owners ask: robots, noindex, noai, TDM, nofollow', async () => {
    const server = await serve((request, response) => {
      const all: Record<string, [string, Record<string, string>?]> = {
        '/': [
          links(
            '/open',
            '/disallowed',
            '/gpt',
            '/noindex',
            '/noai',
            '/tdm-header',
            '/tdm-meta',
            '/tdm-file',
            '/nofollow',
            '/otherbot',
            '/imageai',
          ),
        ],
        '/open': ['open'],
        '/noindex': [`<meta name=robots content=noindex>${links('/behind-noindex')}`],
        '/behind-noindex': ['found'],
        '/noai': ['secret words', { 'x-robots-tag': 'noai' }],
        '/tdm-header': ['secret words', { 'tdm-reservation': '1' }],
        '/tdm-meta': ['<meta name=tdm-reservation content=1>secret words'],
        '/tdm-file': ['never asked for'],
        '/nofollow': [`<meta name=robots content=nofollow>${links('/behind-nofollow')}`],
        '/behind-nofollow': ['never asked for'],
        '/otherbot': ['open', { 'x-robots-tag': 'otherbot: noindex' }],
        '/imageai': ['<meta name=robots content=noimageai>open'],
        '/gpt': ['never asked for'],
      };
      if (request.url === '/robots.txt')
        return void response.end('User-agent: GPTBot\nDisallow: /gpt\n\nUser-agent: *\nDisallow: /disallowed');
      if (request.url === '/.well-known/tdmrep.json')
        return void response.end('[{"location":"/tdm-file","tdm-reservation":1}]');
      const page = all[request.url!];
      if (page) return html(response, ...page);
      response.writeHead(404).end();
    });
    const folder = fresh();
    const result = await run(server, { folder });
    expect(
      keptPages(folder)
        .map((page) => new URL(page.url).pathname)
        .sort(),
    ).toEqual(['/', '/behind-noindex', '/imageai', '/nofollow', '/open', '/otherbot']);
    expect(result.left).toEqual({
      'robots.txt': 1,
      'robots.txt shuts gptbot out': 1,
      noindex: 1,
      noai: 1,
      'tdm-reservation': 2,
      'tdmrep.json reserves the rights': 1,
    });
    expect(asked(server).filter((url) => /disallowed|gpt|tdm-file|behind-nofollow/.test(url))).toEqual([]);
    // What is kept from robots is not archived either.
    expect(
      Buffer.concat((await recordsIn(folder)).map((item) => Buffer.from(item.block))).includes('secret words'),
    ).toBe(false);
    expect((await run(server, { honourTraining: false })).left).toEqual({ 'robots.txt': 1, noindex: 1 });
  });

  it.each([
    ['404', (response: ServerResponse) => void response.writeHead(404).end(), 1],
    ['403', (response: ServerResponse) => void response.writeHead(403).end(), 1],
    ['500', (response: ServerResponse) => void response.writeHead(500).end(), 0],
    ['429', (response: ServerResponse) => void response.writeHead(429).end(), 0],
    ['no answer', (response: ServerResponse) => void response.destroy(), 0],
    [
      'an endless redirect',
      (response: ServerResponse, url: string) => void response.writeHead(302, { location: `${url}x` }).end(),
      1,
    ],
    [
      'a private address',
      (response: ServerResponse) => void response.writeHead(302, { location: 'http://10.0.0.1/robots.txt' }).end(),
      0,
    ],
    [
      '700 kB of rules',
      (response: ServerResponse) =>
        void response.end(`User-agent: *\nDisallow: /never\n${'#'.repeat(700_000)}\nDisallow: /`),
      1,
    ],
    ['a web page', (response: ServerResponse) => html(response, '<h1>Not here</h1>'), 1],
  ])('robots.txt answered with %s', async (_, answer, pages) => {
    const server = await serve((request, response) => {
      if (request.url!.startsWith('/robots.txt')) return answer(response, request.url!);
      if (request.url === '/') return html(response, 'page');
      response.writeHead(404).end();
    });
    expect((await run(server)).pages).toBe(pages);
  });
});

describe('misbehaving servers', () => {
  it('cost at most their own pages', async () => {
    let busy = 0;
    const drips: NodeJS.Timeout[] = [];
    const server = await serve((request, response, self) => {
      const { url } = request;
      if (url === '/') {
        return html(
          response,
          links(
            '/good',
            '/429',
            '/500',
            '/loop',
            '/private',
            '/metadata',
            '/drip',
            '/huge',
            '/bomb',
            '/reset',
            '/type',
            '/cut',
            '/deep/1',
            '/same?x=1',
            '/calendar/2026/1',
            '/%zz',
            'http://[',
            `/${'long'.repeat(1000)}`,
          ),
        );
      }
      if (url === '/good') return html(response, 'good');
      if (url === '/429')
        return ++busy < 2 ? void response.writeHead(429, { 'retry-after': '1' }).end() : html(response, 'at last');
      if (url === '/500') return void response.writeHead(500).end();
      if (url!.startsWith('/loop')) return void response.writeHead(302, { location: `${self.url}${url}x` }).end();
      if (url === '/private') return void response.writeHead(302, { location: 'http://192.168.0.1/admin' }).end();
      if (url === '/metadata')
        return void response.writeHead(302, { location: 'http://2852039166/latest/meta-data/' }).end();
      if (url === '/drip') {
        response.writeHead(200, { 'content-type': 'text/html' });
        drips.push(setInterval(() => response.write('x'), 50));
        return;
      }
      if (url === '/huge') {
        response.writeHead(200, { 'content-type': 'text/html' });
        const more = () => response.write(Buffer.alloc(65_536, 'x')) && setImmediate(more);
        response.on('drain', more);
        more();
        return;
      }
      if (url === '/bomb')
        return void response
          .writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
          .end(gzipSync(Buffer.alloc(100_000_000)));
      if (url === '/cut')
        return void response
          .writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
          .end(gzipSync('x'.repeat(1000)).subarray(0, 20));
      if (url === '/reset') return void response.destroy();
      if (url === '/type') return void response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF');
      const deep = /^\/deep\/(\d+)$/.exec(url!);
      if (deep) return html(response, `level ${deep[1]} ${links(`/deep/${Number(deep[1]) + 1}`)}`);
      const same = /^\/same\?x=(\d+)$/.exec(url!);
      if (same) return html(response, links('?x=1', '?x=2', '?x=3', '?x=4', '?x=5', '?x=6', `?x=${'9'.repeat(5)}`));
      const month = /^\/calendar\/(\d+)\/(\d+)$/.exec(url!);
      if (month)
        return html(
          response,
          `${url} ${links(`/calendar/${Number(month[1]) + 1}/${month[2]}`, `/calendar/${month[1]}/${Number(month[2]) + 1}`)}`,
        );
      response.writeHead(404).end();
    });
    const rejects: Record<string, string> = {};
    const folder = fresh();
    const result = await run(server, {
      folder,
      maxDepth: 6,
      maxPageBytes: 1_000_000,
      traps: { perDatedShape: 10 },
      scope: 'any',
      tries: 2,
      http: { timeouts: { total: 2500 } },
      onReject: ({ source, reason }) => {
        rejects[new URL(source).pathname.slice(0, 9)] = reason;
      },
    });
    drips.forEach(clearInterval);
    expect(rejects).toMatchObject({
      '/500': 'status 500',
      '/drip': 'net.timeout',
      '/huge': 'net.size',
      '/bomb': 'net.size',
      '/reset': 'net.failed',
      '/type': 'media type application/pdf',
    });
    expect(rejects['/cut']).toMatch(/packing/);
    expect(rejects['/admin']).toMatch(/robots.txt could not be had \(net.refused\)/);
    expect(rejects['/latest/m']).toMatch(/net.refused/);
    const kept = keptPages(folder).map((page) => new URL(page.url).pathname);
    expect(kept).toContain('/good');
    expect(kept).toContain('/429');
    expect(kept.filter((path) => path.startsWith('/deep'))).toHaveLength(6);
    expect(asked(server).filter((url) => url.startsWith('/loop'))).toHaveLength(6);
    expect(asked(server).filter((url) => url.startsWith('/calendar')).length).toBeLessThanOrEqual(10);
    expect(result.waiting).toBe(0);
    expect(Object.keys(result.left).some((reason) => reason.startsWith('trap: an address of'))).toBe(true);
  });

  it('keeps rate and crawl-delay', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/robots.txt') return void response.end('User-agent: *\nCrawl-delay: 0.15');
      if (request.url === '/') return html(response, links('/1', '/2', '/3', '/4'));
      html(response, request.url!);
    });
    await run(server, { delay: 0.05, sitemaps: false });
    const times = server.seen.filter((item) => /^\/\d?$/.test(item.url)).map((item) => item.at);
    expect(times).toHaveLength(5);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThan(140);
    const slow = await serve((_, response) => void response.end('User-agent: *\nCrawl-delay: 1000'));
    expect((await run(slow)).left).toEqual({ 'robots.txt asks for 1000 s between requests': 1 });
  });
});

describe('going on', () => {
  /** A site of n pages in a tree, each with its own text. */
  const site = (n: number, delayMs = 0) =>
    serve((request, response) => {
      const page = /^\/(\d*)$/.exec(request.url!);
      if (!page) return void response.writeHead(404).end();
      const at = Number(page[1] || 0);
      const next = [at * 2 + 1, at * 2 + 2].filter((i) => i < n).map((i) => `/${i}`);
      setTimeout(() => html(response, `page ${at} ${links(...next)}`, { etag: `"${at}"` }), delayMs);
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
    expect(new Set(paths(await recordsIn(folder))).size).toBe(40);
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
    const found = paths(await recordsIn(folder));
    expect(found).toHaveLength(n);
    expect(new Set(found).size).toBe(n);
    expect(keptPages(folder)).toHaveLength(n);
  });

  it('asks again with ETag and Last-Modified: revisit records for what stayed', async () => {
    let version = 1;
    const bodies = () => ({
      '/': links('/etag', '/modified', '/changed', '/same', '/mapped'),
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
      html(response, body, headers);
    });
    const folder = fresh();
    await run(server, { folder });
    version = 2;
    const again = await run(server, { folder, refresh: true });
    expect(again).toMatchObject({ pages: 6, waiting: 0 });
    const records = await recordsIn(folder);
    expect(paths(records, 'revisit').sort()).toEqual(['/', '/etag', '/modified', '/same']);
    expect(paths(records).filter((path) => path === '/changed')).toHaveLength(2);
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
      { folder: root },
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
      if (request.url === '/') return html(response, links(...names.map((name) => `/${name}/`)));
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
