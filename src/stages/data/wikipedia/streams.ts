import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import bz2 from 'unbzip2-stream';

/** A stretch of a file in bytes, [start, end). */
export interface Range {
  readonly start: number;
  readonly end?: number;
}

/** Text of a dump file or of a stretch of it (whole streams of a multistream file), unpacked by its name. */
export async function* dumpText(path: string, range: Range = { start: 0 }): AsyncGenerator<string> {
  const end = range.end === undefined ? {} : { end: range.end - 1 };
  const file = createReadStream(path, { start: range.start, ...end, highWaterMark: 1 << 18 });
  const unpack = /\.bz2$/i.test(path) ? (bz2() as unknown as NodeJS.ReadWriteStream) : /\.gz$/i.test(path) ? createGunzip() : undefined;
  const decoder = new StringDecoder('utf8');
  let bytes: AsyncIterable<Buffer> = file;
  if (unpack) {
    file.on('error', (error) => unpack.emit('error', error));
    bytes = readable(file.pipe(unpack) as never);
  }
  try {
    for await (const part of bytes) {
      const text = decoder.write(Buffer.from(part));
      if (text !== '') yield text;
    }
    const rest = decoder.end();
    if (rest !== '') yield rest;
  } finally {
    file.destroy();
  }
}

/** unbzip2-stream is an old-style stream: it knows data, pause and resume only. */
async function* readable(stream: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  const waiting: Buffer[] = [];
  let ended = false;
  let failed: unknown;
  let wake: (() => void) | undefined;
  const notify = () => {
    wake?.();
    wake = undefined;
  };
  stream.on('data', (part: Buffer) => {
    waiting.push(part);
    if (waiting.length > 16) stream.pause();
    notify();
  });
  stream.on('end', () => {
    ended = true;
    notify();
  });
  stream.on('error', (error) => {
    failed = error;
    notify();
  });
  for (;;) {
    const part = waiting.shift();
    if (part) yield part;
    else if (failed) throw failed;
    else if (ended) return;
    else {
      const more = new Promise<void>((resolve) => {
        wake = resolve;
      });
      stream.resume();
      if (waiting.length === 0 && !ended && !failed) await more;
    }
  }
}
