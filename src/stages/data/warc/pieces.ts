import { Readable } from 'node:stream';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { messageOf } from '../../../base/core/index.js';

/** A stretch of unpacked bytes and where it stands in the file. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Packed: offset of the gzip member it is part of. Plain: offset of its first byte. */
  readonly offset: number;
  /** Offsets move on with the bytes: the file is not packed. */
  readonly plain: boolean;
  /** Offset after the member, where this piece is its last. */
  readonly end?: number;
  /** First piece of a member. */
  readonly first: boolean;
  /** The file is damaged here; the bytes are what could be unpacked before. */
  readonly error?: string;
}

/** Members up to this size, unpacked, are taken in one synchronous step. */
const mostAtOnce = 8 << 20;
/** Packed bytes that are collected for that step. */
const mostPacked = 4 << 20;
/** What DEFLATE makes of text is below 20:1, its bound is 1,032:1. */
const bombRatio = 200;
const bombFloor = 64 << 20;

/** Bytes of a source with a look ahead, and the offset they stand at. */
class Window {
  buffer: Uint8Array = new Uint8Array(0);
  offset: number;
  ended = false;
  readonly #source: AsyncIterator<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>, offset: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.offset = offset;
  }

  /** Adds the next chunk; false at the end. */
  async fill(): Promise<boolean> {
    if (this.ended) return false;
    const item = await this.#source.next();
    if (item.done) {
      this.ended = true;
      return false;
    }
    this.buffer = this.buffer.length === 0 ? item.value : Buffer.concat([this.buffer, item.value]);
    return true;
  }

  skip(count: number): void {
    this.buffer = this.buffer.subarray(count);
    this.offset += count;
  }

  async need(count: number): Promise<boolean> {
    while (this.buffer.length < count) if (!(await this.fill())) return false;
    return true;
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

/** Length of a gzip header (RFC 1952), -1 where more bytes are needed, -2 where it is none. */
function gzipHeader(bytes: Uint8Array): number {
  if (bytes.length < 10) return -1;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8 || bytes[3]! > 0x1f) return -2;
  const flags = bytes[3]!;
  let at = 10;
  if (flags & 4) {
    if (bytes.length < at + 2) return -1;
    at += 2 + bytes[at]! + bytes[at + 1]! * 256;
  }
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return bytes.length > 65_536 ? -2 : -1;
    at = end + 1;
  }
  if (flags & 2) at += 2;
  return at <= bytes.length ? at : -1;
}

const uint32 = (bytes: Uint8Array, at: number) =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

/**
 * Unpacked bytes of a file, member by member, or as they stand where the file is not packed. Damage costs the member it is in:
 * reading goes on at the next bytes that open one. `offset` is where the source starts in the file.
 */
export async function* piecesOf(source: AsyncIterable<Uint8Array>, offset = 0): AsyncGenerator<Piece> {
  const window = new Window(source, offset);
  try {
    if (!(await window.need(2))) {
      if (window.buffer.length > 0) yield { bytes: window.buffer, offset, plain: true, first: true };
      return;
    }
    if (window.buffer[0] === 0x1f && window.buffer[1] === 0x8b) yield* membersOf(window);
    else {
      do {
        const bytes = window.buffer;
        if (bytes.length > 0) yield { bytes, offset: window.offset, plain: true, first: false };
        window.skip(bytes.length);
      } while (await window.fill());
    }
  } finally {
    await window.close();
  }
}

async function* membersOf(window: Window): AsyncGenerator<Piece> {
  while (window.buffer.length > 0 || (await window.fill())) {
    const { offset } = window;
    let length = gzipHeader(window.buffer);
    while (length === -1 && (await window.fill())) length = gzipHeader(window.buffer);
    if (length < 0) {
      const error =
        length === -2 ? 'expected a gzip member, got other bytes' : 'cut off in the header of a gzip member';
      await nextMember(window);
      yield { bytes: new Uint8Array(0), offset, plain: false, first: true, end: window.offset, error };
      continue;
    }
    const whole = await atOnce(window, length);
    if (whole) yield whole;
    else yield* inSteps(window, length);
  }
}

