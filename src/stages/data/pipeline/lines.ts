import { isAscii, isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import type { Document } from '../document.js';

/** A line of a file, without its end; `bytes` is undefined where it was longer than the limit and was passed over. */
export interface FileLine {
  readonly bytes: Buffer | undefined;
  /** First byte of the next line. */
  readonly end: number;
}

const blockBytes = 1 << 20;

/**
 * Lines of a file from byte `start` on, up to the one that begins before `end`. Memory holds a block and a line of at most
 * `limit` bytes. The bytes are valid until the next line is asked for.
 */
export function* fileLines(
  path: string,
  { start = 0, end = Number.POSITIVE_INFINITY, limit = 1 << 25 }: { start?: number; end?: number; limit?: number } = {},
): Generator<FileLine> {
  const file = openSync(path, 'r');
  try {
    let block = Buffer.allocUnsafe(blockBytes);
    let at = start;
    /** Begun line: its bytes so far, or only their number where they are too many. */
    let begun: Buffer[] = [];
    let size = 0;
    const take = (piece: Buffer): Buffer | undefined => {
      const whole = size + piece.length;
      const bytes = whole > limit ? undefined : begun.length === 0 ? piece : Buffer.concat([...begun, piece]);
      begun = [];
      size = 0;
      return bytes;
    };
    for (let lineStart = start; ; ) {
      const read = readSync(file, block, 0, blockBytes, at);
      if (read === 0) {
        if (size > 0 && lineStart < end) yield { bytes: take(block.subarray(0, 0)), end: at };
        return;
      }
      let from = 0;
      const filled = block.subarray(0, read);
      for (let stop = filled.indexOf(10); stop >= 0; stop = filled.indexOf(10, from)) {
        if (lineStart >= end) return;
        lineStart = at + stop + 1;
        yield { bytes: take(filled.subarray(from, stop)), end: lineStart };
        from = stop + 1;
      }
      if (lineStart >= end) return;
      if (from < read) {
        size += read - from;
        if (size > limit) begun = [];
        else {
          begun.push(filled.subarray(from));
          block = Buffer.allocUnsafe(blockBytes);
        }
      }
      at += read;
    }
  } finally {
    closeSync(file);
  }
}

/** Text of UTF-8 bytes; undefined where they are none. */
export function utf8Text(bytes: Buffer): string | undefined {
  if (isAscii(bytes)) return bytes.toString('latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** A document as a line of JSON. Fields come in one order, whoever made the document. */
export function documentLine(document: Document): string {
  const { id, text, source, licence, url, title, time, language, access, subject, metadata } = document;
  return `${JSON.stringify({ id, text, source, licence, url, title, time, language, access, subject, metadata })}\n`;
}
