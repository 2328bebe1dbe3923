import { existsSync, statSync } from 'node:fs';
import { basename, isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { InvalidInput, type Json, messageOf } from '../../../base/core/index.js';
import type { Document } from '../document.js';
import { type ReadContext, type Source, type SourceItem, defineSource } from '../pipeline/index.js';
import { streamOffsets } from './multistream.js';
import { type DumpPage, PageReader } from './pages.js';
import { dumpText } from './streams.js';
import { apparatus, wikitextToText } from './wikitext.js';

export const wikipediaOptions = z.strictObject({
  dump: z.string().min(1).describe('pages-articles XML of a MediaWiki, plain, .bz2 (multistream too) or .gz.'),
  index: z
    .string()
    .min(1)
    .optional()
    .describe('Index of a multistream dump: its streams are then shared out to workers and machines.'),
  streamsPerTask: z.int().min(1).default(100).describe('Streams of a multistream dump in one task.'),
  namespaces: z.array(z.int()).default([0]).describe('0 is articles.'),
  disambiguations: z.boolean().default(false).describe('Keep pages that only list meanings.'),
  tables: z.enum(['keep', 'drop']).default('keep'),
  math: z.enum(['keep', 'drop']).default('keep'),
  dropSections: z
    .array(z.string())
    .default([...apparatus])
    .describe('Headings left out with what is below them.'),
  minCharacters: z.int().min(0).default(1).describe('Shorter articles are left out.'),
  maxCharacters: z.int().min(1).default(4_000_000).describe('Longer pages are left out.'),
  language: z.string().optional().describe('Default: what the dump says.'),
  licence: z.string().default('CC-BY-SA-4.0'),
});
export type WikipediaOptions = z.infer<typeof wikipediaOptions>;

/** Pages of a stretch, numbered from 0 in it. */
interface Spec {
  readonly start: number;
  readonly end?: number;
}

async function* readStretch(
  path: string,
  spec: Spec,
  options: WikipediaOptions,
  context: ReadContext,
): AsyncGenerator<SourceItem> {
  const name = basename(path);
  const skip = context.cursor === undefined ? 0 : Number((context.cursor as { page: number }).page);
  const reader = new PageReader({
    maxCharacters: options.maxCharacters,
    onSkip: (title, reason) => context.onReject({ source: `${name}#${title}`, reason }),
  });
  let number = 0;
  const pages = async function* (): AsyncGenerator<DumpPage> {
    for await (const part of dumpText(path, spec)) {
      context.signal?.throwIfAborted();
      yield* reader.write(part);
    }
    // The last stretch of a multistream file ends with the root element, which none of its streams opens.
    if (spec.start === 0 || spec.end !== undefined) yield* reader.end();
  };
  try {
    for await (const page of pages()) {
      number++;
      if (number <= skip) continue;
      const document = documentOf(page, reader.site, options, name, context);
      if (document) yield { document, cursor: { page: number } };
    }
  } catch (error) {
    if (context.signal?.aborted || error instanceof InvalidInput) throw error;
    // A damaged file: what came before stands, the rest is left out.
    if (!(spec.start > 0 && spec.end === undefined && /unexpected closing|unmatched closing/i.test(messageOf(error))))
      context.onReject({ source: name, reason: `after page ${number}: ${messageOf(error)}` });
  }
}

function documentOf(
  page: DumpPage,
  site: PageReader['site'],
  options: WikipediaOptions,
  name: string,
  context: ReadContext,
): Document | undefined {
  if (!options.namespaces.includes(page.namespace) || page.redirect !== undefined) return undefined;
  if (page.model !== 'wikitext') return undefined;
  let article: ReturnType<typeof wikitextToText>;
  try {
    article = wikitextToText(page.text, options, page.title);
  } catch (error) {
    context.onReject({ source: `${name}#${page.title}`, reason: `wikitext: ${messageOf(error)}` });
    return undefined;
  }
  if (article.redirect !== undefined || (article.disambiguation && !options.disambiguations)) return undefined;
  if (article.text.length < options.minCharacters) return undefined;
  const language = options.language ?? site.language;
  const origin = addressOf(page.title, site.base);
  return {
    id: page.id,
    title: page.title,
    text: article.text,
    source: name,
    licence: options.licence,
    access: 'public',
    ...(origin === undefined ? {} : { url: origin }),
    ...(page.time === undefined ? {} : { time: page.time }),
    ...(language === undefined ? {} : { language }),
    metadata: {
      ...(page.revision === undefined ? {} : { revision: page.revision }),
      ...(article.categories.length > 0 ? { categories: [...article.categories] } : {}),
      ...(article.infobox ? { infobox: article.infobox as unknown as Json } : {}),
    },
  };
}

/** Address of a page, where the dump says a base that is one. */
function addressOf(title: string, base: string | undefined): string | undefined {
  if (base === undefined || !URL.canParse(base) || !title.isWellFormed()) return undefined;
  return new URL(encodeURIComponent(title.replaceAll(' ', '_')), base).href;
}

/** Articles of a MediaWiki dump, streamed; with the index of a multistream dump in parallel. */
export const wikipediaSource = defineSource({
  kind: 'wikipedia',
  summary: 'Articles of a Wikipedia (or another MediaWiki) dump as clean text with sections, tables and formulas.',
  version: 1,
  options: wikipediaOptions,
  create(options, { folder }): Source {
    const at = (path: string) => (isAbsolute(path) ? path : resolve(folder, path));
    const path = at(options.dump);
    return {
      async tasks() {
        if (!existsSync(path)) {
          throw new InvalidInput('wikipedia.missing', `wikipedia: expected a dump at ${path}, got none`, { path });
        }
        const { size } = statSync(path);
        const name = basename(path);
        if (options.index === undefined) return [{ id: name, spec: { start: 0 }, bytes: size }];
        const offsets = await streamOffsets(at(options.index));
        const starts = offsets.filter((_, i) => i % options.streamsPerTask === 0);
        return starts.map((start, i) => {
          const end = starts[i + 1];
          const spec: Json = end === undefined ? { start } : { start, end };
          return { id: `${name}@${start}`, spec, bytes: (end ?? size) - start };
        });
      },
      read: (task, context) => readStretch(path, task.spec as unknown as Spec, options, context),
    };
  },
});
