/** Kinds of records of the WARC standard (ISO 28500:2017); others are kept as they are named. */
export type WarcType =
  | 'warcinfo'
  | 'response'
  | 'resource'
  | 'request'
  | 'metadata'
  | 'revisit'
  | 'conversion'
  | 'continuation';

/** One record of a WARC or ARC file, its block still as it was stored. */
export interface WarcRecord {
  readonly format: 'warc' | 'arc';
  readonly version: string;
  readonly type: WarcType | (string & {});
  /** Lower-case names; of several of a kind the first counts. */
  readonly headers: Readonly<Record<string, string>>;
  /** WARC-Record-ID without its angle brackets. */
  readonly id: string;
  /** WARC-Target-URI without angle brackets (wget writes them) and with spaces as %20. */
  readonly url?: string;
  /** ISO 8601. */
  readonly date?: string;
  readonly contentType?: string;
  /** The block: for `application/http` status line, headers and body as they came. */
  readonly block: Uint8Array;
  /** Where the record begins: offset of the gzip member, or of the record where the file is not packed. */
  readonly offset: number;
  /** Records before it in the same member: 0 where each has its own, as it should. */
  readonly index: number;
  /** Where the next one begins. */
  readonly next: Place;
}

/** A place where reading can start. */
export interface Place {
  readonly offset: number;
  readonly index: number;
}

/** Something that could not be read, and where. */
export interface Damage {
  readonly offset: number;
  readonly reason: string;
  readonly url?: string;
}

/** Names and values of header lines; a line that starts with a space goes on with the one before. */
export function parseHeaderLines(text: string): Array<readonly [string, string]> {
  const lines: Array<[string, string]> = [];
  for (const line of text.split('\n')) {
    const bare = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (bare === '') continue;
    if ((bare[0] === ' ' || bare[0] === '\t') && lines.length > 0) {
      lines.at(-1)![1] += ` ${bare.trim()}`;
      continue;
    }
    const colon = bare.indexOf(':');
    if (colon > 0) lines.push([bare.slice(0, colon).trim(), bare.slice(colon + 1).trim()]);
  }
  return lines;
}

/** As a record without a prototype: a header may be called `__proto__`. */
export function headerRecord(lines: ReadonlyArray<readonly [string, string]>): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>;
  for (const [name, value] of lines) headers[name.toLowerCase()] ??= value;
  return headers;
}

/** Bytes as UTF-8, what is not UTF-8 as Latin-1: header blocks of old crawls hold both. */
export function headerText(bytes: Uint8Array): string {
  const latin = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (!/[\x80-\xff]/.test(latin)) return latin;
  const text = Buffer.from(bytes).toString('utf8');
  return text.includes('\ufffd') ? latin : text;
}

export const unbracketed = (value: string) =>
  value.startsWith('<') && value.endsWith('>') ? value.slice(1, -1) : value;
export const withoutSpaces = (url: string) => url.replaceAll(' ', '%20');
