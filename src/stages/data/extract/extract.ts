import { cleanLines, cleanParts, dropBareHeadings, dropTitle, type Favour } from './clean.js';
import { findLead } from './lead.js';
import { Deadline, defaultLimits, type HtmlLimits } from './limits.js';
import { type PageMetadata, readMetadata } from './metadata.js';
import { isThread } from './thread.js';
import { parsePage } from './parse.js';
import { dropHidden, dropUnlikely, restore, takeByline } from './prune.js';
import { joinLines, type Line, renderLines, type TextFormat } from './render.js';
import { selectContainer } from './select.js';
import { measure, measureProse } from './tree.js';

export interface ExtractOptions {
  /** What to favour where a part may or may not be text: clean text, all of it, or (default) both alike. */
  readonly favour?: Favour;
  readonly format?: TextFormat;
  readonly limits?: Partial<HtmlLimits>;
}

/** The main text of a page and what the page says about itself. */
export interface ExtractedPage extends PageMetadata {
  /** Paragraphs between blank lines; empty where the page has no text. */
  readonly text: string;
}

/** Shorter texts are looked for again with fewer rules, as these may have taken the text for a menu. */
const leastText = 250;
/** An article in the page's own data is taken where the page shows less than this share of it (scripts build the rest). */
const leastShown = 0.5;

const sizeOf = (lines: readonly Line[]): number => lines.reduce((sum, line) => sum + line.text.length, 0);

/**
 * Finds the main text of a page: of an article, a thread, a product, a page of documentation.
 *
 * Paragraphs give points to the elements around them; the best of these, with what belongs to it, is the container of the text. Boxes in it
 * that are links, menus or calls to share are left out, by their names, their share of links and whole lines that are labels in 14 languages.
 * Lists, tables and code keep their shape.
 *
 * Throws `InvalidInput` with the code `html.length`, `html.depth`, `html.nodes` or `html.time` for a page over a limit; any other text gives a result.
 */
export function extractHtml(html: string, options: ExtractOptions = {}): ExtractedPage {
  const { favour = 'balanced', format = 'text' } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const deadline = new Deadline(limits);
  const page = parsePage(html, limits, deadline);
  const { body } = page;
  let read = readMetadata(page, '');
  const judge = (): void => {
    deadline.check();
    measure(body);
    measureProse(body);
  };
  const keepComments = favour === 'recall' || isThread(page, read.structured);
  let best: Line[] = [];
  let byline = '';
  for (let attempt = 0; attempt < 3; attempt++) {
    restore(body);
    dropHidden(body);
    judge();
    if (attempt === 0) dropUnlikely(body);
    const found = takeByline(body);
    byline ||= found;
    judge();
    const { parts } = selectContainer(body, { useClasses: attempt < 2, favour });
    deadline.check();
    const whole = renderLines(parts, format);
    cleanParts(parts, { favour, keepComments });
    deadline.check();
    dropTitle(parts, read.titles);
    const lead = findLead(body, parts, read.descriptions);
    let lines = dropBareHeadings(cleanLines(renderLines(lead ? [lead, ...parts] : parts, format), favour));
    // A short text that the rules cut in half is short, not full of boxes.
    if (sizeOf(lines) < leastText && sizeOf(lines) * 2 < sizeOf(whole)) lines = whole;
    if (sizeOf(lines) > sizeOf(best)) best = lines;
    if (sizeOf(best) >= leastText) break;
  }
  let text = joinLines(best).trim();
  const own = read.structured.body;
  if (own && own.length >= leastText && text.length < own.length * leastShown) {
    text = /<\w+[^<>]*>/.test(own)
      ? extractFragment(own, limits, format)
      : own
          .replace(/[^\S\n]+/g, ' ')
          .replace(/ ?\n[\s]*/g, '\n\n')
          .trim();
  }
  if (byline !== '') read = readMetadata(page, byline);
  return { text, ...read.metadata };
}

/** Text of markup that is all text: the body of an article in JSON-LD, an entry of a feed. */
export function extractFragment(html: string, limits: HtmlLimits = defaultLimits, format: TextFormat = 'text'): string {
  const { body } = parsePage(html, limits, new Deadline(limits));
  dropHidden(body);
  measure(body);
  return joinLines(renderLines([body], format)).trim();
}
