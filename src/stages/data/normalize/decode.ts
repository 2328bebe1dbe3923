import chardet from 'chardet';
import iconv from 'iconv-lite';
import { InvalidInput } from '../../../base/core/index.js';
import { readC1 } from './codecs.js';
import { oddness } from './oddness.js';

/** What is known of bytes before they are looked at. */
export interface DecodeHints {
  /** Charset of the HTTP header or of a container's record. */
  readonly charset?: string;
  /** Looks for `<meta charset>` and an XML declaration in the first 4 kB. Default: where the bytes start like markup. */
  readonly markup?: boolean;
}

export interface Decoded {
  readonly text: string;
  /** Name of the encoding: the WHATWG name in lower case, or iconv-lite's where WHATWG has none. */
  readonly encoding: string;
  /** What decided: a byte order mark, the header, the page, valid UTF-8, the pattern of bytes, or a guess from frequencies. */
  readonly from: 'bom' | 'header' | 'markup' | 'utf-8' | 'pattern' | 'detector';
  /** Bytes or sequences that are no text in this encoding; each is U+FFFD in `text`. */
  readonly replaced: number;
}

/** Bytes that detectors look at. */
const sampleBytes = 1 << 16;

/** WHATWG name of a label, undefined where there is none. `utf-16` of a header says nothing about the order of bytes. */
function known(label: string | undefined): string | undefined {
  const name = label
    ?.trim()
    .replace(/^["']|["']$/g, '')
    .toLowerCase();
  if (!name || name.length > 40) return undefined;
  try {
    const { encoding } = new TextDecoder(name);
    return encoding === 'replacement' || encoding === 'x-user-defined' ? undefined : encoding;
  } catch {
    return iconv.encodingExists(name) ? name : undefined;
  }
}

function decodeAs(bytes: Uint8Array, encoding: string, fatal = false): string | undefined {
  // Node decodes windows-1252 as Latin-1 (seen in 20.20): euro signs and quotation marks would become controls.
  if (encoding === 'windows-1252')
    return readC1(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
  try {
    return new TextDecoder(encoding, { fatal }).decode(bytes);
  } catch (error) {
    // A RangeError: no encoding of WHATWG's, left to iconv-lite; anything else: bytes that are no text in it.
    if (!(error instanceof RangeError)) return undefined;
    const text = iconv.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), encoding);
    return fatal && text.includes('\ufffd') ? undefined : text;
  }
}

function countReplaced(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) count++;
  return count;
}

function ofBom(bytes: Uint8Array): { encoding: string; length: number } | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return { encoding: 'utf-32le', length: 4 };
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return { encoding: 'utf-32be', length: 4 };
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', length: 2 };
  return undefined;
}

/** Share of a text in characters that texts are made of; 0 for text with halves of surrogate pairs. */
function plausible(text: string): number {
  let good = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdfff) {
      const next = text.charCodeAt(i + 1);
      if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) {
        // The sample may end inside a pair.
        if (i === text.length - 1) break;
        return 0;
      }
      i++;
      good += 2;
    } else if (
      code === 9 ||
      code === 10 ||
      code === 13 ||
      (code >= 0x20 && code < 0x7f) ||
      (code >= 0xa0 && code <= 0x52f) ||
      (code >= 0x590 && code <= 0x6ff) ||
      (code >= 0x900 && code <= 0xdff) ||
      (code >= 0xe01 && code <= 0xe5b) ||
      (code >= 0x10a0 && code <= 0x11ff) ||
      (code >= 0x1e00 && code <= 0x1fff) ||
      (code >= 0x2010 && code <= 0x2044) ||
      (code >= 0x3000 && code <= 0x30ff) ||
      (code >= 0x4e00 && code <= 0x9fa5) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xff01 && code <= 0xff60)
    ) {
      good++;
    }
  }
  return text.length === 0 ? 0 : good / text.length;
}

const breaks = /[ \n\u3000-\u3002\uff0c\uff0e]/;

