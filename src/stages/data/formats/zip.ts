import { inflateRawSync } from 'node:zlib';
import zlib from 'node:zlib';
import { Readable } from 'node:stream';
import { type Input, wholeOf } from './bytes.js';
import { guarded } from './decompress.js';
import { type Limits, Unreadable } from './limits.js';

/** A file in a ZIP archive. */
export interface ZipEntry {
  readonly name: string;
  readonly packed: number;
  readonly size: number;
  /** Place of its local header. */
  readonly at: number;
  readonly method: number;
  readonly encrypted: boolean;
}

const endMark = 0x06054b50;
const end64Mark = 0x06064b50;
const locator64Mark = 0x07064b50;
const entryMark = 0x02014b50;
const localMark = 0x04034b50;

/** Reads of an archive need ranges; one that can only be streamed is taken into memory within the limits. */
async function ranged(input: Input, limits: Limits): Promise<Required<Pick<Input, 'range'>> & { size: number }> {
  if (input.range && input.size !== undefined) {
    return { size: input.size, range: (start, end) => input.range!(start, end) };
  }
  const bytes = await wholeOf(input, limits.fileBytes);
  return { size: bytes.length, range: (start, end) => Promise.resolve(bytes.subarray(start, end)) };
}

/** Why an entry's name is refused: nothing is written under it, but it becomes part of ids and sources. */
export function unsafeName(name: string): string | undefined {
  if (/^([/\\]|[a-z]:)/i.test(name)) return 'an absolute path';
  if (name.split(/[/\\]/).includes('..')) return 'a path that leaves the archive (..)';
  if ([...name].some((char) => char < ' ')) return 'control characters in its name';
  return undefined;
}

/** A ZIP archive, read from its central directory (APPNOTE 6.3, ZIP64 included). */
export class ZipArchive {
  private constructor(
    private readonly file: Required<Pick<Input, 'range'>> & { size: number },
    readonly entries: readonly ZipEntry[],
    private readonly limits: Limits,
  ) {}

  static async open(input: Input, limits: Limits): Promise<ZipArchive> {
    const file = await ranged(input, limits);
    const tailStart = Math.max(0, file.size - 65_557);
    const tail = Buffer.from(await file.range(tailStart, file.size));
    let at = tail.length - 22;
    while (at >= 0 && tail.readUInt32LE(at) !== endMark) at--;
    if (at < 0) throw new Unreadable('no end of a ZIP directory: not a ZIP file, or cut off');
    let count = tail.readUInt16LE(at + 10);
    let size = tail.readUInt32LE(at + 12);
    let start = tail.readUInt32LE(at + 16);
    if (at >= 20 && tail.readUInt32LE(at - 20) === locator64Mark) {
      const place = Number(tail.readBigUInt64LE(at - 12));
      const end64 = Buffer.from(await file.range(place, place + 56));
      if (end64.length < 56 || end64.readUInt32LE(0) !== end64Mark) throw new Unreadable('a broken ZIP64 directory');
      count = Number(end64.readBigUInt64LE(32));
      size = Number(end64.readBigUInt64LE(40));
      start = Number(end64.readBigUInt64LE(48));
    }
    if (count > limits.entries) throw new Unreadable(`${count} entries: over the limit entries (${limits.entries})`);
    if (start + size > file.size || size > limits.fileBytes) throw new Unreadable('a ZIP directory outside the file');
    return new ZipArchive(file, directory(Buffer.from(await file.range(start, start + size)), count), limits);
  }

  find(name: string): ZipEntry | undefined {
    return this.entries.find((entry) => entry.name === name);
  }

