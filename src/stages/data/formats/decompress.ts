import { createRequire } from 'node:module';
import { type Duplex, Readable } from 'node:stream';
import zlib from 'node:zlib';
import { messageOf } from '../../../base/core/index.js';
import type { Input } from './bytes.js';
import { type Limits, Unreadable } from './limits.js';

/** Compressions of single files, by their endings and first bytes. */
export const compressions = {
  gzip: { ending: /\.gz$|\.gzip$/i, tgz: /\.tgz$/i, magic: [0x1f, 0x8b], unpack: gunzip },
  bzip2: { ending: /\.bz2$/i, tgz: /\.tbz2?$/i, magic: [0x42, 0x5a, 0x68], unpack: bunzip2 },
  zstd: { ending: /\.zst$|\.zstd$/i, tgz: /\.tzst$/i, magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: unzstd },
} as const;

export type Compression = keyof typeof compressions;

/** The compression that the first bytes tell; a name alone tells none. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  for (const [name, { magic }] of Object.entries(compressions)) {
    if (magic.every((byte, i) => head[i] === byte)) {
      if (name !== 'bzip2' || (head[3]! >= 0x31 && head[3]! <= 0x39)) return name as Compression;
    }
  }
  return undefined;
}

/** `a.txt.gz` → `a.txt`, `a.tgz` → `a.tar`. */
export function unpackedName(name: string, compression: Compression): string {
  const { ending, tgz } = compressions[compression];
  return name.replace(tgz, '.tar').replace(ending, '');
}

/** The content of a compressed file, streamed, within the limits on size and ratio. */
export function unpackedInput(input: Input, compression: Compression, limits: Limits): Input {
  return {
    name: unpackedName(input.name, compression),
    async *stream(start = 0, end = Number.POSITIVE_INFINITY) {
      let packed = 0;
      async function* counted(): AsyncGenerator<Uint8Array> {
        for await (const part of input.stream()) {
          packed += part.length;
          yield part;
        }
      }
      let at = 0;
      for await (const part of guarded(compressions[compression].unpack(counted()), () => packed, limits)) {
        const from = Math.max(0, start - at);
        const to = Math.min(part.length, end - at);
        if (to > from) yield from === 0 && to === part.length ? part : part.subarray(from, to);
        at += part.length;
        if (at >= end) return;
      }
    },
  };
}

/** Passes bytes on until there are more than the limits allow. */
export async function* guarded(
  parts: AsyncIterable<Uint8Array>,
  packed: () => number,
  limits: Limits,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const part of parts) {
    size += part.length;
    if (size > limits.unpackedBytes) {
      throw new Unreadable(`unpacks to more than ${limits.unpackedBytes} bytes: over the limit unpackedBytes`);
    }
    if (size > 16 * 1024 ** 2 && size > limits.ratio * packed()) {
      throw new Unreadable(`unpacks to more than ${limits.ratio} times its size: over the limit ratio`);
    }
    yield part;
  }
}

async function* gunzip(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Members one after the other (as bgzip and WARC write them) are one stream to zlib.
  yield* through(parts, zlib.createGunzip({ chunkSize: 1 << 16 }));
}

async function* bunzip2(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // The package brings no types. It answers each write at once, so that no stream needs to stand between.
  const create = createRequire(import.meta.url)('unbzip2-stream') as () => NodeJS.ReadWriteStream;
  const stream = create();
  let out: Uint8Array[] = [];
  let failure: unknown;
  let ended = false;
  stream.on('data', (part: Uint8Array) => out.push(part));
  stream.on('error', (error) => (failure ??= error));
  stream.on('end', () => (ended = true));
  const taken = function* (): Generator<Uint8Array> {
    if (failure) throw new Unreadable(`broken bzip2 data: ${messageOf(failure)}`);
    yield* out;
    out = [];
  };
  for await (const part of parts) {
    stream.write(part as never);
    yield* taken();
  }
  stream.end();
  yield* taken();
  if (!ended) throw new Unreadable('broken bzip2 data: unexpected end of file');
}

async function* unzstd(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Node 22.15 has zstd; before, a decoder in JavaScript does the same.
  const create = (zlib as { createZstdDecompress?: () => Duplex }).createZstdDecompress;
  if (create) {
    yield* through(parts, create());
    return;
  }
  const { Decompress } = await import('fzstd');
  let out: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => {
    out.push(chunk.slice());
  });
  const state = decoder as unknown as ZstdState;
  const fed = function* (part: Uint8Array, last: boolean): Generator<Uint8Array> {
    // Where a frame is about to begin, its header is looked at before the decoder makes room for its window.
    if (typeof state.s !== 'object' && !state.s) {
      const window = zstdWindow(Buffer.concat([...state.c, part]));
      if (window > largestWindow) {
        throw new Unreadable(`a zstd window of ${window} bytes: over ${largestWindow}; Node 22.15 or newer reads it`);
      }
    }
    try {
      decoder.push(part, last);
    } catch (error) {
      throw new Unreadable(`broken zstd data: ${messageOf(error)}`);
    }
    yield* out;
    out = [];
  };
  for await (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const end = at + zstdPiece(state, part, at);
      yield* fed(part.slice(at, end), false);
      at = end;
    }
  }
  yield* fed(new Uint8Array(0), true);
}

/** What the decoder keeps between pieces: bytes not yet read, and the open frame, or how many bytes to pass over before the next. */
interface ZstdState {
  readonly c: readonly Uint8Array[];
  readonly l: number;
  readonly s?: number | object;
}

/** The decoder moves its whole window for each block, so that a large one claimed by few bytes would take hours. Levels up to 19 use 8 MiB. */
const largestWindow = 32 * 1024 ** 2;
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** The decoder reads a header once it has so many bytes. */
const headerBytes = 18;

/**
 * How many bytes to feed: a frame's header first, then little at a time, so that what unpacks far is seen early (a block of 4 bytes can be
 * 128 KiB), and never past what may be the beginning of another frame.
 */
function zstdPiece({ s, l }: ZstdState, part: Uint8Array, at: number): number {
  const left = part.length - at;
  if (typeof s === 'number' && s > 0) return Math.min(s, left);
  if (typeof s !== 'object') return Math.min(Math.max(1, headerBytes - l), left);
  const piece = Math.min(1024, left);
  const next = Buffer.from(part.buffer, part.byteOffset + at, piece).indexOf(zstdMagic);
  return next > 0 ? next : piece;
}

/** Window that a frame's header asks for (RFC 8878, 3.1.1.1); 0 where it is none or not all there. */
function zstdWindow(header: Buffer): number {
  if (header.length < 6 || !header.subarray(0, 4).equals(zstdMagic)) return 0;
  const descriptor = header[4]!;
  if ((descriptor & 0x20) === 0) {
    const base = 2 ** (10 + (header[5]! >> 3));
    return base + (base / 8) * (header[5]! & 7);
  }
  // A single segment: the window is the content.
  const at = 5 + [0, 1, 2, 4][descriptor & 3]!;
  const width = 1 << (descriptor >> 6);
  if (header.length < at + width) return 0;
  return width === 8 ? Number(header.readBigUInt64LE(at)) : header.readUIntLE(at, width) + (width === 2 ? 256 : 0);
}

/** Bytes through a Node stream; errors of either side end it. */
async function* through(parts: AsyncIterable<Uint8Array>, stream: Duplex): AsyncGenerator<Uint8Array> {
  const source = Readable.from(parts, { objectMode: true, highWaterMark: 2 });
  source.on('error', (error) => stream.destroy(error));
  source.pipe(stream);
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } finally {
    source.destroy();
    stream.destroy();
  }
}