/** Unpacks a small and sound member; `undefined` leaves it to the slower way. */
async function atOnce(window: Window, header: number): Promise<Piece | undefined> {
  let tried = window.buffer.length;
  for (;;) {
    const { offset } = window;
    try {
      const { buffer, engine } = inflateRawSync(window.buffer.subarray(header), {
        info: true,
        maxOutputLength: mostAtOnce,
        chunkSize: 1 << 16,
      } as { info: boolean }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
      const at = header + engine.bytesWritten;
      if (!(await window.need(at + 8))) return undefined;
      if (crc32(buffer) !== uint32(window.buffer, at) || buffer.length !== uint32(window.buffer, at + 4))
        return undefined;
      window.skip(at + 8);
      return { bytes: buffer, offset, plain: false, first: true, end: window.offset };
    } catch (error) {
      if ((error as { code?: string }).code !== 'Z_BUF_ERROR') return undefined;
      if (window.buffer.length > mostPacked) return undefined;
      // Twice as much for the next try, or a source of small chunks would cost a try for each.
      if (!(await window.need(window.buffer.length * 2)) && window.buffer.length === tried) return undefined;
      tried = window.buffer.length;
    }
  }
}

/** Unpacks a member of any size, in pieces; what is broken is told with the bytes before it. */
async function* inSteps(window: Window, header: number): AsyncGenerator<Piece> {
  const { offset } = window;
  const inflate = createInflateRaw({ chunkSize: 1 << 18 });
  window.skip(header);
  const begin = window.offset;
  /** Packed bytes handed over so far, and the last of them: they go back where the member ends earlier. */
  let fed = 0;
  const kept: Uint8Array[] = [];
  let stopped = false;
  let filling: Promise<boolean> | undefined;
  async function* feed(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (window.buffer.length === 0) {
        filling = window.fill();
        const more = await filling;
        if (stopped || !more) return;
      }
      const part = window.buffer.subarray(0, 1 << 16);
      window.skip(part.length);
      fed += part.length;
      kept.push(part);
      if (kept.length > 64) kept.shift();
      yield part;
    }
  }
  let first = true;
  const piece = (bytes: Uint8Array): Piece => {
    const made = { bytes, offset, plain: false, first };
    first = false;
    return made;
  };
  const held: Uint8Array[] = [];
  let made = 0;
  let check = 0;
  let failure: string | undefined;
  const input = Readable.from(feed(), { objectMode: true, highWaterMark: 1 });
  input.pipe(inflate);
  try {
    for await (const chunk of inflate as AsyncIterable<Buffer>) {
      made += chunk.length;
      check = crc32(chunk, check);
      held.push(chunk);
      // Small members are handed out when they have proved sound.
      if (made > mostAtOnce) for (const bytes of held.splice(0)) yield piece(bytes);
      if (made > bombFloor && made > bombRatio * Math.max(1, fed)) {
        failure = `more than ${bombRatio} bytes out of one (a gzip bomb)`;
        break;
      }
    }
  } catch (error) {
    failure = messageOf(error);
  }
  stopped = true;
  const consumed = inflate.bytesWritten;
  input.destroy();
  inflate.destroy();
  await filling;
  const last = Buffer.concat(kept);
  const back = (offset: number) => {
    window.buffer = Buffer.concat([last.subarray(Math.max(0, offset - (begin + fed - last.length))), window.buffer]);
    window.offset = Math.max(offset, begin + fed - last.length);
  };
  if (failure === undefined) {
    back(begin + consumed);
    if (!(await window.need(8))) failure = 'cut off in the trailer of a gzip member';
    else if (check !== uint32(window.buffer, 0) || made % 2 ** 32 !== uint32(window.buffer, 4)) {
      failure = 'checksum of the gzip member differs';
      held.length = 0;
      // Where it ended by chance, in the middle of what follows, the trailer was none: look from the beginning.
      const trailer = window.buffer;
      window.buffer = Buffer.concat([
        last.subarray(last.length - Math.min(last.length, fed), last.length - (fed - consumed)),
        trailer,
      ]);
      window.offset = begin + consumed - (window.buffer.length - trailer.length);
      await nextMember(window);
    } else window.skip(8);
  } else {
    // Back as far as can be: a cut member is followed by sound ones, which the decoder has taken for its own bytes.
    back(begin);
    await nextMember(window);
  }
  for (const bytes of held) yield piece(bytes);
  yield { ...piece(new Uint8Array(0)), end: window.offset, error: failure };
}

/** Moves on to the next bytes that look like the start of a gzip member, or to the end. */
async function nextMember(window: Window): Promise<void> {
  let from = 1;
  for (;;) {
    const at = Buffer.from(window.buffer.buffer, window.buffer.byteOffset, window.buffer.length).indexOf(
      '\x1f\x8b\x08',
      from,
      'latin1',
    );
    if (at >= 0) {
      window.skip(at);
      if (!(await window.need(4)) || window.buffer[3]! <= 0x1f) return;
      from = 1;
      continue;
    }
    // The last two bytes may be the first two of a member.
    window.skip(Math.max(0, window.buffer.length - 2));
    from = 0;
    if (!(await window.fill())) {
      window.skip(window.buffer.length);
      return;
    }
  }
}
