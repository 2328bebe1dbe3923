/** A capture that a URL index points to. */
export interface Capture {
  readonly url: string;
  /** 14 digits: 20260131235959. */
  readonly timestamp: string;
  readonly filename: string;
  readonly offset: number;
  readonly length: number;
  readonly status?: number;
  readonly mediaType?: string;
  readonly detectedMediaType?: string;
  readonly digest?: string;
  /** ISO 639-3, as the index names them. */
  readonly languages?: readonly string[];
}

const number = (value: unknown) => {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
};
const word = (value: unknown) => (typeof value === 'string' && value !== '' && value !== '-' ? value : undefined);

/**
 * A line of a URL index: CDXJ (`org,example)/ 20260131235959 {…}`), what index servers answer with `output=json` (the object alone), or the
 * eleven columns of CDX. Returns the reason where it is none of these.
 */
export function parseCapture(line: string): Capture | string {
  const text = line.trim();
  const brace = text.indexOf('{');
  let fields: Record<string, unknown>;
  let timestamp: unknown;
  if (brace >= 0) {
    try {
      fields = JSON.parse(text.slice(brace)) as Record<string, unknown>;
    } catch {
      return 'expected JSON in a line of the index';
    }
    timestamp = fields.timestamp ?? text.slice(0, brace).trim().split(' ')[1];
  } else {
    const columns = text.split(' ');
    if (columns.length !== 11) return 'expected a line of CDXJ, or 11 columns of CDX';
    const [, time, url, mime, status, digest, , , length, offset, filename] = columns;
    fields = { url, mime, status, digest, length, offset, filename };
    timestamp = time;
  }
  const url = word(fields.url);
  const filename = word(fields.filename);
  const offset = number(fields.offset);
  const length = number(fields.length);
  if (url === undefined || filename === undefined || offset === undefined || length === undefined || length === 0) {
    return 'expected url, filename, offset and length in a line of the index';
  }
  const time = word(timestamp);
  return {
    url,
    timestamp: time !== undefined && /^\d{4,14}$/.test(time) ? time : '',
    filename,
    offset,
    length,
    status: number(fields.status),
    mediaType: word(fields.mime)?.toLowerCase(),
    detectedMediaType: word(fields['mime-detected'])?.toLowerCase(),
    digest: word(fields.digest),
    languages: word(fields.languages)?.split(','),
  };
}

/** Which captures to read. */
export interface CaptureFilter {
  readonly statuses?: readonly number[];
  readonly mediaTypes?: readonly string[];
  /** ISO 639-3; a capture passes when one of its languages is among them. */
  readonly languages?: readonly string[];
  /** Only URLs that begin so. */
  readonly urlPrefix?: string;
}

/** Whether the index already tells that a capture is wanted: what it does not say passes. */
export function isWanted(capture: Capture, filter: CaptureFilter): boolean {
  if (filter.statuses && capture.status !== undefined && !filter.statuses.includes(capture.status)) return false;
  const media = capture.detectedMediaType ?? capture.mediaType;
  if (filter.mediaTypes && media !== undefined && media !== 'warc/revisit' && !filter.mediaTypes.includes(media))
    return false;
  if (media === 'warc/revisit') return false;
  if (filter.languages && !(capture.languages ?? []).some((item) => filter.languages!.includes(item))) return false;
  return filter.urlPrefix === undefined || capture.url.startsWith(filter.urlPrefix);
}
