import { parseDocument } from 'yaml';
import type { Json } from '../../../base/core/index.js';
import { wholeOf } from './bytes.js';
import { decodeText, utf8Input } from './encoding.js';
import { Unreadable } from './limits.js';
import type { FormatReader, Found } from './reader.js';
import { jsonOf, textOf } from './record.js';

const longestFrontMatter = 1 << 16;

/** Front matter: YAML between `---` lines at the very beginning (as Jekyll, Hugo and Pandoc read it). */
export function frontMatter(text: string): { readonly data?: Record<string, Json>; readonly body: string } {
  const open = /^---[ \t]*\r?\n/.exec(text);
  if (!open) return { body: text };
  const close = /^(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/m;
  const rest = text.slice(open[0].length, open[0].length + longestFrontMatter);
  const end = close.exec(rest);
  if (!end) return { body: text };
  const document = parseDocument(rest.slice(0, end.index), { logLevel: 'silent', merge: false });
  if (document.errors.length > 0) return { body: text };
  let data: unknown;
  try {
    // Aliases could blow a few lines up to gigabytes.
    data = document.toJS({ maxAliasCount: 20 });
  } catch {
    return { body: text };
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return { body: text };
  return {
    data: jsonOf(data) as Record<string, Json>,
    body: text.slice(open[0].length + end.index + end[0].length).replace(/^\s*\n/, ''),
  };
}

const firstOf = (data: Record<string, Json>, ...keys: string[]): string | undefined => {
  const key = keys.find((name) => typeof data[name] === 'string' || typeof data[name] === 'number');
  return key === undefined ? undefined : textOf(data[key]);
};

export const markdown: FormatReader = {
  summary: 'Markdown; front matter becomes title, time, language, licence and metadata',
  extensions: ['md', 'markdown', 'mdx', 'qmd'],
  documents: 'one a file, as it is written',
  cursor: 'none',
  async *read(file, { options, cursor }): AsyncGenerator<Found> {
    if (cursor !== undefined) return;
    const input = await utf8Input(file, options.encoding);
    const decoded = decodeText(await wholeOf(input, options.limits.fileBytes));
    if ('problem' in decoded) throw new Unreadable(decoded.problem);
    const { data, body } = frontMatter(decoded.text);
    // The first lines alone: headings further down are sections, and the text may be long.
    const heading = /^#[ \t]+(\S[^\n]*?)[ \t#]*$/m.exec(body.slice(0, 2000))?.[1];
    yield {
      text: body,
      title: (data && firstOf(data, 'title')) ?? heading,
      time: data && firstOf(data, 'date', 'time', 'updated', 'lastmod'),
      language: data && firstOf(data, 'lang', 'language'),
      licence: data && firstOf(data, 'licence', 'license'),
      url: data && firstOf(data, 'url', 'canonical'),
      ...(data ? { metadata: data } : {}),
      cursor: true,
    };
  },
};

export const html: FormatReader = {
  summary: 'HTML, handed on as it is with `metadata.contentType: text/html` for the step `extractHtml`',
  extensions: ['html', 'htm', 'xhtml'],
  documents: 'one a file',
  cursor: 'none',
  async *read(file, { options, cursor }): AsyncGenerator<Found> {
    if (cursor !== undefined) return;
    // Pages say their encoding themselves; what they claim is looked for before a detector is asked.
    const head = Buffer.from(await wholeOf(file, options.limits.fileBytes)).toString('latin1', 0, 2048);
    const claimed = /<meta[^>]{0,200}?charset\s*=\s*["']?([\w:.-]{2,40})/i.exec(head)?.[1];
    const input = await utf8Input(file, options.encoding === 'utf-8' ? (claimed ?? 'auto') : options.encoding);
    const decoded = decodeText(await wholeOf(input, options.limits.fileBytes));
    if ('problem' in decoded) throw new Unreadable(decoded.problem);
    yield { text: decoded.text, metadata: { contentType: 'text/html' }, cursor: true };
  },
};
