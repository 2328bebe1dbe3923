import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Unavailable } from '../../../base/core/index.js';
import type { HttpClient } from '../../../base/net/index.node.js';

/** Files of crawls are about 1 GB; nothing here is held as a whole. */
const mostFile = 64 * 2 ** 30;
const timeouts = { total: 24 * 3600 * 1000, body: 60_000 };
const limits = { bytes: mostFile, decodedBytes: mostFile };
/** A stream that breaks off is taken up again where it stopped. */
const mostBreaks = 5;

export const isUrl = (name: string) => /^https?:\/\//i.test(name);

/** Bytes of a file or URL from an offset on, streamed. A connection that breaks is opened again at the byte where it broke. */
export async function* bytesFrom(
  name: string,
  offset: number,
  http: HttpClient | undefined,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (!isUrl(name)) {
    yield* createReadStream(name, { start: offset, highWaterMark: 1 << 20, signal }) as AsyncIterable<Buffer>;
    return;
  }
  let at = offset;
  for (let breaks = 0; ; breaks++) {
    const answer = await http!.open(name, {
      headers: { 'accept-encoding': 'identity', ...(at > 0 ? { range: `bytes=${at}-` } : {}) },
      timeouts,
      limits,
      signal,
    });
    try {
      if (answer.status === 416) return;
      if (answer.status !== 200 && answer.status !== 206) {
        throw new Unavailable('warc.status', `read ${name}: expected status 200 or 206, got ${answer.status}`);
      }
      // A server without ranges sends it all: what is known already is passed by.
      let pass = answer.status === 200 ? at : 0;
      for await (const chunk of answer.body) {
        const part = chunk.subarray(Math.min(pass, chunk.length));
        pass -= chunk.length - part.length;
        if (part.length === 0) continue;
        at += part.length;
        yield part;
      }
      return;
    } catch (error) {
      const broken = error instanceof Unavailable && (error.code === 'net.failed' || error.code === 'net.timeout');
      if (!broken || breaks >= mostBreaks || signal?.aborted) throw error;
    } finally {
      answer.cancel();
    }
  }
}

/** One stretch of a file or URL. Errors: `Unavailable` where it is not all there. */
export async function rangeOf(
  name: string,
  offset: number,
  length: number,
  http: HttpClient | undefined,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (!isUrl(name)) {
    const file = await open(name);
    try {
      const bytes = Buffer.alloc(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }
  const answer = await http!.fetch(name, {
    headers: { 'accept-encoding': 'identity', range: `bytes=${offset}-${offset + length - 1}` },
    limits: { bytes: length, decodedBytes: length },
    signal,
  });
  if (answer.status !== 206) {
    throw new Unavailable(
      'warc.status',
      `read ${name}: expected status 206 for bytes ${offset} to ${offset + length - 1}, got ${answer.status}`,
    );
  }
  return answer.raw;
}
