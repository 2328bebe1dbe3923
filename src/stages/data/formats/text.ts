import { ByteWindow, type Input } from './bytes.js';

/** Separator that GPT-2's corpora put between documents. */
export const endOfText = '<|endoftext|>';

/** A piece of a stream: its bytes and the place in the stream where it begins. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** Place after the piece: reading can go on there. */
  readonly end: number;
}

const newline = 10;
const isSpace = (byte: number | undefined) => byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13);

/**
 * End of the next document: the last end of a paragraph (blank lines belong to it) within `most` bytes, else the last end of
 * a line, else of a character. A function of the bytes from here on alone, so that reading can begin at any document.
 */
export function documentEnd(view: Uint8Array, most: number, ended: boolean): number {
  if (view.length <= most && ended) return view.length;
  const limit = Math.min(most, view.length);
  for (let at = limit; at > 0; ) {
    if (isSpace(view[at]) || !isSpace(view[at - 1])) {
      at--;
      continue;
    }
    let lines = 0;
    let from = at;
    while (from > 0 && isSpace(view[from - 1])) if (view[--from] === newline) lines++;
    if (lines > 1) return at;
    at = from;
  }
  const line = view.lastIndexOf(newline, limit - 1);
  if (line >= 0) return line + 1;
  let end = limit;
  while (end > 1 && (view[end]! & 0xc0) === 0x80 && limit - end < 4) end--;
  return end;
}

/** Documents of at most `most` bytes that tile a text: paragraphs are grouped, longer ones cut at ends of lines. */
export async function* groupParagraphs(
  parts: AsyncIterable<Uint8Array>,
  most: number,
  offset = 0,
): AsyncGenerator<Span> {
  const window = new ByteWindow(parts, offset);
  try {
    for (;;) {
      const view = await window.fill(most + 1);
      if (view.length === 0) return;
      const start = window.offset;
      yield { bytes: window.take(documentEnd(view, most, window.ended)), offset: start, end: window.offset };
    }
  } finally {
    await window.close();
  }
}

/** Texts between separators; `undefined` bytes stand for one of more than `most`, which is passed over. */
export async function* splitAtSeparator(
  parts: AsyncIterable<Uint8Array>,
  separator: string,
  most: number,
  offset = 0,
): AsyncGenerator<Span | { readonly bytes: undefined; readonly offset: number; readonly end: number }> {
  const mark = Buffer.from(separator);
  const window = new ByteWindow(parts, offset);
  try {
    let searched = 0;
    let start = offset;
    let tooLong = false;
    for (;;) {
      const view = window.view;
      const found = view.indexOf(mark, Math.max(0, searched - mark.length + 1));
      if (found >= 0 || window.ended) {
        const length = found >= 0 ? found : view.length;
        const bytes = window.take(length);
        if (found >= 0) window.take(mark.length);
        const end = window.offset;
        yield tooLong || length > most
          ? { bytes: undefined, offset: start, end }
          : { bytes: withoutFirstBreak(bytes), offset: start, end };
        if (found < 0) return;
        start = end;
        searched = 0;
        tooLong = false;
        continue;
      }
      searched = view.length;
      if (searched > most + mark.length) {
        tooLong = true;
        window.take(searched - mark.length);
        searched = mark.length;
      }
      await window.fill(searched + 1);
    }
  } finally {
    await window.close();
  }
}

/** A line break right after a separator belongs to the separator. */
function withoutFirstBreak(bytes: Uint8Array): Uint8Array {
  const from = bytes[0] === 13 && bytes[1] === newline ? 2 : bytes[0] === newline ? 1 : 0;
  return bytes.subarray(from);
}

/**
 * Lines in batches, without their ends; a line of more than `most` bytes is passed over (`bytes` is undefined).
 * Batches, because a promise a line costs more than most lines do.
 */
export async function* lineBatches(
  parts: AsyncIterable<Uint8Array>,
  most: number,
  offset = 0,
): AsyncGenerator<ReadonlyArray<{ readonly bytes: Uint8Array | undefined; readonly end: number }>> {
  let pending: Uint8Array[] = [];
  let size = 0;
  let at = offset;
  for await (const chunk of parts) {
    const batch: { bytes: Uint8Array | undefined; end: number }[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      size += end - from;
      if (size > most) batch.push({ bytes: undefined, end: at + end + 1 });
      else {
        const rest = chunk.subarray(from, end);
        const bytes = pending.length === 0 ? rest : Buffer.concat([...pending, rest], size);
        batch.push({ bytes, end: at + end + 1 });
      }
      pending = [];
      size = 0;
      from = end + 1;
    }
    if (from < chunk.length) {
      size += chunk.length - from;
      if (size > most) pending = [];
      else pending.push(chunk.subarray(from));
    }
    at += chunk.length;
    if (batch.length > 0) yield batch;
  }
  if (size > 0) yield [{ bytes: size > most ? undefined : Buffer.concat(pending, size), end: at }];
}

/** Where the first line at or after a place begins: parts of a file that are cut there tile its lines. */
export async function lineStart(input: Input, place: number): Promise<number> {
  if (place <= 0) return 0;
  let at = place - 1;
  for await (const chunk of input.stream(at)) {
    const found = chunk.indexOf(newline);
    if (found >= 0) return at + found + 1;
    at += chunk.length;
  }
  return at;
}

/** Where the first document at or after a place begins: after blank lines, else at a line, within 1 MiB; else at a character. */
export async function paragraphStart(input: Input, place: number): Promise<number> {
  if (place <= 0) return 0;
  const window = new ByteWindow(input.stream(place, place + (1 << 20)));
  const view = await window.fill(1 << 20);
  await window.close();
  for (let at = view.indexOf(newline); at >= 0; at = view.indexOf(newline, at + 1)) {
    let lines = 1;
    let end = at + 1;
    while (isSpace(view[end])) if (view[end++] === newline) lines++;
    if (lines > 1 && end < view.length) return place + end;
  }
  const line = view.indexOf(newline);
  if (line >= 0) return place + line + 1;
  let at = 0;
  while (at < 4 && (view[at]! & 0xc0) === 0x80) at++;
  return place + Math.min(at, view.length);
}

/** Where the first text after a separator that ends at or after a place begins. */
export async function separatorStart(input: Input, place: number, separator: string): Promise<number> {
  if (place <= 0) return 0;
  const mark = Buffer.from(separator);
  const window = new ByteWindow(input.stream(Math.max(0, place - mark.length)), Math.max(0, place - mark.length));
  try {
    for (;;) {
      const view = window.view;
      const found = view.indexOf(mark);
      if (found >= 0) return window.offset + found + mark.length;
      if (window.ended) return window.offset + view.length;
      window.take(Math.max(0, view.length - mark.length + 1));
      await window.fill(mark.length);
    }
  } finally {
    await window.close();
  }
}
