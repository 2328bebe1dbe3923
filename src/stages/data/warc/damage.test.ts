import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { digestProblem, documentOf } from './documents.js';
import { readWarc } from './reader.js';
import type { Damage, WarcRecord } from './record.js';
import { encodeRecord, httpBlock } from './writer.js';

async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size = 1 << 20): Promise<{ records: WarcRecord[]; damage: Damage[] }> {
  const damage: Damage[] = [];
  const records: WarcRecord[] = [];
  for await (const record of readWarc(chunked(bytes, size), { onDamage: (item) => damage.push(item) }))
    records.push(record);
  return { records, damage };
}

const page = (n: number, body = `<title>${n}</title><p>egg ${'x'.repeat(n % 97)}</p>`) =>
  encodeRecord({
    type: 'response',
    url: `http://example.org/${n}`,
    date: '2026-01-01T00:00:00Z',
    id: `urn:uuid:${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`,
    contentType: 'application/http; msgtype=response',
    block: httpBlock('HTTP/1.1 200 OK', [['Content-Type', 'text/html']], Buffer.from(body)),
    payload: Buffer.from(body),
  });

describe('damage', () => {
  const pages = Array.from({ length: 8 }, (_, i) => Buffer.from(page(i).bytes));
  const plain = Array.from({ length: 8 }, (_, i) => {
    const body = Buffer.from(`<p>${i}</p>`);
    const block = httpBlock('HTTP/1.1 200 OK', [['Content-Type', 'text/html']], body);
    return Buffer.from(
      encodeRecord(
        {
          type: 'response',
          url: `http://e.org/${i}`,
          date: '2026-01-01T00:00:00Z',
          contentType: 'application/http',
          block,
          payload: body,
        },
        { gzip: false },
      ).bytes,
    );
  });
  const urls = (records: readonly WarcRecord[]) => records.map((item) => item.url!.split('/').pop());

  it('costs a cut or flipped member, and no neighbour', async () => {
    for (let cut = 1; cut < pages[3]!.length; cut += 11) {
      const { records, damage } = await read(
        Buffer.concat([...pages.slice(0, 3), pages[3]!.subarray(0, cut), ...pages.slice(4)]),
      );
      expect(urls(records), `cut at ${cut}`).toEqual(['0', '1', '2', '4', '5', '6', '7']);
      expect(damage.length).toBeGreaterThan(0);
    }
    for (let at = 0; at < pages[3]!.length; at += 5) {
      const broken = Buffer.from(pages[3]!);
      broken[at]! ^= 0x10;
      const { records } = await read(Buffer.concat([...pages.slice(0, 3), broken, ...pages.slice(4)]));
      const good = records
        .filter((item) => digestProblem(item) === undefined)
        .map((item) => item.url!.split('/').pop());
      expect(
        good.filter((item) => item !== '3'),
        `bit at ${at}`,
      ).toEqual(['0', '1', '2', '4', '5', '6', '7']);
    }
  });

  it('costs a record with a wrong length, and no neighbour', async () => {
    for (const wrong of ['0', '3', '20', '100', '5000', '-1', 'abc', '99999999999999999999', '']) {
      const text = plain[3]!
        .toString('latin1')
        .replace(/Content-Length: \d+\r\n\r\nHTTP/, `Content-Length: ${wrong}\r\n\r\nHTTP`);
      const { records, damage } = await read(
        Buffer.concat([...plain.slice(0, 3), Buffer.from(text, 'latin1'), ...plain.slice(4)]),
        100,
      );
      expect(
        urls(records).filter((item) => item !== '3'),
        wrong,
      ).toEqual(['0', '1', '2', '4', '5', '6', '7']);
      // A length of 0 reads as an empty record.
      if (wrong !== '0') expect(damage.length, wrong).toBe(1);
    }
  });

  it('finds its way through garbage of any kind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 500 }),
        async (garbage, packed, size) => {
          const parts = packed ? pages : plain;
          const mid = Buffer.concat([Buffer.from('\r\n'), Buffer.from(garbage), Buffer.from('\r\n')]);
          const { records } = await read(Buffer.concat([...parts.slice(0, 4), mid, ...parts.slice(4)]), size);
          expect(urls(records.filter((item) => item.format === 'warc'))).toEqual([
            '0',
            '1',
            '2',
            '3',
            '4',
            '5',
            '6',
            '7',
          ]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('never throws and always ends, whatever the bytes', async () => {
    const lines = fc.constantFrom(
      'WARC/1.0\r\n',
      'WARC/1.1\r\n',
      'Content-Length: 5\r\n',
      'Content-Length: 99999\r\n',
      '\r\n',
      '\r\n\r\n',
      'hello',
      'http://e.org/ 1.2.3.4 20140101000000 text/html 5\n',
      '\x1f\x8b\x08\x00',
      'filedesc://x 0 20140101000000 text/plain 3\n',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(lines, fc.string()), { maxLength: 40 }),
        fc.integer({ min: 1, max: 64 }),
        fc.boolean(),
        async (parts, size, packed) => {
          const bytes = Buffer.from(parts.join(''), 'latin1');
          const { records } = await read(packed ? gzipSync(bytes) : bytes, size);
          for (const record of records) documentOf(record, 'x');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('passes a bomb and a record that is too long', async () => {
    const bomb = gzipSync(
      Buffer.concat([
        Buffer.from('WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 300000000\r\n\r\n'),
        Buffer.alloc(200_000_000),
      ]),
      { level: 1 },
    );
    const before = process.memoryUsage().rss;
    const { records, damage } = await read(Buffer.concat([pages[0]!, bomb, pages[1]!]));
    expect(urls(records)).toEqual(['0', '1']);
    expect(damage[0]!.reason).toMatch(/300000000 bytes, more than/);
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
    const block = Buffer.concat([
      Buffer.from('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/html\r\n\r\n'),
      gzipSync(Buffer.alloc(20_000_000)),
    ]);
    const inner = encodeRecord({
      type: 'response',
      url: 'http://e.org/b',
      date: '2026-01-01T00:00:00Z',
      contentType: 'application/http',
      block,
    });
    const record = (await read(inner.bytes)).records[0]!;
    expect(documentOf(record, 'x', { maxBodyBytes: 1_000_000 })).toMatchObject({
      reason: expect.stringMatching(/at most 1000000 bytes/) as string,
    });
  });
});
