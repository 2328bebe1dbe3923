import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { startTestServer } from '../../../base/net/testing/index.js';
import type { Reject } from '../document.js';
import type { SourceDefinition, SourceItem } from '../pipeline/index.js';
import { parseCapture } from './cdxj.js';
import { commonCrawlSource, warcSource } from './index.js';
import { encodeRecord, httpBlock } from './writer.js';

const folder = mkdtempSync(join(tmpdir(), 'abovo-warc-source-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const record = (n: number, status = 200) => {
  const body = Buffer.from(`<p>page ${n}</p>`);
  const block = httpBlock(`HTTP/1.1 ${status} OK`, [['Content-Type', 'text/html']], body);
  return encodeRecord({
    type: 'response',
    url: `http://e.org/${n}`,
    date: '2026-01-01T00:00:00Z',
    contentType: 'application/http',
    block,
    payload: body,
  }).bytes;
};
const records = Array.from({ length: 12 }, (_, i) => record(i, i === 5 ? 404 : 200));
const offsets = records.map((_, i) => records.slice(0, i).reduce((sum, item) => sum + item.length, 0));
const file = Buffer.concat(records);
writeFileSync(join(folder, 'a.warc.gz'), file);
const line = (i: number, more: object = {}) =>
  `org,e)/${i} 20260101000000 ${JSON.stringify({ url: `http://e.org/${i}`, mime: 'text/html', status: i === 5 ? '404' : '200', filename: 'a.warc.gz', offset: String(offsets[i]), length: String(records[i]!.length), languages: i % 2 ? 'eng' : 'deu', ...more })}`;

async function all(definition: SourceDefinition, options: object, stopAfter = Number.POSITIVE_INFINITY) {
  const source = await definition.create(definition.options.parse(options), { folder });
  const rejects: Reject[] = [];
  const items: SourceItem[] = [];
  const tasks = await source.tasks();
  for (const task of tasks) {
    // Stopped and taken up again after every few documents, as a killed run would be.
    for (let cursor: SourceItem['cursor'], more = true; more; ) {
      more = false;
      let taken = 0;
      for await (const item of source.read(task, { cursor, onReject: (reject) => rejects.push(reject) })) {
        items.push(item);
        cursor = item.cursor;
        if (++taken === stopAfter) {
          more = true;
          break;
        }
      }
    }
  }
  await source.close?.();
  return { urls: items.map((item) => item.document.url), items, rejects, tasks };
}
const expected = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11].map((n) => `http://e.org/${n}`);

describe('warc', () => {
  it('reads files and goes on where it stopped', async () => {
    expect((await all(warcSource, { files: ['*.warc.gz'] })).urls).toEqual(expected);
    expect((await all(warcSource, { files: ['a.warc.gz'] }, 1)).urls).toEqual(expected);
    expect(
      (await all(warcSource, { files: ['a.warc.gz'], statuses: [404], licence: 'CC0-1.0', access: 'internal' }))
        .items[0]!.document,
    ).toMatchObject({ url: 'http://e.org/5', licence: 'CC0-1.0', access: 'internal' });
  });

  it('reads addresses, over breaks, with and without ranges', async () => {
    let breaks = 0;
    const server = await startTestServer((request, response) => {
      const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
      if (request.url === '/plain.warc.gz') return void response.end(file);
      const body = file.subarray(Number(from ?? 0));
      response.writeHead(from === undefined ? 200 : 206, { 'content-length': body.length });
      if (++breaks > 3) return void response.end(body);
      response.write(body.subarray(0, 700));
      setTimeout(() => response.destroy(), 20);
    });
    const options = { allowHosts: ['127.0.0.1'] };
    expect((await all(warcSource, { files: [`${server.url}/plain.warc.gz`], ...options }, 3)).urls).toEqual(expected);
    expect((await all(warcSource, { files: [`${server.url}/broken.warc.gz`], ...options })).urls).toEqual(expected);
    expect(breaks).toBe(4);
    await expect(all(warcSource, { files: [`${server.url}/x`] })).rejects.toThrow(/loopback/);
    await server.close();
  });
});

