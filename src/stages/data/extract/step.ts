import { z } from 'zod';
import { InvalidInput, type Json } from '../../../base/core/index.js';
import type { Document } from '../document.js';
import { defineStep } from '../pipeline/index.js';
import { type ExtractedPage, extractHtml } from './extract.js';
import { defaultLimits } from './limits.js';

const options = z.strictObject({
  /** Clean text, all of it, or both alike. */
  favour: z.enum(['precision', 'balanced', 'recall']).default('balanced'),
  format: z.enum(['text', 'markdown']).default('text'),
  /** Pages whose owner forbids use by machine learning (`noai`, `tdm-reservation`) are taken out. */
  respectNoAi: z.boolean().default(true),
  /** Pages that ask search engines not to list them are taken out too. */
  respectNoIndex: z.boolean().default(false),
  /** Shorter texts are taken out, in UTF-16 units. */
  minLength: z.int().min(0).default(1),
  maxLength: z.int().min(1).default(defaultLimits.maxLength),
  maxDepth: z.int().min(8).max(2000).default(defaultLimits.maxDepth),
  maxNodes: z.int().min(1).default(defaultLimits.maxNodes),
  maxMilliseconds: z.int().min(1).default(defaultLimits.maxMilliseconds),
});

/** What the page says, for the fields of a document that are still empty. */
function describe(document: Document, page: ExtractedPage): Document {
  const metadata: Record<string, Json> = { ...document.metadata };
  const facts = {
    byline: page.byline,
    site: page.site,
    description: page.description,
    modified: page.modified,
    licenceUrl: page.licenceUrl,
  };
  for (const [name, value] of Object.entries(facts)) if (value !== undefined) metadata[name] ??= value;
  return {
    ...document,
    text: page.text,
    ...(page.title !== undefined && { title: document.title ?? page.title }),
    ...(page.language !== undefined && { language: document.language ?? page.language }),
    ...(page.licence !== undefined && { licence: document.licence ?? page.licence }),
    ...(page.url !== undefined && { url: document.url ?? page.url }),
    ...(page.date !== undefined && { time: document.time ?? page.date }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** Documents of HTML become their main text, those without a tag stay as they are; drops `noText`, `noAi`, `noIndex` and, with the limit's name, `html.depth` and the like. */
export const extractHtmlStep = defineStep({
  kind: 'document',
  name: 'extractHtml',
  summary: 'Finds the main text of HTML pages, and their title, author, language, date and licence.',
  version: 1,
  options,
  create: ({ favour, format, respectNoAi, respectNoIndex, minLength, ...limits }) => ({
    apply(document) {
      // Plain text among the pages has its paragraphs already.
      if (!/<[a-z!/?]/i.test(document.text)) return document;
      let page: ExtractedPage;
      try {
        page = extractHtml(document.text, { favour, format, limits });
      } catch (error) {
        if (error instanceof InvalidInput && error.code.startsWith('html.'))
          return { drop: error.code, detail: error.message };
        throw error;
      }
      if (respectNoAi && page.robots.noai) return { drop: 'noAi', detail: 'the page forbids use by machine learning' };
      if (respectNoIndex && page.robots.noindex) return { drop: 'noIndex', detail: 'the page asks not to be listed' };
      if (page.text.length < Math.max(1, minLength))
        return { drop: 'noText', detail: `${page.text.length} characters of text` };
      return describe(document, page);
    },
  }),
});
