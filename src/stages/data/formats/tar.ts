import { ByteWindow, type Input, memoryInput } from './bytes.js';
import { type Limits, Unreadable } from './limits.js';

/** A file in a tar archive, or why it cannot be had. */
export interface TarEntry {
  readonly name: string;
  /** Place among the files of the archive. */
  readonly index: number;
  readonly input?: Input;
  readonly problem?: string;
}

const field = (block: Buffer, from: number, length: number): string => {
  const end = block.indexOf(0, from);
  return block.toString('utf8', from, end < 0 || end > from + length ? from + length : end);
};

/** A number in octal, or in base 256 where the first bit is set (GNU, star). */
function sizeOf(block: Buffer, from: number, length: number): number {
  if (block[from]! & 0x80) {
    let value = 0;
    for (let i = from + 1; i < from + length; i++) value = value * 256 + block[i]!;
    return value;
  }
  const text = field(block, from, length).trim();
  return text === '' ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

const checksumHolds = (block: Buffer): boolean => {
  let sum = 0;
  for (let i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 32 : block[i]!;
  return sum === sizeOf(block, 148, 8);
};

/** True where the first block of a file is a tar header: its checksum holds. */
export function isTar(head: Uint8Array): boolean {
  return head.length >= 512 && head[0] !== 0 && checksumHolds(Buffer.from(head.subarray(0, 512)));
}

/** Names in a pax header: `27 path=…\n`. */
function paxPath(bytes: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const length = space < 0 ? 0 : Number(bytes.toString('latin1', at, space));
    if (!(length > 0)) return path;
    const record = bytes.toString('utf8', space + 1, at + length - 1);
    if (record.startsWith('path=')) path = record.slice(5);
    at += length;
  }
  return path;
}

/** Files of a tar archive (POSIX ustar and pax, GNU long names) in its order. Links and devices are passed over. */
export async function* tarEntries(input: Input, limits: Limits, skip = 0): AsyncGenerator<TarEntry> {
  const window = new ByteWindow(input.stream());
  let longName: string | undefined;
  try {
    for (let index = 0; ; ) {
      const block = await window.fill(512);
      if (block.length === 0 || (block[0] === 0 && block.subarray(0, 512).every((byte) => byte === 0))) return;
      if (block.length < 512) throw new Unreadable('a tar archive that is cut off');
      const header = Buffer.from(window.take(512));
      if (!checksumHolds(header)) throw new Unreadable('a tar header whose checksum is wrong');
      const size = sizeOf(header, 124, 12);
      if (!Number.isSafeInteger(size)) throw new Unreadable('a tar header without a size');
      const type = String.fromCharCode(header[156]!);
      if (type === 'x' || type === 'L') {
        if (size > 1 << 20) throw new Unreadable('a tar name of more than 1 MiB');
        const body = Buffer.from(await content(window, size));
        longName = type === 'x' ? (paxPath(body) ?? longName) : body.toString('utf8').replace(/\0.*$/s, '');
        continue;
      }
      const prefix = field(header, 257, 5) === 'ustar' ? field(header, 345, 155) : '';
      const name = longName ?? (prefix ? `${prefix}/${field(header, 0, 100)}` : field(header, 0, 100));
      longName = undefined;
      const isFile = type === '0' || type === '\0';
      if (isFile && index >= limits.entries) throw new Unreadable(`more entries than the limit (${limits.entries})`);
      if (!isFile || index < skip) {
        await pass(window, size);
        if (isFile) index++;
        continue;
      }
      if (size > limits.fileBytes) {
        yield { name, index, problem: `${size} bytes: over the limit fileBytes; unpack the archive` };
        await pass(window, size);
      } else yield { name, index, input: memoryInput(name, await content(window, size)) };
      index++;
    }
  } finally {
    await window.close();
  }
}

const padded = (size: number) => Math.ceil(size / 512) * 512;

async function content(window: ByteWindow, size: number): Promise<Uint8Array> {
  const view = await window.fill(padded(size));
  if (view.length < size) throw new Unreadable('a tar archive that is cut off');
  const bytes = window.take(size);
  window.take(Math.min(padded(size) - size, window.view.length));
  return bytes;
}

async function pass(window: ByteWindow, size: number): Promise<void> {
  for (let left = padded(size); left > 0; ) {
    const view = await window.fill(1);
    if (view.length === 0) throw new Unreadable('a tar archive that is cut off');
    left -= window.take(Math.min(left, view.length)).length;
  }
}
