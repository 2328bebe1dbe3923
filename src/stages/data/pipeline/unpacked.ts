import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { InvalidInput } from '../../../base/core/index.js';

/** Bytes of a packed file, at most so many. */
export async function* unpacked(path: string, most: number): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  file.on('error', (error) => gunzip.destroy(error));
  let size = 0;
  try {
    for await (const chunk of file.pipe(gunzip) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new InvalidInput('pipeline.unpacked', `it unpacks to more than ${most} bytes`);
      yield chunk;
    }
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}
