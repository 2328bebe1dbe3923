import { statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { type Input, type Limits, compressionOf, defaultLimits, localInput, unpackedInput } from '../formats/index.js';

/** A stretch of a file in bytes, [start, end). */
export interface Range {
  readonly start: number;
  readonly end?: number;
}

/** Text of a dump file or of a stretch of it (whole streams of a multistream file), unpacked by its first bytes. */
export async function* dumpText(path: string, range: Range = { start: 0 }): AsyncGenerator<string> {
  // A whole Wikipedia unpacks to 100 GB and more; what is read of it at a time is bounded by the pages.
  const limits: Limits = { ...defaultLimits, unpackedBytes: Number.MAX_SAFE_INTEGER };
  const file = localInput(path, statSync(path).size);
  const stretch: Input = { name: file.name, stream: () => file.stream(range.start, range.end) };
  let head: Uint8Array | undefined;
  for await (const part of file.stream(range.start, range.start + 4)) head = part;
  const compression = head && compressionOf(head);
  const decoder = new StringDecoder('utf8');
  for await (const part of (compression ? unpackedInput(stretch, compression, limits) : stretch).stream()) {
    const text = decoder.write(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    if (text !== '') yield text;
  }
  const rest = decoder.end();
  if (rest !== '') yield rest;
}
