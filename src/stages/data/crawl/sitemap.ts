import { SaxesParser } from 'saxes';
import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';

/** One entry of a sitemap or of an index of sitemaps. */
export interface SitemapEntry {
  readonly url: string;
  /** ISO 8601, where it is a date. */
  readonly lastModified?: string;
  /** The address is that of another sitemap. */
  readonly isSitemap: boolean;
}

/** The protocol's own limits (sitemaps.org). */
export const mostSitemapBytes = 50 * 1024 * 1024;
export const mostSitemapUrls = 50_000;
const mostText = 4096;

/** Bytes unpacked where they are gzip, whatever the name says; at most as many as the protocol allows. */
async function* unpacked(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const item = await iterator.next();
    if (item.done) break;
    head = Buffer.concat([head, item.value]);
  }
  const all = (async function* () {
    yield head;
    for (let item = await iterator.next(); !item.done; item = await iterator.next()) yield item.value;
  })();
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  let size = 0;
  const bytes: AsyncIterable<Uint8Array> = isGzip
    ? (Readable.from(all).pipe(createGunzip()) as AsyncIterable<Uint8Array>)
    : all;
  for await (const chunk of bytes) {
    size += chunk.length;
    yield size > mostSitemapBytes ? chunk.subarray(0, Math.max(0, chunk.length - (size - mostSitemapBytes))) : chunk;
    if (size > mostSitemapBytes) return;
  }
}

/**
 * Entries of a sitemap as they come: XML (sitemap, index, RSS and Atom links), packed or not, or plain text with an address a line. Broken
 * XML ends the reading: what came before stands.
 */
export async function* readSitemap(source: AsyncIterable<Uint8Array>): AsyncGenerator<SitemapEntry> {
  const ready: SitemapEntry[] = [];
  const decoder = new TextDecoder('utf-8');
  let kind: 'xml' | 'text' | undefined;
  let count = 0;
  let rest = '';
  let text = '';
  let entry: { url?: string; lastModified?: string } | undefined;
  let isIndex = false;
  let broken = false;
  const parser = new SaxesParser();
  parser.on('error', () => {
    broken = true;
  });
  const local = (name: string) => name.slice(name.indexOf(':') + 1).toLowerCase();
  parser.on('opentag', (tag) => {
    const name = local(tag.name);
    if (name === 'sitemapindex') isIndex = true;
    if (name === 'url' || name === 'sitemap' || name === 'item' || name === 'entry') entry = {};
    const { href } = tag.attributes as Record<string, string>;
    if (name === 'link' && entry && entry.url === undefined && href !== undefined) entry.url = href;
    text = '';
  });
  const onText = (part: string) => {
    if (text.length < mostText) text += part.slice(0, mostText);
  };
  parser.on('text', onText);
  parser.on('cdata', onText);
  parser.on('closetag', (tag) => {
    const name = local(tag.name);
    const value = text.trim();
    text = '';
    if (!entry) return;
    if ((name === 'loc' || name === 'link') && entry.url === undefined && value !== '') entry.url = value;
    // image:loc and video:… have names of their own, so only the first loc counts.
    else if ((name === 'lastmod' || name === 'updated' || name === 'pubdate') && value !== '') {
      const at = Date.parse(value);
      if (!Number.isNaN(at)) entry.lastModified = new Date(at).toISOString();
    } else if (name === 'url' || name === 'sitemap' || name === 'item' || name === 'entry') {
      if (entry.url !== undefined) ready.push({ url: entry.url, lastModified: entry.lastModified, isSitemap: isIndex });
      entry = undefined;
    }
  });
  try {
    for await (const chunk of unpacked(source)) {
      const part = decoder.decode(chunk, { stream: true });
      kind ??= /^\s{0,200}\ufeff?\s{0,200}</.test(part) ? 'xml' : 'text';
      if (kind === 'xml') parser.write(part);
      else {
        const lines = (rest + part).split(/\r?\n/);
        rest = lines.pop()!.slice(0, mostText);
        for (const line of lines)
          if (/^\s{0,20}https?:\/\//i.test(line)) ready.push({ url: line.trim().slice(0, mostText), isSitemap: false });
      }
      for (const item of ready.splice(0)) {
        if (++count > mostSitemapUrls) return;
        yield item;
      }
      if (broken) return;
    }
  } catch {
    // Cut packing or a cut connection.
  }
  if (kind === 'text' && /^\s{0,20}https?:\/\//i.test(rest) && count < mostSitemapUrls)
    yield { url: rest.trim(), isSitemap: false };
}
