import { createHash, createHmac } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { S3Store } from './s3.js';
import { golden, readSource } from './testing.js';

const secret = 'synthetic/secret+key';
const objects = new Map<string, Buffer>([
  ['data/a b/ü(1).txt', Buffer.from('spaces and more')],
  ['data/lines.jsonl', Buffer.from(Array.from({ length: 2000 }, (_, i) => `{"text":"line ${i}"}\n`).join(''))],
  ['data/rows.parquet', golden('rows.zstd.parquet')],
  ['data/sub/c.txt.gz', golden('lines.jsonl.gz')],
  ['database.txt', Buffer.from('not below data/')],
]);
for (let i = 0; i < 30; i++) objects.set(`many/${i}.txt`, Buffer.from(`text ${i}`));

let server: Server;
let fail: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
let requests: string[] = [];
const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Signature version 4, as the store computes it from what arrived. */
function signed(request: IncomingMessage, url: URL): boolean {
  const match =
    /^AWS4-HMAC-SHA256 Credential=KEY\/(\d{8})\/test-1\/s3\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (!match) return false;
  const [, day, names, signature] = match as unknown as [string, string, string, string];
  if (!names.split(';').includes('host')) return false;
  const path = decodeURIComponent(url.pathname).split('/').map(encode).join('/');
  const query = [...url.searchParams].map(([key, value]) => `${encode(key)}=${encode(value)}`).sort();
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const payload = String(request.headers['x-amz-content-sha256']);
  const canonical = [request.method, path, query.join('&'), headers.join(''), names, payload].join('\n');
  const date = String(request.headers['x-amz-date']);
  const toSign = ['AWS4-HMAC-SHA256', date, `${day}/test-1/s3/aws4_request`, sha(canonical)].join('\n');
  const key = mac(mac(mac(mac(`AWS4${secret}`, day), 'test-1'), 's3'), 'aws4_request');
  return mac(key, toSign).toString('hex') === signature;
}

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, 'http://x');
  requests.push(`${decodeURIComponent(url.pathname)} ${request.headers.range ?? ''}`.trim());
  if (fail?.(request, response)) return;
  if (!signed(request, url)) {
    response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
    return;
  }
  const [, bucket, ...rest] = url.pathname.split('/');
  if (bucket !== 'eggs') {
    response.writeHead(404).end('<Error><Code>NoSuchBucket</Code></Error>');
    return;
  }
  const key = decodeURIComponent(rest.join('/'));
  if (key === '') {
    const prefix = url.searchParams.get('prefix') ?? '';
    const after = url.searchParams.get('continuation-token') ?? '';
    const keys = [...objects.keys()].sort().filter((name) => name.startsWith(prefix) && name > after);
    const page = keys.slice(0, 7);
    const contents = page.map(
      (name) =>
        `<Contents><Key>${escape(encodeURIComponent(name))}</Key><Size>${objects.get(name)!.length}</Size><ETag>&quot;${sha(name)}&quot;</ETag></Contents>`,
    );
    const next = keys.length > 7 ? `<NextContinuationToken>${escape(page.at(-1)!)}</NextContinuationToken>` : '';
    response.end(`<?xml version="1.0"?><ListBucketResult>${contents.join('')}${next}</ListBucketResult>`);
    return;
  }
  const body = objects.get(key);
  if (!body) {
    response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
    return;
  }
  if (request.headers['if-match'] && request.headers['if-match'] !== `"${sha(key)}"`) {
    response.writeHead(412).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (range) response.writeHead(206).end(body.subarray(Number(range[1]), Number(range[2]) + 1));
  else response.end(body);
}

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  fail = undefined;
  requests = [];
});

const env = () => ({
  AWS_ACCESS_KEY_ID: 'KEY',
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_REGION: 'test-1',
  AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
});

