import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { decompress as zstdDecompress } from 'fzstd';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { headerRecord, headerText, parseHeaderLines } from './record.js';

/** An HTTP request or response out of a record. */
export interface HttpMessage {
  /** First line as it stands. */
  readonly startLine: string;
  /** Of a response; 0 for a request. */
  readonly status: number;
  readonly headerLines: ReadonlyArray<readonly [string, string]>;
  readonly headers: Readonly<Record<string, string>>;
  /** All after the empty line, as it was stored. */
  readonly payload: Uint8Array;
}

/** Longest header of a message. */
const mostHeader = 256 << 10;

/** Splits a block of `application/http`; `undefined` where it does not begin with a line of HTTP. */
export function parseHttp(block: Uint8Array): HttpMessage | undefined {
  const buffer = Buffer.from(block.buffer, block.byteOffset, block.length);
  const crlf = buffer.subarray(0, mostHeader).indexOf('\r\n\r\n');
  const bare = buffer.subarray(0, crlf < 0 ? mostHeader : crlf).indexOf('\n\n');
  const end = bare >= 0 ? bare : crlf;
  const head = headerText(end < 0 ? buffer.subarray(0, mostHeader) : buffer.subarray(0, end));
  const first = head.indexOf('\n');
  const startLine = (first < 0 ? head : head.slice(0, first)).trimEnd();
  // Old servers answered "HTTP/1.1 200" and even "HTTP 200 OK".
  const response = /^HTTP(?:\/[\d.]{1,5})? +(\d{3})(?: |$)/i.exec(startLine);
  if (!response && !/^[A-Z]{3,20} \S{1,20000} HTTP\/[\d.]{1,5}$/.test(startLine)) return undefined;
  const headerLines = first < 0 ? [] : parseHeaderLines(head.slice(first + 1));
  const payload = end < 0 ? new Uint8Array(0) : block.subarray(end + (bare >= 0 ? 2 : 4));
  return {
    startLine,
    status: response ? Number(response[1]) : 0,
    headerLines,
    headers: headerRecord(headerLines),
    payload,
  };
}

/** Chunked coding undone; `undefined` where the bytes are not chunked, whatever the header says (many crawlers have undone it already). */
export function dechunk(bytes: Uint8Array): Uint8Array | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const end = buffer.subarray(at, at + 1024).indexOf('\n');
    const line =
      end < 0
        ? ''
        : buffer
            .toString('latin1', at, at + end)
            .split(';', 1)[0]!
            .trim();
    if (!/^[0-9a-f]{1,8}$/i.test(line)) {
      // After a first sound chunk the rest is damage: what came before stands.
      return parts.length > 0 ? Buffer.concat(parts) : undefined;
    }
    const size = Number.parseInt(line, 16);
    at += end + 1;
    if (size === 0) return Buffer.concat(parts);
    parts.push(buffer.subarray(at, at + size));
    at += size;
    if (buffer[at] === 13) at++;
    if (buffer[at] === 10) at++;
    if (at >= buffer.length) return Buffer.concat(parts);
  }
}

/** The body with chunks and content codings undone. Errors: `InvalidInput` where it is more than `most` bytes or its packing is broken. */
export function bodyOf(message: HttpMessage, most: number): Uint8Array {
  const { headers } = message;
  const chunked = /\bchunked\b/i.test(headers['transfer-encoding'] ?? '');
  let body = (chunked ? dechunk(message.payload) : undefined) ?? message.payload;
  const codings = (headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((item) => item.trim().replace(/^x-/, ''));
  if (codings.length > 2) throw new InvalidInput('warc.encoding', 'unpack: expected at most 2 content codings');
  for (const coding of codings.toReversed()) body = undo(coding, body, most);
  if (body.length > most)
    throw new InvalidInput('warc.size', `unpack: expected at most ${most} bytes, got ${body.length}`);
  return body;
}

function undo(coding: string, body: Uint8Array, maxOutputLength: number): Uint8Array {
  const [a, b] = body;
  try {
    // The header often names a packing that the crawler has undone: the bytes decide.
    switch (coding) {
      case 'gzip':
        return a === 0x1f && b === 0x8b ? gunzipSync(body, { maxOutputLength, chunkSize: likelySize(body) }) : body;
      case 'deflate':
        if (a !== undefined && (a & 0x0f) === 8 && ((a << 8) | b!) % 31 === 0)
          return inflateSync(body, { maxOutputLength });
        try {
          return inflateRawSync(body, { maxOutputLength });
        } catch (error) {
          if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw error;
          return body;
        }
      case 'br':
        try {
          return brotliDecompressSync(body, { maxOutputLength });
        } catch (error) {
          // Brotli has no signature: what reads as text was unpacked before.
          if (
            (error as { code?: string }).code !== 'ERR_BUFFER_TOO_LARGE' &&
            /^\s*</.test(headerText(body.subarray(0, 64)))
          )
            return body;
          throw error;
        }
      case 'zstd':
        return a === 0x28 && b === 0xb5 ? boundedZstd(body, maxOutputLength) : body;
      default:
        return body;
    }
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    const tooBig = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
    throw new InvalidInput(
      tooBig ? 'warc.size' : 'warc.encoding',
      tooBig
        ? `unpack: expected at most ${maxOutputLength} bytes out of ${body.length} (${coding})`
        : `unpack ${coding}: ${messageOf(error)}`,
      {},
      error,
    );
  }
}

/** Size that a gzip body states at its end, within bounds: one chunk of the right size needs no copy. */
function likelySize(body: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = body.subarray(-4);
  return Math.min(Math.max(((a | (b << 8) | (c << 16) | (d << 24)) >>> 0) + 1, 1 << 12), 1 << 20);
}

/** The library has no limit, so the frame must say how long its content is. */
function boundedZstd(body: Uint8Array, most: number): Uint8Array {
  const flags = body[4] ?? 0;
  const sizeBytes = [flags & 0x20 ? 1 : 0, 2, 4, 8][flags >> 6]!;
  const at = 5 + (flags & 0x20 ? 0 : 1) + [0, 1, 2, 4][flags & 3]!;
  if (sizeBytes === 0) throw new InvalidInput('warc.encoding', 'unpack zstd: expected a frame that states its size');
  let size = sizeBytes === 2 ? 256 : 0;
  for (let i = 0; i < sizeBytes; i++) size += (body[at + i] ?? 0) * 2 ** (8 * i);
  if (size > most) throw new InvalidInput('warc.size', `unpack: expected at most ${most} bytes, got ${size} (zstd)`);
  return zstdDecompress(body, new Uint8Array(size));
}
