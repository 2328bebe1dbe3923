import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCli } from '../../../../test/cli.js';
import { type TestServer, startTestServer } from '../../../base/net/testing/index.js';
import { encodeRecord, httpBlock } from '../../../stages/data/warc/index.js';

const folder = mkdtempSync(join(tmpdir(), 'abovo-cli-web-'));
let server: TestServer;
beforeAll(async () => {
  const links = ['/a', '/b', '/secret'].map((href) => `<a href="${href}">x</a>`).join('');
  server = await startTestServer((request, response) => {
    if (request.url === '/robots.txt') return void response.end('User-agent: *\nDisallow: /secret');
    const body = { '/': `<p>start</p>${links}`, '/a': '<p>page a</p>', '/b': '<p>page b</p>' }[request.url!];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'text/html' }).end(body);
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call(...argv: string[]) {
  const { code, lines, stderr } = await callCli('data', ...argv, '--json');
  return { code, records: lines.slice(0, -1), result: lines.at(-1), stderr };
}

describe('abovo data crawl and warc', () => {
  const out = join(folder, 'crawl');
  const crawl = (...more: string[]) =>
    call('crawl', `${server.url}/`, '--out', out, '--delay', '0', '--allow-host', '127.0.0.1', ...more);

  it('crawls, goes on, and reads the archive as documents, records and by address', async () => {
    const first = await crawl('--max-pages', '1');
    expect(first).toMatchObject({ code: 0, result: { ok: true, pages: 1 } });
    const second = await crawl();
    expect(second.result).toMatchObject({ ok: true, pages: 3, waiting: 0, left: { 'robots.txt': 1 } });
    expect(second.records).toEqual([{ url: `${server.url}/secret`, reason: 'robots.txt' }]);
    const documents = await call('warc', `${out}/*.warc.gz`);
    expect(documents).toMatchObject({ code: 0, result: { ok: true, files: 1, records: 3, rejected: 0 } });
    expect(documents.records.map((item) => item.url).sort()).toEqual(
      ['', 'a', 'b'].map((path) => `${server.url}/${path}`),
    );
    expect(documents.records[0]).toMatchObject({ metadata: { contentType: 'text/html', charset: 'utf-8' } });
    const records = await call('warc', `${out}/*.warc.gz`, '--records');
    expect(records.records.map((item) => item.type)).toEqual([
      'warcinfo',
      'response',
      'request',
      'response',
      'request',
      'response',
      'request',
    ]);
    expect(records.records.every((item) => item.problem === undefined)).toBe(true);
  });

  it('refuses what is not public, and says what is damaged', async () => {
    const refused = await call('crawl', `${server.url}/`, '--out', join(folder, 'refused'));
    expect(refused.result).toMatchObject({ pages: 0 });
    expect(refused.records[0]!.reason).toMatch(/net\.refused/);
    const block = httpBlock('HTTP/1.1 200 OK', [['Content-Type', 'text/html']], Buffer.from('<p>x</p>'));
    const { bytes } = encodeRecord({
      type: 'response',
      url: 'http://e.org/',
      date: '2026-01-01T00:00:00Z',
      contentType: 'application/http',
      block,
    });
    writeFileSync(join(folder, 'cut.warc.gz'), Buffer.concat([bytes, bytes.subarray(0, 100)]));
    const cut = await call('warc', join(folder, 'cut.warc.gz'));
    expect(cut).toMatchObject({ code: 1, result: { ok: false, records: 1, rejected: 1 } });
    expect(cut.stderr).toMatch(/cut\.warc\.gz@\d+: /);
    expect((await call('warc', join(folder, 'none.warc'))).code).toBe(2);
    expect((await call('crawl', 'nonsense', '--out', join(folder, 'x'))).code).toBe(2);
  });
});
