import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { messageOf } from '../../../base/core/index.js';
import { groupParagraphs, splitAtSeparator } from '../text.js';
import { type FileSpec, type FilesOptions, isPacked, unpacked } from './file-task.js';
import type { ReadContext, SourceItem } from './source.js';

/** Bytes [start, end) of a file. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** How far behind its place a cut is looked for. */
const searchBytes = 1 << 20;
/** Larger stretches (and archives) are read as streams. */
const mostAtOnce = 80_000_000;

/** Whether a text is cut at its separators: said, or found in its first megabyte. */
function atSeparator(opening: Buffer, { split, separator }: FilesOptions): boolean {
  return split === 'separator' || (split === 'auto' && opening.includes(separator));
}

/** Cuts a large text behind separators or blank lines near every `most` bytes; where there is none, it stays whole. */
export async function textStretches(
  path: string,
  size: number,
  most: number,
  options: FilesOptions,
): Promise<Stretch[]> {
  const file = await open(path, 'r');
  try {
    const read = async (at: number): Promise<Buffer> => {
      const buffer = Buffer.alloc(Math.min(searchBytes, size - at));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      return buffer.subarray(0, bytesRead);
    };
    const mark = Buffer.from(atSeparator(await read(0), options) ? options.separator : '\n\n');
    const stretches: Stretch[] = [];
    let start = 0;
    for (let at = most; at < size; at = Math.max(at, start) + most) {
      const found = (await read(at)).indexOf(mark);
      const cut = at + found + mark.length;
      if (found < 0 || cut >= size) continue;
      stretches.push({ start, end: cut });
      start = cut;
    }
    return [...stretches, { start, end: size }];
  } finally {
    await file.close();
  }
}

/** Documents of a text, or of a stretch of one; it is taken as a whole or, where it is no UTF-8 text, not at all. */
export async function* textTask(
  spec: FileSpec,
  options: FilesOptions,
  context: ReadContext,
): AsyncGenerator<SourceItem> {
  const { path, name, start, end, size } = spec;
  const whole = start === 0 && end === size;
  const { signal } = context;
  const parts = async function* (): AsyncGenerator<Buffer> {
    if (isPacked(path)) yield* unpacked(path, options.maxUnpackedBytes);
    else yield* stretchBlocks(spec);
  };
  let separated: boolean;
  try {
    separated = await inspect(parts(), options, whole && size <= mostAtOnce);
  } catch (error) {
    const reason = error instanceof TypeError ? 'not UTF-8 text' : messageOf(error);
    context.onReject({ source: path, reason: whole ? reason : `bytes ${start} to ${end}: ${reason}` });
    return;
  }
  if (options.split === 'auto' && !whole) separated = await opensSeparated(path, options);
  const texts =
    separated && options.split !== 'file' && options.split !== 'paragraphs'
      ? splitAtSeparator(decoded(parts()), options.separator)
      : options.split === 'file'
        ? wholeText(decoded(parts()))
        : groupParagraphs(decoded(parts()), options.documentBytes);
  let number = 0;
  for await (const text of texts) {
    signal?.throwIfAborted();
    number++;
    if (text.trim() === '') continue;
    const id = whole ? `${name}:${number}` : `${name}@${start}:${number}`;
    yield { document: { id, text, source: path } };
  }
}

async function* stretchBlocks({ path, start, end }: FileSpec): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    for (let at = start; at < end; ) {
      const block = Buffer.allocUnsafe(Math.min(1 << 20, end - at));
      const { bytesRead } = await file.read(block, 0, block.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield block.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function opensSeparated(path: string, options: FilesOptions): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(searchBytes);
    const { bytesRead } = await file.read(buffer, 0, searchBytes, 0);
    return atSeparator(buffer.subarray(0, bytesRead), options);
  } finally {
    await file.close();
  }
}

/** Whether a text holds its separator; throws where it is no UTF-8 text or has zero bytes. `all`: also beyond its first megabyte. */
async function inspect(
  parts: AsyncIterable<Buffer>,
  { separator, split }: FilesOptions,
  all: boolean,
): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const mark = Buffer.from(separator);
  let separated = split === 'separator';
  let tail: Buffer = Buffer.alloc(0);
  let seen = 0;
  let plain = true;
  for await (const part of parts) {
    if (part.includes(0)) throw new Error('binary data (a zero byte)');
    // The fast check needs whole characters; a part that is cut within one goes through the decoder from there on.
    if (plain && !isUtf8(part)) plain = false;
    if (!plain) decoder.decode(part, { stream: true });
    if (!separated && (all || seen < searchBytes)) {
      separated = Buffer.concat([tail, part]).includes(mark);
      tail = Buffer.from(part.subarray(-mark.length));
    }
    seen += part.length;
  }
  if (!plain) decoder.decode();
  return separated;
}

async function* decoded(parts: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const part of parts) yield decoder.decode(part, { stream: true });
  yield decoder.decode();
}

async function* wholeText(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const part of parts) text += part;
  yield text;
}