describe('S3-compatible stores', () => {
  it('lists pages of keys, by prefix and by glob, and reads them signed', async () => {
    const store = new S3Store(env());
    expect((await store.list('eggs', 'many/')).length).toBe(30);
    const { documents, rejects } = await readSource(
      { files: ['s3://eggs/data', 's3://eggs/many/1*.txt'] },
      { folder: '/', env: env() },
    );
    expect(rejects).toEqual([]);
    expect(documents.filter(({ source }) => source.startsWith('s3://eggs/many/')).length).toBe(11);
    const counts = new Map<string, number>();
    for (const { source } of documents) counts.set(source, (counts.get(source) ?? 0) + 1);
    expect([...counts].slice(0, 4)).toEqual([
      ['s3://eggs/data/a b/ü(1).txt', 1],
      ['s3://eggs/data/lines.jsonl', 2000],
      ['s3://eggs/data/rows.parquet', 7],
      ['s3://eggs/data/sub/c.txt.gz', 1],
    ]);
  });

  it('cuts a large object into tasks and asks for their ranges', async () => {
    const options = { files: 's3://eggs/data/lines.jsonl', taskBytes: 8192 };
    const { documents, tasks } = await readSource(options, { folder: '/', env: env() });
    expect(tasks.length).toBe(Math.ceil(objects.get('data/lines.jsonl')!.length / 8192));
    expect(documents.map(({ text }) => text)).toEqual(Array.from({ length: 2000 }, (_, i) => `line ${i}`));
    expect(requests.every((request) => !request.endsWith('lines.jsonl'))).toBe(true);
  });

  it('tries again after 500, 503, 429, broken connections and short answers', async () => {
    let count = 0;
    fail = (request, response) => {
      if (!request.headers.range) return false;
      count++;
      if (count === 1) response.writeHead(503).end();
      else if (count === 2) request.socket.destroy();
      else if (count === 3) response.writeHead(429).end();
      else if (count === 4) response.writeHead(206).end('short');
      else return false;
      return true;
    };
    const store = new S3Store(env(), { pauseMs: 1 });
    const [object] = await store.resolve('s3://eggs/database.txt');
    expect(Buffer.from(await store.input(object!).range!(0, 100)).toString()).toBe('not below data/');
    expect(count).toBe(5);
    fail = (_, response) => {
      response.writeHead(500).end('<Error><Code>InternalError</Code></Error>');
      return true;
    };
    await expect(store.list('eggs', '')).rejects.toThrow(/in 6 attempts, got HTTP 500 InternalError/);
  });

  it('a store that stops answering ends the task, which goes on later where it stopped', async () => {
    const { filesSource } = await import('./source.js');
    const source = filesSource({ files: 's3://eggs/many/*.txt' }, { folder: '/', env: env(), pauseMs: 1 });
    const [task] = await source.tasks();
    const rejects: unknown[] = [];
    const read = async () => {
      const texts: string[] = [];
      for await (const { document } of source.read(task!, { onReject: (reject) => rejects.push(reject) }))
        texts.push(document.text);
      return texts;
    };
    fail = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    await expect(read()).rejects.toMatchObject({ code: 'data.s3' });
    fail = undefined;
    expect(await read()).toEqual(['text 0']);
    expect(rejects).toEqual([]);
  });

  it('says what is wrong and never shows a secret', async () => {
    const wrong = { ...env(), AWS_SECRET_ACCESS_KEY: 'another-secret' };
    const error = await new S3Store(wrong).list('eggs', '').catch((reason: Error) => reason);
    expect((error as Error).message).toMatch(/HTTP 403 SignatureDoesNotMatch; check the AWS_\* variables/);
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toMatch(/another-secret|KEY\//);
    const store = new S3Store(env());
    await expect(store.resolve('s3://eggs/nothing')).rejects.toThrow(/expected objects at s3:\/\/eggs\/nothing/);
    await expect(store.resolve('s3:/eggs')).rejects.toThrow(/expected s3:\/\/bucket/);
    await expect(store.list('other', '')).rejects.toThrow(/NoSuchBucket/);
    const [object] = await store.resolve('s3://eggs/database.txt');
    await expect(store.input({ ...object!, etag: '"old"' }).range!(0, 1)).rejects.toThrow(/it has changed/);
    expect(() => new S3Store({ AWS_ENDPOINT_URL: 'no address' })).toThrow(/AWS_ENDPOINT_URL/);
  });
});
