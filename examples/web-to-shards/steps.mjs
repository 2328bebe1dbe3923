// A step of one's own: the text of a page without its navigation. Enough for the pages beside it.
import { Parser } from 'htmlparser2';
import { z } from 'zod';

const skipped = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'nav',
  'header',
  'footer',
  'aside',
  'form',
  'head',
  'svg',
]);
const blocks = new Set([
  'p',
  'div',
  'li',
  'tr',
  'br',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'section',
  'article',
  'main',
  'ul',
  'ol',
  'table',
  'blockquote',
  'pre',
]);
const mostCharacters = 2_000_000;

/**
 * Text and title of a page.
 * @param {string} html
 */
export function plainText(html) {
  let text = '';
  let title = '';
  let inTitle = false;
  let hidden = 0;
  const parser = new Parser({
    onopentagname(name) {
      if (name === 'title') inTitle = true;
      if (skipped.has(name)) hidden++;
      if (blocks.has(name)) text += '\n';
    },
    onclosetag(name) {
      if (name === 'title') inTitle = false;
      if (skipped.has(name)) hidden--;
      if (blocks.has(name)) text += '\n';
    },
    ontext(part) {
      if (inTitle) title += part;
      else if (hidden === 0) text += part;
    },
  });
  parser.end(html.slice(0, mostCharacters));
  const lines = text.split('\n').map((line) => line.replace(/\s+/g, ' ').trim());
  return { title: title.replace(/\s+/g, ' ').trim(), text: lines.filter((line) => line !== '').join('\n') };
}

/** @type {import('../../src/stages/data/pipeline/step.js').DocumentStepDefinition<{ minLength: number }>} */
const plainTextStep = {
  kind: 'document',
  name: 'plainText',
  summary: 'Takes the text of HTML pages without their navigation.',
  version: 1,
  options: z.strictObject({ minLength: z.int().min(0).default(20) }),
  create: ({ minLength }) => ({
    apply(document) {
      if (document.metadata?.contentType === 'text/plain') return document;
      const { title, text } = plainText(document.text);
      if (text.length < minLength) return { drop: 'noText', detail: `${text.length} characters of text` };
      return { ...document, text, title: document.title ?? (title === '' ? undefined : title) };
    },
  }),
};

export const steps = [plainTextStep];
