import { analyse } from 'chardet';
import iconv from 'iconv-lite';

/** A text and the encoding it was in. */
export interface Decoded {
  readonly text: string;
  readonly charset: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Bytes that the detector looks at, and that are searched for a meta element (HTML says 1,024; real pages put it later). */
const looked = 1 << 16;
const metaBytes = 4096;

function decodeAs(bytes: Uint8Array, label: string): Decoded | undefined {
  try {
    // Labels of the WHATWG first: what browsers call iso-8859-1 is windows-1252.
    const decoder = new TextDecoder(label);
    return { text: decoder.decode(bytes), charset: decoder.encoding };
  } catch {
    if (!iconv.encodingExists(label)) return undefined;
    return { text: iconv.decode(Buffer.from(bytes), label), charset: label.toLowerCase() };
  }
}

/** Charset in `text/html; charset="utf-8"`. */
export function charsetOf(contentType: string | undefined): string | undefined {
  return /charset\s{0,5}=\s{0,5}["']?([\w.:-]{1,40})/i.exec(contentType?.slice(0, 500) ?? '')?.[1];
}

/**
 * Text of a page: by its byte order mark, as UTF-8 where it is valid (a wrong label is commoner than text that is UTF-8 by chance), by
 * what HTTP says, by what the page says, by detection. `undefined` for what looks binary.
 */
export function decodeText(bytes: Uint8Array, contentType: string | undefined): Decoded | undefined {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return decodeAs(bytes, 'utf-8');
  if (a === 0xff && b === 0xfe) return decodeAs(bytes, 'utf-16le');
  if (a === 0xfe && b === 0xff) return decodeAs(bytes, 'utf-16be');
  const stated = charsetOf(contentType);
  const head = Buffer.from(bytes.subarray(0, metaBytes)).toString('latin1');
  const own =
    /<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}["']?([\w.:-]{1,40})/i.exec(head)?.[1] ??
    /^<\?xml[^>]{0,100}?encoding=["']([\w.:-]{1,40})/.exec(head)?.[1];
  const zeros = bytes.subarray(0, looked).indexOf(0) >= 0;
  if (!zeros) {
    try {
      const text = utf8.decode(bytes);
      // Seven-bit encodings (ISO-2022-JP, HZ, UTF-7) are valid UTF-8 as well.
      const sevenBit = /^(?:iso-2022|hz-gb|utf-7)/i.test(stated ?? own ?? '') || text.includes('\x1b$');
      if (!sevenBit) return { text, charset: 'utf-8' };
    } catch {
      // Something else, then.
    }
  }
  for (const label of [stated, own]) {
    if (label === undefined || /^utf-?8$/i.test(label)) continue;
    if (zeros && !/^utf-?16|^utf-?32/i.test(label)) continue;
    const decoded = decodeAs(bytes, label);
    if (decoded) return decoded;
  }
  if (zeros) return undefined;
  const guess = analyse(bytes.subarray(0, looked))[0];
  // A page that says UTF-8 and has a few broken bytes is UTF-8 with a few broken bytes.
  if (/^utf-?8$/i.test(stated ?? own ?? '') || !guess || /^(?:utf-8|ascii)$/i.test(guess.name))
    return decodeAs(bytes, 'utf-8');
  return decodeAs(bytes, guess.name);
}
