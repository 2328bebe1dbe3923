import { gzipSync } from 'node:zlib';
import { brotliCompressSync, deflateRawSync, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { AllowList, refusedRange } from './address.js';
import { createHttpClient } from './client.js';
import { checkedUrl, guardedLookup } from './guard.js';
import { HostGate } from './host-gate.js';
import { retryAfterMs, retryDelayMs } from './retry.js';
import { safeHeaders, safeUrl } from './secrets.js';
import { type Handler, type TestServer, startTestServer } from './testing/index.js';
import type { HttpClient, HttpClientOptions, HttpEvent } from './types.js';

const none = new AllowList();

describe('addresses', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://017700000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://0/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1:8080/',
    'http://169.254.169.254/latest/meta-data/',
    'http://168.63.129.16/',
    'http://100.100.100.200/',
    'http://192.0.0.192/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
    'http://①②⑦.0.0.1/',
    'http://127.0.0.1./',
    'http://127.0.0.1../',
    'http://2130706433../',
  ])('%s is refused', (url) => {
    expect(() => checkedUrl(url, none)).toThrow(/expected a public address/);
  });

  it.each(['http://93.184.216.34/', 'http://[2606:2800:220:1::1]/', 'https://example.org/', 'http://1.1.1.1:8080/'])(
    '%s passes',
    (url) => expect(checkedUrl(url, none).href).toBe(url),
  );

  it.each(['ftp://example.org/', 'file:///etc/passwd', 'http://user:pass@example.org/', 'no url'])(
    '%s is no URL to ask for',
    (url) => expect(() => checkedUrl(url, none)).toThrow(/expected/),
  );

  it('refuses a URL of more than 8,192 characters', () => {
    expect(() => checkedUrl(`http://e.org/${'a'.repeat(9000)}`, none)).toThrow(/at most 8192 characters/);
  });

  it('refuses every address that lies in a private network, whatever its spelling', () => {
    const inside = fc.oneof(
      fc.tuple(fc.constant(10), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(127), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
    );
    fc.assert(
      fc.property(inside, ([a, b, c, d]) => {
        const number = ((a * 256 + b) * 256 + c) * 256 + d;
        const hex = number.toString(16).padStart(8, '0');
        for (const host of [
          `${a}.${b}.${c}.${d}`,
          `${number}`,
          `0x${hex}`,
          `0${number.toString(8)}`,
          `${a}.${b}.${c * 256 + d}`,
        ]) {
          expect(() => checkedUrl(`http://${host}/`, none)).toThrow(/public/);
        }
        expect(refusedRange(`::ffff:${hex.slice(0, 4)}:${hex.slice(4)}`)).toBeDefined();
        expect(refusedRange(`64:ff9b::${hex.slice(0, 4)}:${hex.slice(4)}`)).toBeDefined();
      }),
    );
  });

  it('an allow-list names hosts, ports, suffixes and networks', () => {
    const allow = new AllowList([
      'localhost',
      '10.0.0.0/8',
      '*.intern.example',
      '192.168.1.5:8080',
      '[::1]',
      'fd00::/8',
    ]);
    expect(allow.allowsHost('LOCALHOST')).toBe(true);
    expect(allow.allowsHost('10.200.0.1', '80')).toBe(true);
    expect(allow.allowsHost('a.intern.example')).toBe(true);
    expect(allow.allowsHost('intern.example')).toBe(false);
    expect(allow.allowsHost('aintern.example')).toBe(false);
    expect(allow.allowsHost('192.168.1.5', '8080')).toBe(true);
    expect(allow.allowsHost('192.168.1.5', '80')).toBe(false);
    expect(allow.allowsHost('[::1]')).toBe(true);
    expect(allow.allowsAddress('fd12::1')).toBe(true);
    expect(allow.allowsAddress('::ffff:10.0.0.1')).toBe(true);
    expect(() => new AllowList(['10.0.0.0/99'])).toThrow(/allowHosts/);
  });

  it('one private address among public ones refuses the name', async () => {
    const lookup = guardedLookup(none, '80', (_, done) =>
      done(null, [
        { address: '93.184.216.34', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ]),
    );
    const error = await new Promise((resolve) => lookup('both.example', { all: true }, (failure) => resolve(failure)));
    expect(String(error)).toMatch(/10\.0\.0\.1 \(private\)/);
  });
});

