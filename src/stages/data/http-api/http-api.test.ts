import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Json } from '../../../base/core/index.js';
import { type Handler, type TestServer, startTestServer } from '../../../base/net/testing/index.js';
import type { Reject } from '../document.js';
import type { SourceItem } from '../pipeline/index.js';
import { nextLink } from './pages.js';
import { fillFromItem, parsePath, pathTemplate, selectAll, textOf } from './select.js';
import { httpApiSource } from './source.js';

describe('paths', () => {
  const data = { a: [{ b: 1 }, { b: 2 }], 'x y': { "it's": 'q' }, n: null, __proto__: 5 } as unknown as Json;
  it.each([
    ['$', [data]],
    ['', [data]],
    ['a[*].b', [1, 2]],
    ['$.a[-1].b', [2]],
    ["$['x y']['it\\'s']", ['q']],
    ['$["x y"].*', ['q']],
    ['a.b', []],
    ['n.x', []],
    ['a[7]', []],
    ['constructor', []],
    ['a.length', []],
  ])('%j', (path, expected) => expect(selectAll(data, parsePath(path))).toEqual(expected));
  it.each(['$..a', '$.a[?(@.b)]', 'a[1:2]', 'a.', 'a[', "a['x", 'a b', '$a', '.'.repeat(3), `a${'[0]'.repeat(100)}`])(
    '%j is none',
    (path) => expect(() => parsePath(path)).toThrow(/expected/),
  );
  it('takes any text without a hitch', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (text, value) => {
        try {
          selectAll(value as Json, parsePath(text));
        } catch (error) {
          expect(String(error)).toMatch(/path .* expected/);
        }
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.integer()), (record) => {
        for (const [name, value] of Object.entries(record)) {
          const quoted = name.replace(/[\\']/g, '\\$&');
          expect(selectAll(record, parsePath(`$['${quoted}']`))).toEqual([value]);
        }
      }),
    );
  });
  it('fills templates', () => {
    expect(
      fillFromItem(pathTemplate('{{x}} {a}: {tags[*]} {o} {none}.'), { a: 1.5, tags: ['p', 'q'], o: { k: true } }),
    ).toBe('{x} 1.5: p, q {"k":true} .');
    expect(() => pathTemplate('a {b')).toThrow(/expected a name between braces, got a single \{/);
    expect(textOf([1, null, 'x'])).toBe('1, , x');
  });
  it('reads Link headers', () => {
    expect(
      nextLink('<http://e.org/?page=1>; rel="prev", <http://e.org/?page=3,4>; title="a, b"; rel="last next"'),
    ).toBe('http://e.org/?page=3,4');
    expect(nextLink('</n>;rel=next')).toBe('/n');
    expect(nextLink('</n>; rel=nextish, <x>; title="rel=next"')).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => void nextLink(`<a${text}`)));
  });
});

