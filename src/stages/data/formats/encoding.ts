import { type Input, headOf } from './bytes.js';
import { Unreadable } from './limits.js';

const strict = new TextDecoder('utf-8', { fatal: true });

export const notUtf8 = 'not UTF-8 text';

/** Text of UTF-8 bytes without a byte order mark, or why there is none. */
export function decodeText(bytes: Uint8Array): { readonly text: string } | { readonly problem: string } {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return { problem: notUtf8 };
  }
  if (text.includes('\0')) return { problem: 'binary data (a zero byte)' };
  return { text };
}

/** Label of the encoding that a byte order mark names. */
export function markOf(head: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8';
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return undefined;
}

const isUtf8 = (head: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
};

/**
 * An input whose bytes are UTF-8, whatever encoding the file has: a byte order mark wins, `auto` asks a detector where the
 * first 64 KiB are not UTF-8. A transcoded input has no ranges: its offsets are those of the UTF-8 text.
 */
export async function utf8Input(input: Input, encoding: string): Promise<Input> {
  const mark = markOf(await headOf(input, 3));
  let label = mark ?? encoding.toLowerCase();
  if (label === 'auto') {
    const head = await headOf(input, 1 << 16);
    if (isUtf8(head)) label = 'utf-8';
    else {
      const { default: chardet } = await import('chardet');
      label = (chardet.detect(head) ?? 'windows-1252').toLowerCase();
    }
  }
  if (label === 'utf-8' || label === 'utf8' || label === 'ascii') return input;
  const { default: iconv } = await import('iconv-lite');
  if (!iconv.encodingExists(label)) throw new Unreadable(`encoding ${label} is not known`);
  return {
    name: input.name,
    async *stream(start = 0, end = Number.POSITIVE_INFINITY) {
      const decoder = iconv.getDecoder(label);
      let at = 0;
      const cut = (text: string | undefined): Uint8Array | undefined => {
        if (!text) return undefined;
        const bytes = Buffer.from(text);
        const from = Math.max(0, start - at);
        const part = bytes.subarray(from, Math.max(from, Math.min(bytes.length, end - at)));
        at += bytes.length;
        return part.length > 0 ? part : undefined;
      };
      for await (const chunk of input.stream()) {
        const part = cut(decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)));
        if (part) yield part;
        if (at >= end) return;
      }
      const last = cut(decoder.end());
      if (last) yield last;
    },
  };
}