describe('small parts', () => {
  it('reads Retry-After as seconds or a date', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterMs('120', now)).toBe(120_000);
    expect(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30_000);
    expect(retryAfterMs('Thu, 01 Jan 2020 00:00:30 GMT', now)).toBe(0);
    expect(['soon', '-1', '1.5', '', undefined].map((text) => retryAfterMs(text, now))).toEqual(
      Array(5).fill(undefined),
    );
  });

  it('waits between the server’s wish and the bound', () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.nat(1000),
        (attempt, chance, asked) => {
          const wait = retryDelayMs(attempt, {}, () => chance, asked);
          expect(wait).toBeGreaterThanOrEqual(asked);
          expect(wait).toBeLessThanOrEqual(Math.max(asked, 30_000));
        },
      ),
    );
  });

  it('hides keys in URLs and headers', () => {
    expect(safeUrl('https://u:p@e.org/a?api_key=1&q=x&access_token=2&X-Amz-Signature=3')).toBe(
      'https://e.org/a?api_key=…&q=x&access_token=…&X-Amz-Signature=…',
    );
    expect(safeHeaders({ Authorization: 'Bearer s', 'X-Api-Key': 's', Cookie: 's', Accept: 'a' })).toEqual({
      Authorization: '…',
      'X-Api-Key': '…',
      Cookie: '…',
      Accept: 'a',
    });
  });

  it('a gate keeps rate and concurrency per host', async () => {
    const gate = new HostGate({ concurrency: 2, intervalMs: 20 });
    const starts: number[] = [];
    let active = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        const leave = await gate.enter('a');
        starts.push(performance.now());
        most = Math.max(most, ++active);
        await new Promise((resolve) => setTimeout(resolve, 30));
        active--;
        leave();
        leave();
      }),
    );
    expect(most).toBe(2);
    for (let i = 1; i < starts.length; i++) expect(starts[i]! - starts[i - 1]!).toBeGreaterThan(18);
  });

  it('an aborted wait gives its place back', async () => {
    const gate = new HostGate({ concurrency: 1 });
    const leave = await gate.enter('a');
    const abort = new AbortController();
    const waiting = gate.enter('a', abort.signal);
    abort.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    leave();
    (await gate.enter('a'))();
  });
});