  /** The packed bytes of an entry. */
  async #packed(entry: ZipEntry): Promise<number> {
    if (entry.encrypted) throw new Unreadable(`${entry.name}: encrypted`);
    if (entry.method !== 0 && entry.method !== 8) {
      throw new Unreadable(
        `${entry.name}: packed by method ${entry.method}, which is not read (stored and deflate are)`,
      );
    }
    const header = Buffer.from(await this.file.range(entry.at, entry.at + 30));
    if (header.length < 30 || header.readUInt32LE(0) !== localMark)
      throw new Unreadable(`${entry.name}: broken header`);
    const from = entry.at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (from + entry.packed > this.file.size) throw new Unreadable(`${entry.name}: cut off`);
    return from;
  }

  /** All bytes of an entry; `most` holds whatever the directory claims. */
  async read(entry: ZipEntry, most = this.limits.fileBytes): Promise<Uint8Array> {
    const from = await this.#packed(entry);
    if (Math.max(entry.packed, entry.size) > most) throw new Unreadable(`${entry.name}: more than ${most} bytes`);
    const packed = await this.file.range(from, from + entry.packed);
    if (entry.method === 0) return packed;
    const cap = Math.min(most, Math.max(16 * 1024 ** 2, this.limits.ratio * entry.packed));
    try {
      return inflateRawSync(packed, { maxOutputLength: cap });
    } catch (error) {
      const tooLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      const why = tooLong ? `unpacks to more than ${cap} bytes` : `broken deflate data: ${(error as Error).message}`;
      throw new Unreadable(`${entry.name}: ${why}`);
    }
  }

  /** An entry as an input of its own. */
  input(entry: ZipEntry, name: string): Input {
    const { file, limits } = this;
    const packedParts = async function* (from: number): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < entry.packed; at += 1 << 18) {
        yield await file.range(from + at, from + Math.min(entry.packed, at + (1 << 18)));
      }
    };
    const place = () => this.#packed(entry);
    if (entry.method === 0 && !entry.encrypted) {
      return {
        name,
        size: entry.packed,
        async *stream(start = 0, end = entry.packed) {
          const from = await place();
          for (let at = start; at < Math.min(end, entry.packed); at += 1 << 18) {
            yield await file.range(from + at, from + Math.min(end, entry.packed, at + (1 << 18)));
          }
        },
        async range(start, end) {
          const from = await place();
          return file.range(from + start, from + Math.min(end, entry.packed));
        },
      };
    }
    return {
      name,
      async *stream(start = 0, end = Number.POSITIVE_INFINITY) {
        const source = Readable.from(packedParts(await place()), { objectMode: true, highWaterMark: 2 });
        const inflate = zlib.createInflateRaw({ chunkSize: 1 << 16 });
        source.on('error', (error) => inflate.destroy(error));
        let at = 0;
        try {
          for await (const part of guarded(source.pipe(inflate), () => entry.packed, limits)) {
            const from = Math.max(0, start - at);
            const to = Math.min(part.length, end - at);
            if (to > from) yield part.subarray(from, to);
            at += part.length;
            if (at >= end) return;
          }
        } finally {
          source.destroy();
          inflate.destroy();
        }
      },
    };
  }
}

function directory(bytes: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== entryMark) throw new Unreadable('a broken ZIP directory');
    const flags = bytes.readUInt16LE(at + 8);
    const nameLength = bytes.readUInt16LE(at + 28);
    const extraLength = bytes.readUInt16LE(at + 30);
    const name = bytes.toString(flags & 0x800 ? 'utf8' : 'latin1', at + 46, at + 46 + nameLength);
    let packed = bytes.readUInt32LE(at + 20);
    let size = bytes.readUInt32LE(at + 24);
    let place = bytes.readUInt32LE(at + 42);
    const extraEnd = Math.min(bytes.length, at + 46 + nameLength + extraLength);
    for (let extra = at + 46 + nameLength; extra + 4 <= extraEnd; extra += 4 + bytes.readUInt16LE(extra + 2)) {
      if (bytes.readUInt16LE(extra) !== 1) continue;
      let field = extra + 4;
      const next = (): number => {
        const value = field + 8 <= extraEnd ? Number(bytes.readBigUInt64LE(field)) : 0;
        field += 8;
        return value;
      };
      if (size === 0xffffffff) size = next();
      if (packed === 0xffffffff) packed = next();
      if (place === 0xffffffff) place = next();
    }
    entries.push({ name, packed, size, at: place, method: bytes.readUInt16LE(at + 10), encrypted: (flags & 1) !== 0 });
    at += 46 + nameLength + extraLength + bytes.readUInt16LE(at + 32);
  }
  return entries;
}
