import type { Json } from '../../../base/core/index.js';
import { messageOf } from '../../../base/core/index.js';
import type { AccessClass, Document } from '../document.js';
import { decodeText } from './charset.js';
import { hasDigest } from './digest.js';
import { type HttpMessage, bodyOf, dechunk, parseHttp } from './http-message.js';
import type { WarcRecord } from './record.js';

/** Which records become documents. */
export interface RecordFilter {
  /** Default response, resource and conversion. */
  readonly types?: readonly string[];
  /** Media types, `text/*` for all of a kind. Default HTML, XHTML and plain text. */
  readonly mediaTypes?: readonly string[];
  /** HTTP statuses of responses. Default 200. */
  readonly statuses?: readonly number[];
  /** Default `check`: a record whose digests differ is left out. */
  readonly digests?: 'check' | 'ignore';
  /** Most bytes of an unpacked body. Default 16 MiB. */
  readonly maxBodyBytes?: number;
  readonly licence?: string;
  readonly access?: AccessClass;
}

export const defaultTypes = ['response', 'resource', 'conversion'];
export const defaultMediaTypes = ['text/html', 'application/xhtml+xml', 'text/plain'];

/** What a record is: a document, nothing that was asked for, or damaged. */
export type RecordOutcome = { readonly document: Document } | { readonly skip: true } | { readonly reason: string };

const skip = { skip: true } as const;

/** `text/html` out of `Text/HTML; charset=utf-8`. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/** Why a record's digests differ from its bytes; `undefined` where they agree, are not stated or of an unknown kind. */
export function digestProblem(
  record: WarcRecord,
  http: HttpMessage | undefined = parseHttp(record.block),
): string | undefined {
  const payload = record.headers['warc-payload-digest'];
  // A revisit record states the digest of what it leaves out; a truncated one and a segment that of the whole.
  const comparable =
    record.type !== 'revisit' && !record.headers['warc-truncated'] && !record.headers['warc-segment-number'];
  if (payload !== undefined && comparable) {
    const agrees = hasDigest(http?.payload ?? record.block, payload);
    // What the text comes from is sound, then: crawlers that change headers after counting leave wrong block digests.
    if (agrees) return undefined;
    // Some writers digest the body with the chunks undone, some the whole block.
    const plain =
      http && /\bchunked\b/i.test(http.headers['transfer-encoding'] ?? '') ? dechunk(http.payload) : undefined;
    const otherwise = (plain && hasDigest(plain, payload)) || (http && hasDigest(record.block, payload));
    if (agrees === false && !otherwise) return `payload digest ${payload} differs`;
  }
  const block = record.headers['warc-block-digest'];
  return block !== undefined && hasDigest(record.block, block) === false ? `block digest ${block} differs` : undefined;
}

/**
 * A record as a document whose text is the body as it was served, decoded: HTML stays HTML (`metadata.contentType` says so) for the step that
 * takes the main content out.
 */
export function documentOf(record: WarcRecord, source: string, filter: RecordFilter = {}): RecordOutcome {
  const {
    types = defaultTypes,
    mediaTypes = defaultMediaTypes,
    statuses = [200],
    digests = 'check',
    maxBodyBytes = 16 << 20,
  } = filter;
  if (!types.includes(record.type)) return skip;
  const isHttp = /^application\/http\b/i.test(record.contentType ?? '') || record.type === 'response';
  const http = isHttp ? parseHttp(record.block) : undefined;
  if (record.type === 'response' && !http) {
    // Responses to dns: and ftp: are no HTTP.
    return /^https?:/i.test(record.url ?? '') ? { reason: 'expected an HTTP response, got other bytes' } : skip;
  }
  if (http && record.type === 'response' && !statuses.includes(http.status)) return skip;
  const contentType = http ? http.headers['content-type'] : record.contentType;
  const stated = mediaTypeOf(contentType);
  const identified = record.headers['warc-identified-payload-type'];
  const mediaType = identified !== undefined && http ? mediaTypeOf(identified) : stated;
  const wanted = mediaTypes.some(
    (type) => type === '*/*' || type === mediaType || (type.endsWith('/*') && mediaType.startsWith(type.slice(0, -1))),
  );
  if (!wanted) return skip;
  const problem = digests === 'check' ? digestProblem(record, http) : undefined;
  if (problem) return { reason: problem };
  let body: Uint8Array;
  try {
    body = http ? bodyOf(http, maxBodyBytes) : record.block;
  } catch (error) {
    return { reason: messageOf(error) };
  }
  if (body.length > maxBodyBytes) return { reason: `a body of ${body.length} bytes, more than ${maxBodyBytes}` };
  const decoded = decodeText(body, contentType);
  if (!decoded) return { reason: 'binary data (a zero byte) in what calls itself text' };
  if (decoded.text.trim() === '') return skip;
  const metadata: Record<string, Json> = {
    contentType: mediaType === '' ? 'text/plain' : mediaType,
    charset: decoded.charset,
    recordType: record.type,
    offset: record.offset,
  };
  const languages = record.headers['warc-identified-content-language'];
  if (languages !== undefined) metadata.identifiedLanguages = languages.split(',').map((item) => item.trim());
  return {
    document: {
      id: record.id === '' ? `${source}@${record.offset}.${record.index}` : record.id,
      text: decoded.text.isWellFormed() ? decoded.text : decoded.text.toWellFormed(),
      source,
      url: record.url,
      time: record.date,
      licence: filter.licence,
      access: filter.access,
      metadata,
    },
  };
}