/** UTF-16 without a byte order mark: one order reads as text, the other does not. Bytes of UTF-8 or one-byte text never have NULs. */
function findUtf16(sample: Uint8Array): string | undefined {
  const length = sample.length & ~1;
  if (length < 4) return undefined;
  const view = sample.subarray(0, length);
  const half = length / 2;
  // By side: NULs (high bytes of ASCII), and bytes that are controls in one-byte text (high bytes of most scripts: 0x04 of Cyrillic).
  const nuls = [0, 0];
  const pages = [0, 0];
  for (let i = 0; i < length; i++) {
    const byte = view[i]!;
    if (byte === 0) nuls[i & 1]!++;
    else if (byte < 9 || (byte > 13 && byte < 32)) pages[i & 1]!++;
  }
  for (const [side, encoding] of [
    [1, 'utf-16le'],
    [0, 'utf-16be'],
  ] as const) {
    const [high, low] = [nuls[side]! + pages[side]!, nuls[1 - side]! + pages[1 - side]!];
    // Spaces and line ends alone give some NULs in Chinese; in other scripts nearly every high byte is one of these.
    const byNuls =
      (nuls[side]! > half * 0.01 || (nuls[side]! > 0 && hasFewPages(view, side))) &&
      nuls[1 - side]! <= nuls[side]! * 0.1;
    const byPages = high > half * 0.85 && low < high * 0.8;
    if ((byNuls || byPages) && isOrderly(view, encoding)) return encoding;
  }
  // Chinese and Japanese without spaces: no NULs, and no valid UTF-8 either.
  if (decodeAs(trimUtf8(view), 'utf-8', true) !== undefined) return undefined;
  const little = new TextDecoder('utf-16le').decode(view);
  const big = new TextDecoder('utf-16be').decode(view);
  const [l, b] = [plausible(little), plausible(big)];
  if (l > 0.95 && b < 0.8 && breaks.test(little)) return 'utf-16le';
  if (b > 0.95 && l < 0.8 && breaks.test(big)) return 'utf-16be';
  return undefined;
}

/** True where six values make up nearly all bytes of one side: the pages of Unicode that one script takes. Letters of one-byte text are more. */
function hasFewPages(bytes: Uint8Array, side: 0 | 1): boolean {
  const counts = new Uint32Array(256);
  for (let i = side; i < bytes.length; i += 2) counts[bytes[i]!]!++;
  const most = counts.toSorted().subarray(-6);
  return most.reduce((sum, count) => sum + count, 0) >= (bytes.length / 2) * 0.95;
}

/** True where bytes read in this order give whole surrogate pairs and hardly a control character. */
function isOrderly(bytes: Uint8Array, encoding: string): boolean {
  const text = new TextDecoder(encoding).decode(bytes);
  const odd = text.match(/(?![\t\n\r])\p{Cc}|\ufffd|\p{Cn}/gu)?.length ?? 0;
  return odd <= 1 + text.length * 0.01;
}

/** Takes a cut-off sequence of UTF-8 off the end of a sample. */
function trimUtf8(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return bytes;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? bytes.subarray(0, bytes.length - back) : bytes;
    }
  }
  return bytes;
}

/** Charset that the page or the XML declaration names, as far as the first 4 kB are ASCII enough to be read. */
function ofMarkup(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 4096)).toString('latin1');
  const found =
    /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})/i.exec(head)?.[1] ??
    /<meta[^>]{0,400}?charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(head)?.[1];
  const name = known(found);
  // What could be read as ASCII is not UTF-16, whatever it says.
  return name?.startsWith('utf-16') ? 'utf-8' : name;
}

const startsLikeMarkup = (bytes: Uint8Array): boolean =>
  /^\s*<[!?a-z]/i.test(Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 256)).toString('latin1'));

/**
 * Finds the encoding of bytes and decodes them: byte order mark, pattern of UTF-16, valid UTF-8, the header's charset, the page's, a detector.
 *
 * Valid UTF-8 with letters beyond ASCII goes before declared one-byte charsets: text of another encoding is almost never valid UTF-8, while wrong
 * declarations are common. A declared charset in which the bytes are no text is passed over where another one fits.
 */