describe('httpApi', () => {
  let server: TestServer;
  afterEach(() => server.close());
  const items = Array.from({ length: 25 }, (_, i) => ({
    id: i + 1,
    title: `Title ${i + 1}`,
    body: `Body ${i + 1}`,
    at: '2026-01-02T03:04:05Z',
  }));
  const page = (from: number, size = 10) => items.slice(from, from + size);
  const json = (response: Parameters<Handler>[1], value: unknown, headers: Record<string, string> = {}) =>
    void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

  async function read(handle: Handler, given: object, stopAfter = Number.POSITIVE_INFINITY) {
    server = await startTestServer(handle);
    const source = await httpApiSource.create(
      httpApiSource.options.parse({
        url: `${server.url}/items?size=10`,
        text: '{title}\n\n{body}',
        id: 'id',
        allowHosts: ['127.0.0.1'],
        requestIntervalMs: 0,
        ...given,
      }),
      { folder: '.' },
    );
    const found: SourceItem[] = [];
    const rejects: Reject[] = [];
    const [task] = await source.tasks();
    try {
      for (let cursor: SourceItem['cursor'], more = true; more; ) {
        more = false;
        let taken = 0;
        for await (const item of source.read(task!, { cursor, onReject: (reject) => rejects.push(reject) })) {
          found.push(item);
          cursor = item.cursor;
          if (++taken === stopAfter) {
            more = true;
            break;
          }
        }
      }
    } finally {
      await source.close?.();
    }
    return { ids: found.map((item) => Number(item.document.id)), found, rejects };
  }
  const all = items.map((item) => item.id);
  const query = (url: string | undefined, name: string) => new URL(url!, 'http://x').searchParams.get(name);

  const styles: Array<[string, object, Handler]> = [
    [
      'page',
      { kind: 'page', parameter: 'p' },
      (request, response) => json(response, page((Number(query(request.url, 'p')) - 1) * 10)),
    ],
    [
      'offset',
      { kind: 'offset' },
      (request, response) => json(response, page(Number(query(request.url, 'offset') ?? 0))),
    ],
    [
      'cursor',
      { kind: 'cursor', parameter: 'after', path: 'meta.next' },
      (request, response) => {
        const from = Number(Buffer.from(query(request.url, 'after') ?? '', 'base64').toString() || 0);
        json(response, {
          data: page(from),
          meta: { next: from + 10 < 25 ? Buffer.from(String(from + 10)).toString('base64') : null },
        });
      },
    ],
    [
      'keyset',
      { kind: 'keyset', parameter: 'after_id', path: 'id' },
      (request, response) => {
        const after = Number(query(request.url, 'after_id') ?? 0);
        json(response, items.filter((item) => item.id > after).slice(0, 10));
      },
    ],
    [
      'link in the body',
      { kind: 'link', path: 'links.next' },
      (request, response) => {
        const from = Number(query(request.url, 'from') ?? 0);
        json(response, { data: page(from), links: { next: from + 10 < 25 ? `/items?from=${from + 10}` : null } });
      },
    ],
    [
      'link header',
      { kind: 'link' },
      (request, response) => {
        const from = Number(query(request.url, 'from') ?? 0);
        json(response, page(from), from + 10 < 25 ? { link: `</items?from=${from + 10}>; rel="next"` } : {});
      },
    ],
    ['none', { kind: 'none' }, (_, response) => json(response, items)],
  ];
  it.each(styles)('pages by %s, and goes on at every cursor', async (name, pagination, handle) => {
    const itemsAt = name === 'cursor' || name === 'link in the body' ? 'data' : '$';
    const options = { pagination, items: itemsAt, title: 'title', time: 'at', metadata: { raw: '$.body' } };
    const once = await read(handle, options);
    expect(once.ids).toEqual(all);
    expect(once.found[0]!.document).toMatchObject({
      text: 'Title 1\n\nBody 1',
      title: 'Title 1',
      time: '2026-01-02T03:04:05.000Z',
      metadata: { raw: 'Body 1' },
    });
    await server.close();
    expect((await read(handle, options, 1)).ids).toEqual(all);
    await server.close();
    expect((await read(handle, options, 7)).ids).toEqual(all);
  });

  it('pages a POST through its body', async () => {
    const { ids } = await read(
      (_, response, body) => json(response, page(Number((JSON.parse(body) as { offset?: number }).offset ?? 0))),
      { method: 'POST', body: { q: 'x' }, pagination: { kind: 'offset' } },
    );
    expect(ids).toEqual(all);
  });

  it('tries again on 429, 5xx and breaks', async () => {
    let tries = 0;
    const { ids } = await read((_, response) => {
      tries++;
      if (tries === 1) return void response.writeHead(429, { 'retry-after': '0' }).end();
      if (tries === 2) return void response.writeHead(502).end();
      if (tries === 3) return void response.destroy();
      json(response, items);
    }, {});
    expect([ids.length, tries]).toEqual([25, 4]);
  });

  it.each<[string, Handler, RegExp]>([
    ['broken JSON', (_, response) => void response.end('{"a":'), /expected JSON/],
    ['a page of HTML', (_, response) => void response.end('<html>'), /expected JSON/],
    ['an object for a list', (_, response) => json(response, { a: 1 }), /expected a list/],
    ['404', (_, response) => void response.writeHead(404).end(), /expected status 200, got 404/],
    ['401', (_, response) => void response.writeHead(401).end(), /environment variable/],
    ['silence', () => undefined, /within 300 ms|in time/],
    ['too much', (_, response) => void response.end(' '.repeat(200_000)), /at most 100000 bytes/],
    ['depth', (_, response) => void response.end('['.repeat(40_000)), /nested more than 200 deep/],
    [
      'a redirect to a private address',
      (_, response) => void response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
      /10.0.0.1 \(private\)/,
    ],
  ])('ends with a reason on %s', async (_, handle, reason) => {
    await expect(read(handle, { retries: 0, timeoutMs: 300, maxBytes: 100_000 })).rejects.toThrow(reason);
  });

  it('leaves circles, foreign links and items without text', async () => {
    const circle = await read((_, response) => json(response, { data: page(0, 2), next: 'same' }), {
      items: 'data',
      pagination: { kind: 'cursor', path: 'next' },
    });
    expect(circle.ids).toEqual([1, 2, 1, 2]);
    expect(circle.rejects[0]!.reason).toMatch(/circle/);
    await server.close();
    const endless = await read((_, response) => json(response, page(0, 1)), {
      pagination: { kind: 'page' },
      maxPages: 3,
    });
    expect(endless.rejects[0]!.reason).toMatch(/more than 3 pages/);
    await server.close();
    const odd = await read(
      (_, response) => json(response, [1, null, {}, { id: 2 }, { title: 'no id' }, { id: 3, title: 'good' }]),
      {},
    );
    expect(odd.ids).toEqual([3]);
    expect(odd.rejects.map((item) => item.reason)).toEqual([
      'expected an object',
      'expected an object',
      'no text',
      'no text',
      'no key at id',
    ]);
    await server.close();
    await expect(
      read((_, response) => json(response, { data: items, next: 'http://other.example/' }), {
        items: 'data',
        pagination: { kind: 'link', path: 'next' },
      }),
    ).rejects.toThrow(/same origin/);
  });

  it('takes keys from the environment and tells nobody', async () => {
    const secretHeaders = { Authorization: { env: 'ABOVO_TEST_TOKEN', prefix: 'Bearer ' } };
    delete process.env.ABOVO_TEST_TOKEN;
    await expect(read((_, response) => json(response, items), { secretHeaders })).rejects.toThrow(/ABOVO_TEST_TOKEN/);
    await server.close();
    process.env.ABOVO_TEST_TOKEN = 'hush';
    const { found } = await read(
      (request, response) =>
        request.headers.authorization === 'Bearer hush' ? json(response, items) : void response.writeHead(401).end(),
      { secretHeaders },
    );
    expect(found).toHaveLength(25);
    await server.close();
    const failure = await read((_, response) => void response.writeHead(500).end(), {
      secretHeaders,
      url: 'http://127.0.0.1:1/?api_key=hush',
      retries: 0,
    }).catch((error: unknown) => error);
    expect(String(failure) + JSON.stringify(failure)).not.toMatch(/hush/);
    delete process.env.ABOVO_TEST_TOKEN;
  });
});