describe('client', () => {
  const closers: Array<() => Promise<void>> = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  async function both(
    handle: Handler,
    options: HttpClientOptions = {},
  ): Promise<{ server: TestServer; http: HttpClient }> {
    const server = await startTestServer(handle);
    const http = createHttpClient({ allowHosts: ['127.0.0.1'], retry: { baseMs: 1, capMs: 5 }, ...options });
    closers.push(server.close, http.close);
    return { server, http };
  }

  it('tries again on 429 and 5xx, waits as asked, and gives up on 404 at once', async () => {
    let tries = 0;
    const events: HttpEvent[] = [];
    const { server, http } = await both(
      (request, response) => {
        if (request.url === '/404') return void response.writeHead(404).end('no');
        tries++;
        if (tries === 1) return void response.writeHead(429, { 'retry-after': '1' }).end();
        if (tries === 2) return void response.writeHead(503).end();
        if (tries === 3) return void response.destroy();
        response.end('fine');
      },
      { onEvent: (event) => events.push(event) },
    );
    const answer = await http.fetch(`${server.url}/`);
    expect(await answer.text()).toBe('fine');
    expect(tries).toBe(4);
    expect(server.seen[1]!.at - server.seen[0]!.at).toBeGreaterThan(990);
    expect(events.filter((event) => event.type === 'retry')).toHaveLength(3);
    expect((await http.fetch(`${server.url}/404`)).status).toBe(404);
    expect(server.seen).toHaveLength(5);
  });

  it('hands the last answer out when tries run out, and does not repeat a POST', async () => {
    const { server, http } = await both((_, response) => void response.writeHead(500).end('broken'), {
      retry: { retries: 2, baseMs: 1 },
    });
    expect((await http.fetch(`${server.url}/`)).status).toBe(500);
    expect(server.seen).toHaveLength(3);
    expect((await http.fetch(`${server.url}/`, { method: 'POST', body: 'x' })).status).toBe(500);
    expect(server.seen).toHaveLength(4);
  });

  it('follows redirects, keeps secrets to their origin, and stops circles and endless ones', async () => {
    const other = await startTestServer((_, response) => void response.end('other'));
    closers.push(other.close);
    const { server, http } = await both((request, response) => {
      const to: Record<string, string> = {
        '/a': '/b',
        '/b': `${other.url}/c`,
        '/round': '/round2',
        '/round2': '/round',
        '/private': 'http://10.0.0.1/',
        '/metadata': 'http://0xa9fea9fe/latest/meta-data/',
        '/file': 'file:///etc/passwd',
      };
      const path = request.url!;
      const endless = /^\/n(\d+)/.exec(path);
      const location = endless ? `/n${Number(endless[1]) + 1}` : to[path];
      response.writeHead(302, { location }).end();
    });
    const answer = await http.fetch(`${server.url}/a`, {
      headers: { Authorization: 'Bearer s', 'X-Mine': 'm', Accept: 'x' },
      secretHeaders: ['X-Mine'],
    });
    expect(answer.url).toBe(`${other.url}/c`);
    expect(answer.redirects).toEqual([`${server.url}/a`, `${server.url}/b`]);
    expect(server.seen.map((item) => item.headers.authorization)).toEqual(['Bearer s', 'Bearer s']);
    expect(other.seen[0]!.headers.authorization).toBeUndefined();
    expect(other.seen[0]!.headers['x-mine']).toBeUndefined();
    expect(other.seen[0]!.headers.accept).toBe('x');
    await expect(http.fetch(`${server.url}/round`)).rejects.toThrow(/circle/);
    await expect(http.fetch(`${server.url}/n0`)).rejects.toThrow(/at most 10 redirects/);
    await expect(http.fetch(`${server.url}/private`)).rejects.toThrow(/10\.0\.0\.1 \(private\)/);
    await expect(http.fetch(`${server.url}/metadata`)).rejects.toThrow(/169\.254\.169\.254 \(linkLocal\)/);
    await expect(http.fetch(`${server.url}/file`)).rejects.toThrow(/http or https/);
    expect((await http.fetch(`${server.url}/a`, { redirect: 'manual' })).status).toBe(302);
  });

  it('a name that resolves elsewhere the second time is refused, and one lookup serves one connection', async () => {
    let lookups = 0;
    const { server, http } = await both((_, response) => void response.setHeader('connection', 'close').end('x'), {
      allowHosts: ['127.0.0.0/8'],
      retry: { retries: 0 },
      resolve: (_, done) => done(null, [{ address: ++lookups === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]),
    });
    const url = `http://rebind.example:${new URL(server.url).port}/`;
    expect((await http.fetch(url)).address).toBe('127.0.0.1');
    expect(lookups).toBe(1);
    await expect(http.fetch(url)).rejects.toThrow(/10\.0\.0\.1 \(private\)/);
    await expect(createHttpClient({ retry: { retries: 0 } }).fetch(server.url)).rejects.toThrow(
      /127\.0\.0\.1 \(loopback\)/,
    );
    await expect(createHttpClient({ retry: { retries: 0 } }).fetch(`http://localhost:1/`)).rejects.toThrow(/loopback/);
  });

  it('undoes gzip, deflate in both forms and brotli, and stops bombs', async () => {
    const page = Buffer.from('<p>egg</p>'.repeat(100));
    const packed: Record<string, [string, Buffer]> = {
      '/gzip': ['gzip', gzipSync(page)],
      '/x-gzip': ['x-gzip', gzipSync(page)],
      '/zlib': ['deflate', deflateSync(page)],
      '/raw': ['deflate', deflateRawSync(page)],
      '/br': ['br', brotliCompressSync(page)],
      '/twice': ['gzip, br', brotliCompressSync(gzipSync(page))],
      '/plain': ['identity', page],
      '/bomb': ['gzip', gzipSync(Buffer.alloc(50_000_000))],
      '/double': ['gzip, gzip', gzipSync(gzipSync(Buffer.alloc(50_000_000)))],
      '/three': ['gzip, gzip, gzip', page],
      '/odd': ['zpaq', page],
      '/cut': ['gzip', gzipSync(page).subarray(0, 30)],
    };
    const { server, http } = await both((request, response) => {
      const [coding, body] = packed[request.url!]!;
      response.writeHead(200, { 'content-encoding': coding }).end(body);
    });
    for (const path of ['/gzip', '/x-gzip', '/zlib', '/raw', '/br', '/twice', '/plain']) {
      expect(Buffer.from(await (await http.fetch(server.url + path)).bytes()).equals(page), path).toBe(true);
    }
    for (const path of ['/bomb', '/double']) {
      const answer = await http.fetch(server.url + path, { limits: { decodedBytes: 1_000_000 } });
      await expect(answer.bytes(), path).rejects.toThrow(/at most 1000000 bytes/);
    }
    await expect((await http.fetch(`${server.url}/three`)).bytes()).rejects.toThrow(/expected gzip/);
    await expect((await http.fetch(`${server.url}/odd`)).bytes()).rejects.toThrow(/zpaq/);
    await expect((await http.fetch(`${server.url}/cut`)).bytes()).rejects.toThrow(/unexpected end/);
    const stream = await http.open(`${server.url}/bomb`, { limits: { decodedBytes: 1_000_000 } });
    await expect(
      (async () => {
        for await (const _ of stream.body);
      })(),
    ).rejects.toThrow(/at most 1000000/);
  });

  it('stops bodies that are too big, too slow or that never start', async () => {
    const timers: NodeJS.Timeout[] = [];
    const { server, http } = await both(
      (request, response) => {
        if (request.url === '/never') return;
        if (request.url === '/big') {
          const more = () => response.write(Buffer.alloc(100_000)) && setImmediate(more);
          response.on('drain', more);
          more();
          return;
        }
        response.write('x');
        if (request.url === '/drip') timers.push(setInterval(() => response.write('x'), 20));
      },
      { retry: { retries: 0 }, timeouts: { headers: 100, body: 200, total: 400 } },
    );
    await expect(http.fetch(`${server.url}/big`, { limits: { bytes: 1_000_000 } })).rejects.toThrow(
      /at most 1000000 bytes/,
    );
    await expect(http.fetch(`${server.url}/drip`)).rejects.toThrow(/an end within 400 ms/);
    // undici's clock for headers and bodies ticks in half seconds: the total is what ends these.
    await expect(http.fetch(`${server.url}/never`)).rejects.toThrow(/net|in time|within/);
    await expect(http.fetch(`${server.url}/silent`)).rejects.toThrow(/go on|within/);
    const abort = new AbortController();
    const aborted = http.fetch(`${server.url}/drip`, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(aborted).rejects.toThrow('enough');
    const stream = await http.open(`${server.url}/drip`, { timeouts: { total: 30_000, body: 30_000 } });
    const start = performance.now();
    for await (const _ of stream.body) break;
    expect(performance.now() - start).toBeLessThan(5000);
    timers.forEach(clearInterval);
  });

  it('says nothing secret in errors and events', async () => {
    const events: HttpEvent[] = [];
    const { server, http } = await both((_, response) => void response.setHeader('set-cookie', 'sid=hush').end('x'), {
      onEvent: (event) => events.push(event),
      retry: { retries: 0 },
    });
    await http.fetch(`${server.url}/?api_key=hush`, { headers: { authorization: 'Bearer hush' } });
    const failure = await http
      .fetch('http://127.0.0.1:1/?token=hush', { headers: { 'x-api-key': 'hush' } })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'net.failed' });
    expect(JSON.stringify([events, String(failure), (failure as { fields: unknown }).fields])).not.toMatch(/hush/);
  });
});
