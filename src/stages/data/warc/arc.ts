import { createHash } from 'node:crypto';
import { type WarcRecord, withoutSpaces } from './record.js';

/** What the header line of an ARC record says. */
export interface ArcHeader {
  readonly url: string;
  readonly address: string;
  readonly date: string;
  readonly contentType: string;
  readonly length: number;
  readonly reason?: string;
}

/**
 * Reads the header line of an ARC record (version 1: URL, address, date, type, length; version 2 has ten fields). Fields are
 * taken from the right, as URLs of real files hold spaces. `undefined` where the line is none.
 */
export function parseArcHeader(line: string, version: number): ArcHeader | undefined {
  const scheme = /^[a-z][a-z0-9+.-]{1,20}:/i.exec(line);
  if (!scheme || line.length > 20_000) return undefined;
  const fields = line.split(' ');
  // Version blocks are always in the short form.
  const tail = version === 2 && fields.length >= 10 && !line.startsWith('filedesc:') ? 9 : 4;
  if (fields.length < tail + 1) return undefined;
  const rest = fields.slice(-tail);
  const url = fields.slice(0, -tail).join(' ');
  const [address, date, contentType] = rest as [string, string, string];
  const length = rest.at(-1)!;
  if (!/^[0-9]{8,20}$/.test(date)) return undefined;
  const known = { url: withoutSpaces(url), address, date: arcDate(date), contentType };
  if (!/^\d{1,15}$/.test(length))
    return { ...known, length: 0, reason: `expected a length, got ${JSON.stringify(length.slice(0, 40))}` };
  return { ...known, length: Number(length) };
}

/** 20140301000000 as ISO 8601; `undefined` digits become the least possible. */
function arcDate(digits: string): string {
  const d = digits.slice(0, 14).padEnd(14, '0');
  return `${d.slice(0, 4)}-${d.slice(4, 6)}-${d.slice(6, 8)}T${d.slice(8, 10)}:${d.slice(10, 12)}:${d.slice(12, 14)}Z`;
}

/** An ARC record in the shape of a WARC record: what answers HTTP is a `response`, the version block a `warcinfo`, the rest a `resource`. */
export function arcRecord(
  header: ArcHeader,
  block: Uint8Array,
): Pick<WarcRecord, 'type' | 'headers' | 'id' | 'url' | 'date' | 'contentType'> {
  const { url, date, address, contentType } = header;
  const isHttp = Buffer.from(block.subarray(0, 5)).toString('latin1') === 'HTTP/';
  const type = url.startsWith('filedesc:') ? 'warcinfo' : isHttp ? 'response' : 'resource';
  // ARC has no ids: the same record has the same one in every run.
  const hash = createHash('sha256').update(`${url} ${date} `).update(block).digest('hex');
  const id = `urn:uuid:${hash.slice(0, 8)}-${hash.slice(8, 12)}-${hash.slice(12, 16)}-${hash.slice(16, 20)}-${hash.slice(20, 32)}`;
  const headers = Object.assign(Object.create(null) as Record<string, string>, {
    'warc-type': type,
    'warc-target-uri': url,
    'warc-date': date,
    'warc-ip-address': address,
    'content-type': isHttp ? 'application/http; msgtype=response' : contentType,
    'content-length': String(block.length),
  });
  return { type, headers, id, url, date, contentType: headers['content-type'] };
}
