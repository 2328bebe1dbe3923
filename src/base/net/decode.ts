import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { Unavailable } from '../core/index.js';

/** Content codings that are undone, in the order of preference of Accept-Encoding. */
export const acceptEncoding = 'gzip, deflate, br';

/** Codings in the order they have to be undone; `undefined` where one is unknown. */
export function codingsOf(header: string | undefined): string[] | undefined {
  const codings = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((item) => item.trim().replace(/^x-/, ''))
    .filter((item) => item !== '' && item !== 'identity');
  return codings.every((item) => item === 'gzip' || item === 'deflate' || item === 'br')
    ? codings.toReversed()
    : undefined;
}

/** More than one layer of packing is a bomb's shape and no server's habit. */
const mostCodings = 2;

/** `deflate` means zlib's format (RFC 9110), but servers send raw deflate as well: the first byte tells. */
const inflateFor = (first: number | undefined) =>
  first !== undefined && (first & 0x0f) === 8 ? createInflate() : createInflateRaw();

/** Undoes one coding, stopping where more than `most` bytes come out. */
async function* undo(coding: string, source: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  const unpacked =
    coding === 'gzip' ? createGunzip() : coding === 'br' ? createBrotliDecompress() : inflateFor(first.value[0]);
  let stopped = false;
  const feed = async () => {
    try {
      for (let item = first as IteratorResult<Uint8Array>; !item.done; item = await iterator.next()) {
        if (stopped) return;
        if (!unpacked.write(item.value))
          await new Promise<void>((resolve) => {
            unpacked.once('drain', resolve);
            unpacked.once('close', resolve);
          });
      }
      unpacked.end();
    } catch (error) {
      unpacked.destroy(error as Error);
    }
  };
  const feeding = feed();
  let size = 0;
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) {
        throw new Unavailable('net.size', `unpack: expected at most ${most} bytes, got more (${coding})`, { most });
      }
      yield chunk;
    }
  } finally {
    stopped = true;
    unpacked.destroy();
    // Not waited for: the source may be silent, and whoever closes it comes after this.
    feeding.catch(() => undefined);
    iterator.return?.().catch(() => undefined);
  }
}

/**
 * The body without its content codings, streamed; at most `most` bytes come out of each layer.
 * Errors: `Unavailable` (`net.size` for a bomb, `net.encoding` for an unknown coding); zlib's own where the packing is broken.
 */
export function decodeBody(
  source: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
  most: number,
): AsyncIterable<Uint8Array> {
  const codings = codingsOf(encoding);
  if (!codings || codings.length > mostCodings) {
    throw new Unavailable('net.encoding', `unpack: expected gzip, deflate or br, got ${JSON.stringify(encoding)}`, {
      encoding,
    });
  }
  let body = source;
  for (const coding of codings) body = undo(coding, body, most);
  return body;
}

/** All of a stream as one array. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