describe('commonCrawl', () => {
  it('picks records by an index, local and remote', async () => {
    const index = [
      ...Array.from({ length: 12 }, (_, i) => line(i)),
      'nonsense',
      line(1),
      line(2, { offset: '-1' }),
      line(3, { mime: 'image/png', offset: '9999' }),
    ].join('\n');
    writeFileSync(join(folder, 'index.cdxj.gz'), gzipSync(index));
    const local = await all(commonCrawlSource, { index: ['index.cdxj.gz'], base: '.', mediaTypes: ['text/html'] }, 4);
    expect(local.urls).toEqual(expected);
    expect(local.rejects).toHaveLength(2);
    expect(
      (
        await all(commonCrawlSource, {
          index: ['index.cdxj.gz'],
          base: '.',
          languages: ['deu'],
          urlPrefix: 'http://e.org/1',
          mediaTypes: ['text/html'],
        })
      ).urls,
    ).toEqual(['http://e.org/10']);

    const server = await startTestServer((request, response) => {
      if (request.url!.startsWith('/cc-index?'))
        return void response.end(Array.from({ length: 12 }, (_, i) => line(i).slice(line(i).indexOf('{'))).join('\n'));
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')!;
      response.writeHead(206).end(file.subarray(Number(from), Number(to) + 1));
    });
    const remote = await all(commonCrawlSource, {
      index: [`${server.url}/cc-index?url=e.org/*&output=json`],
      base: `${server.url}/data`,
      allowHosts: ['127.0.0.1'],
      requestIntervalMs: 0,
    });
    expect(remote.urls).toEqual(expected);
    // Neighbours are fetched together: the index, one range up to the page that is left out, and one after it (a gap of a few bytes joins them).
    expect(server.seen).toHaveLength(2);
    await server.close();
  });

  it('costs a wrong place its own record', async () => {
    writeFileSync(
      join(folder, 'bad.cdxj'),
      [line(0), line(1, { offset: String(offsets[1]! + 3) }), line(2, { length: '9999999' }), line(4)].join('\n'),
    );
    const { urls, rejects } = await all(commonCrawlSource, { index: ['bad.cdxj'], base: '.' });
    expect(urls).toEqual(['http://e.org/0', 'http://e.org/4']);
    expect(rejects).toHaveLength(2);
  });

  it('keeps file names of an index below the base', async () => {
    for (const filename of ['../a.warc.gz', '/etc/passwd', '..%2fa']) {
      writeFileSync(join(folder, 'evil.cdxj'), line(0, { filename }));
      await expect(all(commonCrawlSource, { index: ['evil.cdxj'], base: 'sub' })).rejects.toThrow(/below|ENOENT/);
    }
    writeFileSync(join(folder, 'evil.cdxj'), line(0, { filename: 'http://127.0.0.1/x' }));
    await expect(all(commonCrawlSource, { index: ['evil.cdxj'], base: 'https://data.example/x/' })).rejects.toThrow(
      /below/,
    );
    await expect(all(commonCrawlSource, { index: ['a.warc.gz'], base: '.' })).rejects.toThrow(/got none/);
  });

  it('reads CDXJ, JSON lines and CDX', () => {
    expect(
      parseCapture(
        'org,e)/ 20260101000000 {"url":"http://e.org/","filename":"f","offset":"1","length":"2","status":"200"}',
      ),
    ).toMatchObject({ timestamp: '20260101000000', offset: 1, length: 2, status: 200 });
    expect(
      parseCapture('{"url":"http://e.org/","timestamp":"20260101000000","filename":"f","offset":1,"length":2}'),
    ).toMatchObject({ timestamp: '20260101000000' });
    expect(parseCapture('org,e)/ 20260101000000 http://e.org/ text/html 200 ABC - - 2 1 f')).toMatchObject({
      url: 'http://e.org/',
      mediaType: 'text/html',
      offset: 1,
      length: 2,
    });
    expect(parseCapture('x {"url":1}')).toMatch(/expected url/);
    expect(parseCapture('x {')).toMatch(/JSON/);
  });
});