export function decodeText(bytes: Uint8Array, hints: DecodeHints = {}): Decoded {
  const of = (encoding: string, from: Decoded['from'], skip = 0): Decoded => {
    const text = decodeAs(bytes.subarray(skip), encoding)!;
    return { text, encoding, from, replaced: countReplaced(text) };
  };
  const bom = ofBom(bytes);
  if (bom) return of(bom.encoding, 'bom', bom.length);
  const sample = bytes.subarray(0, sampleBytes);
  const wide = findUtf16(sample);
  if (wide) return of(wide, 'pattern');
  const utf8 = decodeAs(bytes, 'utf-8', true);
  const header = known(hints.charset);
  // A header of ISO-2022-JP is the one case where plain ASCII bytes are not UTF-8.
  if (utf8 !== undefined && header !== 'iso-2022-jp' && !utf8.includes('\x1b$'))
    return { text: utf8, encoding: 'utf-8', from: 'utf-8', replaced: 0 };
  const declared: [string | undefined, Decoded['from']][] = [
    [header, 'header'],
    [(hints.markup ?? startsLikeMarkup(bytes)) ? ofMarkup(bytes) : undefined, 'markup'],
  ];
  for (const [encoding, from] of declared) {
    if (encoding === undefined) continue;
    const text = decodeAs(bytes, encoding, encoding !== 'utf-8');
    // Strict decoding failed: a few broken bytes in a long text do not refute a declaration.
    const loose = text ?? decodeAs(bytes, encoding)!;
    const replaced = countReplaced(loose);
    if (replaced <= loose.length * 0.01) return { text: loose, encoding, from, replaced };
  }
  const mostlyUtf8 = decodeAs(bytes, 'utf-8')!;
  const broken = countReplaced(mostlyUtf8);
  // UTF-8 with a few broken bytes: many more sequences fit than fail.
  if (broken > 0 && broken * 10 < beyondAscii(mostlyUtf8))
    return { text: mostlyUtf8, encoding: 'utf-8', from: 'detector', replaced: broken };
  return of(detect(sample), 'detector');
}

function beyondAscii(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) count++;
  return count;
}

/** Encodings that the detector does not know, or takes for others. */
const others =
  'windows-1250 windows-1251 windows-1252 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-874 koi8-u ibm866'.split(
    ' ',
  );
/** What a point of oddness a character costs, beside the detector's confidence of 0 to 1; between 4 and 10 the result is the same within 1 %. */
const oddnessWeight = 5;

/** Frequencies of bytes and the look of the text decide together: a decoding that puts symbols into words is wrong, however frequent its bytes. */
function detect(sample: Uint8Array): string {
  const confidence = new Map<string, number>(others.map((name) => [name, 0]));
  for (const guess of chardet.analyse(sample)) {
    const encoding = known(guess.name);
    if (encoding !== undefined && !encoding.startsWith('utf'))
      confidence.set(encoding, Math.max(confidence.get(encoding) ?? 0, guess.confidence));
  }
  const looked = sample.subarray(0, lookedAt);
  const beyond = looked.reduce((sum, byte) => sum + (byte >>> 7), 0) || 1;
  let best = 'windows-1252';
  let most = Number.NEGATIVE_INFINITY;
  for (const [encoding, sure] of confidence) {
    const text = decodeAs(looked, encoding);
    if (text === undefined) continue;
    const score = sure / 100 - (oddnessWeight * (oddness(text) + 3 * countReplaced(text))) / beyond;
    if (score > most) [best, most] = [encoding, score];
  }
  return best;
}
/** Bytes whose look is judged. */
const lookedAt = 4096;

/** Decodes as one encoding and nothing else; throws `InvalidInput` for a name that is unknown. */
export function decodeWith(bytes: Uint8Array, charset: string): Decoded {
  const encoding = known(charset);
  if (encoding === undefined) {
    throw new InvalidInput(
      'encoding.unknown',
      `decode: expected the name of an encoding, got ${JSON.stringify(charset)}`,
      { charset },
    );
  }
  const text = decodeAs(bytes, encoding)!;
  return { text, encoding, from: 'header', replaced: countReplaced(text) };
}
