import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { InvalidInput } from '../../../base/core/index.js';
import { digestOf } from './digest.js';
import type { WarcType } from './record.js';

/** A record to be written. */
export interface WarcEntry {
  readonly type: WarcType;
  readonly url?: string;
  /** ISO 8601; WARC 1.1 allows fractions of a second. */
  readonly date: string;
  /** Default: a new urn:uuid. */
  readonly id?: string;
  readonly contentType: string;
  /** The block: for `application/http` first line, headers, empty line, body. */
  readonly block: Uint8Array;
  /** Part of the block that WARC-Payload-Digest is of. */
  readonly payload?: Uint8Array;
  /** WARC-IP-Address, WARC-Concurrent-To, WARC-Refers-To … */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Profiles of revisit records (WARC 1.1, section 6.7). */
export const revisitProfiles = {
  identicalPayload: 'http://netpreserve.org/warc/1.1/revisit/identical-payload-digest',
  notModified: 'http://netpreserve.org/warc/1.1/revisit/server-not-modified',
} as const;

/** Line breaks in a value would be headers of their own. */
function clean(name: string, value: string): string {
  if (/[\r\n\0]/.test(value) || !/^[A-Za-z0-9-]+$/.test(name)) {
    throw new InvalidInput(
      'warc.header',
      `write WARC: expected one line, got ${JSON.stringify(`${name}: ${value}`.slice(0, 120))}`,
    );
  }
  return `${name}: ${value}\r\n`;
}

/** A block of `application/http`: the first line, headers as they are, the body. Line breaks in them are taken out. */
export function httpBlock(
  startLine: string,
  headers: ReadonlyArray<readonly [string, string]>,
  body: Uint8Array,
): Uint8Array {
  const one = (text: string) => text.replace(/[\r\n\0]+/g, ' ');
  const head = `${one(startLine)}\r\n${headers.map(([name, value]) => `${one(name)}: ${one(value)}\r\n`).join('')}\r\n`;
  // Header bytes were read one to one.
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** Bytes of one record with its digests, in a gzip member of its own unless `gzip` is false. */
export function encodeRecord(
  entry: WarcEntry,
  { gzip = true }: { readonly gzip?: boolean } = {},
): { readonly bytes: Uint8Array; readonly id: string } {
  const id = entry.id ?? `urn:uuid:${randomUUID()}`;
  let head = 'WARC/1.1\r\n';
  head += clean('WARC-Type', entry.type);
  head += clean('WARC-Record-ID', `<${id}>`);
  if (entry.url !== undefined) head += clean('WARC-Target-URI', entry.url);
  head += clean('WARC-Date', entry.date);
  for (const [name, value] of Object.entries(entry.headers ?? {})) head += clean(name, value);
  if (entry.payload) head += clean('WARC-Payload-Digest', digestOf(entry.payload));
  head += clean('WARC-Block-Digest', digestOf(entry.block));
  head += clean('Content-Type', entry.contentType);
  head += clean('Content-Length', String(entry.block.length));
  const record = Buffer.concat([Buffer.from(`${head}\r\n`, 'utf8'), entry.block, Buffer.from('\r\n\r\n')]);
  return { bytes: gzip ? gzipSync(record) : record, id };
}

/** The block of a `warcinfo` record. */
export function warcFields(fields: Readonly<Record<string, string>>): Uint8Array {
  return Buffer.from(
    Object.entries(fields)
      .map(([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}\r\n`)
      .join(''),
  );
}
