import type { WarcRecord } from './record.js';

/** A link of a page as Common Crawl's WAT files list them. */
export interface WatLink {
  /** `A@/href`, `IMG@/src` … */
  readonly path: string;
  readonly url: string;
  readonly text?: string;
  readonly alt?: string;
}

/** What a WAT file says about one response. */
export interface WatPage {
  readonly url: string;
  readonly date?: string;
  readonly status?: number;
  readonly contentType?: string;
  readonly title?: string;
  /** Content of meta elements by their name or property, lower-case. */
  readonly metas: Readonly<Record<string, string>>;
  readonly links: readonly WatLink[];
  /** Where the response stands in the WARC file. */
  readonly container?: { readonly file: string; readonly offset: number; readonly length: number };
}

type Tree = Readonly<Record<string, unknown>>;

const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>(
    (node, name) =>
      typeof node === 'object' && node !== null && Object.hasOwn(node, name) ? (node as Tree)[name] : undefined,
    value,
  );
const string = (value: unknown) => (typeof value === 'string' ? value : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The page of a WAT record (`metadata` with JSON); `undefined` for other records, requests and what is not JSON. */
export function parseWat(record: WarcRecord): WatPage | undefined {
  if (record.type !== 'metadata' || !/json/i.test(record.contentType ?? '')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(record.block).toString('utf8'));
  } catch {
    return undefined;
  }
  const payload = at(value, 'Envelope', 'Payload-Metadata');
  const response = at(payload, 'HTTP-Response-Metadata');
  const url = string(at(value, 'Envelope', 'WARC-Header-Metadata', 'WARC-Target-URI')) ?? record.url;
  if (response === undefined || url === undefined) return undefined;
  const html = at(response, 'HTML-Metadata');
  const metas = Object.create(null) as Record<string, string>;
  for (const meta of list(at(html, 'Head', 'Metas'))) {
    const name = string(at(meta, 'name')) ?? string(at(meta, 'property')) ?? string(at(meta, 'http-equiv'));
    const content = string(at(meta, 'content'));
    if (name !== undefined && content !== undefined) metas[name.toLowerCase()] ??= content;
  }
  const links: WatLink[] = [];
  for (const link of [...list(at(html, 'Links')), ...list(at(html, 'Head', 'Link'))]) {
    const target = string(at(link, 'url')) ?? string(at(link, 'href'));
    if (target !== undefined)
      links.push({
        path: string(at(link, 'path')) ?? '',
        url: target,
        text: string(at(link, 'text')),
        alt: string(at(link, 'alt')),
      });
  }
  const status = Number(at(response, 'Response-Message', 'Status'));
  const file = string(at(value, 'Container', 'Filename'));
  const offset = Number(at(value, 'Container', 'Offset'));
  const length = Number(at(value, 'Container', 'Gzip-Metadata', 'Deflate-Length'));
  return {
    url,
    date: string(at(value, 'Envelope', 'WARC-Header-Metadata', 'WARC-Date')) ?? record.date,
    status: Number.isInteger(status) && status > 0 ? status : undefined,
    contentType: string(at(response, 'Headers', 'Content-Type')),
    title: string(at(html, 'Head', 'Title')),
    metas,
    links,
    container:
      file !== undefined && Number.isSafeInteger(offset) && Number.isSafeInteger(length)
        ? { file, offset, length }
        : undefined,
  };
}
