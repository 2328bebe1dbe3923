import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { digestProblem, parseHttp } from '../warc/index.js';
import { keptPages } from './source.js';
import { Ground, asked, linksTo, pathsOf, recordsIn, sendHtml } from './testing.js';

const ground = new Ground();
const fresh = () => ground.fresh();
const serve = ground.serve.bind(ground);
const run = ground.run.bind(ground);
afterEach(() => ground.stop());
afterAll(() => ground.clear());

describe('what is crawled', () => {
  it('follows links, redirects, sitemaps and canonical addresses, and writes sound records', async () => {
    const server = await serve((request, response, self) => {
      const pages: Record<string, string> = {
        '/': linksTo(
          '/a?utm_source=x',
          '/a#top',
          'b/',
          '/moved',
          'http://other.example/',
          '/pic.png',
          'mailto:x@e.org',
        ),
        '/a': `<link rel=canonical href="/b/">${linksTo('/')}`,
        '/b/': `<base href="/c/">${linksTo('d')}`,
        '/c/d': 'leaf',
        '/target': 'moved here',
        '/from-map': 'by sitemap',
      };
      const page = pages[request.url!];
      if (page !== undefined) return sendHtml(response, page, { 'transfer-encoding': 'chunked' });
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
    expect(pathsOf(records).sort()).toEqual(['/', '/a', '/b/', '/c/d', '/from-map', '/moved', '/target']);
    expect(pathsOf(records, 'request').sort()).toEqual(pathsOf(records).sort());
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
          linksTo(
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
        '/noindex': [`<meta name=robots content=noindex>${linksTo('/behind-noindex')}`],
        '/behind-noindex': ['found'],
        '/noai': ['secret words', { 'x-robots-tag': 'noai' }],
        '/tdm-header': ['secret words', { 'tdm-reservation': '1' }],
        '/tdm-meta': ['<meta name=tdm-reservation content=1>secret words'],
        '/tdm-file': ['never asked for'],
        '/nofollow': [`<meta name=robots content=nofollow>${linksTo('/behind-nofollow')}`],
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
      if (page) return sendHtml(response, ...page);
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
    ['a web page', (response: ServerResponse) => sendHtml(response, '<h1>Not here</h1>'), 1],
  ])('robots.txt answered with %s', async (_, answer, pages) => {
    const server = await serve((request, response) => {
      if (request.url!.startsWith('/robots.txt')) return answer(response, request.url!);
      if (request.url === '/') return sendHtml(response, 'page');
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
        return sendHtml(
          response,
          linksTo(
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
      if (url === '/good') return sendHtml(response, 'good');
      if (url === '/429')
        return ++busy < 2 ? void response.writeHead(429, { 'retry-after': '1' }).end() : sendHtml(response, 'at last');
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
      if (deep) return sendHtml(response, `level ${deep[1]} ${linksTo(`/deep/${Number(deep[1]) + 1}`)}`);
      const same = /^\/same\?x=(\d+)$/.exec(url!);
      if (same)
        return sendHtml(response, linksTo('?x=1', '?x=2', '?x=3', '?x=4', '?x=5', '?x=6', `?x=${'9'.repeat(5)}`));
      const month = /^\/calendar\/(\d+)\/(\d+)$/.exec(url!);
      if (month)
        return sendHtml(
          response,
          `${url} ${linksTo(`/calendar/${Number(month[1]) + 1}/${month[2]}`, `/calendar/${month[1]}/${Number(month[2]) + 1}`)}`,
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
      if (request.url === '/robots.txt') return void response.end('User-agent: *\nCrawl-delay: 0.3');
      if (request.url === '/') return sendHtml(response, linksTo('/1', '/2', '/3', '/4'));
      sendHtml(response, request.url!);
    });
    await run(server, { delay: 0.05, sitemaps: false });
    const times = server.seen.filter((item) => /^\/\d?$/.test(item.url)).map((item) => item.at);
    expect(times).toHaveLength(5);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThan(150);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(1100);
    const slow = await serve((_, response) => void response.end('User-agent: *\nCrawl-delay: 1000'));
    expect((await run(slow)).left).toEqual({ 'robots.txt asks for 1000 s between requests': 1 });
  });
});
