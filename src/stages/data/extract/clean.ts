import { cuesOf } from './cues.js';
import { isLabel } from './labels.js';
import type { Line } from './render.js';
import { ElementNode, hasText, lineOf, walk } from './tree.js';

/** What to favour where a part may or may not belong to the text. */
export type Favour = 'precision' | 'balanced' | 'recall';

const asides = new Set(['footer', 'aside', 'nav']);
const lists = new Set(['ul', 'ol', 'dl', 'menu']);
const boxes = new Set(['div', 'section', 'form', 'fieldset', 'figure', 'header', 'article', 'details']);

/** Where the line is drawn, by what is favoured. Measured on pages with marked text; see the page on extraction in the docs. */
interface Bounds {
  /** Captions of figures are left out. */
  readonly captions: boolean;
  /** Names of boxes decide, even where they also stand on boxes of text. */
  readonly doubtful: boolean;
  /** Least share of links in a table or a box without prose that is left out. */
  readonly links: number;
  /** Share of links in a list whose items are links. */
  readonly lists: number;
  /** Largest share of the prose that one box may take along when it goes. */
  readonly share: number;
}
const bounds: Readonly<Record<Favour, Bounds>> = {
  precision: { captions: true, doubtful: true, links: 0.4, lists: 0.4, share: 0.4 },
  balanced: { captions: false, doubtful: true, links: 0.6, lists: 0.5, share: 0.3 },
  recall: { captions: false, doubtful: false, links: 0.8, lists: 0.8, share: 0.15 },
};
/** Prose that must be left when a box is dropped for what it is or for its name. */
const leastLeft = 200;

/** What `cleanParts` knows of the page. */
export interface Surroundings {
  readonly favour: Favour;
  /** Replies are the text of a forum, and stand beside the text elsewhere. */
  readonly keepComments: boolean;
}

/** Drops from a container what is not its text. `parts` must be measured. */
export function cleanParts(parts: readonly ElementNode[], surroundings: Surroundings): void {
  const total = parts.reduce((sum, part) => sum + part.prose, 0);
  const tops = new Set(parts);
  const host = new ElementNode('div', undefined);
  host.children = [...parts];
  const led = findLedLists(host);
  walk(host, (element) => {
    if (isAround(element, total, surroundings, tops.has(element), led)) element.dropped = true;
    return !element.dropped;
  });
}

function isAround(
  element: ElementNode,
  total: number,
  { favour, keepComments }: Surroundings,
  isPart: boolean,
  led: ReadonlySet<ElementNode>,
): boolean {
  const { tag, textLength, linkDensity, prose } = element;
  if (textLength === 0) return false;
  const bound = bounds[favour];
  const cues = cuesOf(element);
  const inlineLink = tag === 'a' && !element.hasBlocks;
  if (total - prose >= Math.min(leastLeft, total)) {
    if (asides.has(tag)) return true;
    if (cues.comments && !inlineLink && !keepComments) return true;
  }
  if (isTeaser(element, total)) return true;
  if (bound.captions && (tag === 'figcaption' || cues.caption) && prose < total * 0.2) return true;
  if (prose > total * bound.share) return false;
  if (cues.boilerplate && !inlineLink) return true;
  if (isPart) return false;
  if (bound.doubtful && cues.doubtful && !inlineLink && prose === 0) {
    if (linkDensity > 0.3 || (textLength < 80 && !hasHeading(element))) return true;
  }
  if (lists.has(tag)) return linkDensity > bound.lists && !led.has(element) && isLinkList(element);
  if (tag === 'table') return linkDensity > bound.links;
  return boxes.has(tag) && element.hasBlocks && linkDensity > bound.links && prose === 0;
}

/** A short box with a heading of its own is a section. */
function hasHeading(element: ElementNode): boolean {
  let found = false;
  let seen = 0;
  walk(element, (inner) => {
    if (/^h[1-6]$/.test(inner.tag) && inner.textLength > 0) found = true;
    return !found && ++seen < maxLooked;
  });
  return found;
}

const teaserBoxes = new Set(['div', 'li', 'article', 'section']);
const readOn =
  /^[^\p{L}]*(?:read (?:more|on|the full .{0,20})|continue reading|weiter ?lesen|mehr(?: lesen| erfahren)?|lire (?:la suite|plus)|en savoir plus|leer más|seguir leyendo|leia mais|leggi (?:tutto|di più)|lees (?:meer|verder)|czytaj (?:więcej|dalej)|читать (?:далее|полностью))\b.{0,20}$/iu;

/** Elements that are looked at in a box, and siblings before a list. */
const maxLooked = 200;

/** A box that presents another page: a small part of the text that ends in a link to read on. */
function isTeaser(element: ElementNode, total: number): boolean {
  if (
    !teaserBoxes.has(element.tag) ||
    element.linkLength === 0 ||
    element.prose > total * 0.25 ||
    element.textLength > 800
  )
    return false;
  let last: ElementNode | undefined;
  let seen = 0;
  walk(element, (inner) => {
    if (inner.tag === 'a' && inner.linkLength > 0) last = inner;
    return ++seen < maxLooked;
  });
  if (seen >= maxLooked) return false;
  if (!last || last.textLength > 40 || !readOn.test(lineOf(last))) return false;
  return lineOf(element).endsWith(lineOf(last));
}

/** Most items are a link and nothing else. */
function isLinkList(list: ElementNode): boolean {
  let items = 0;
  let pure = 0;
  for (const child of list.children) {
    if (!(child instanceof ElementNode) || child.dropped || child.textLength === 0) continue;
    items++;
    if (child.linkDensity >= 0.8) pure++;
  }
  return pure >= items * 0.7;
}

/** Lists that a sentence ending in a colon leads to: they belong to it, links or not. */
function findLedLists(host: ElementNode): Set<ElementNode> {
  const led = new Set<ElementNode>();
  const visit = (element: ElementNode): void => {
    let end = '';
    for (const child of element.children) {
      if (child instanceof ElementNode) {
        if (child.dropped || child.textLength === 0) continue;
        if (end === ':' && lists.has(child.tag)) led.add(child);
        end = child.textLength > leastSentence ? lastCharacter(child) : '';
        visit(child);
      } else if (hasText(child)) {
        const line = child.text.trimEnd();
        end = line.length > leastSentence ? line.at(-1)! : '';
      }
    }
  };
  visit(host);
  return led;
}
const leastSentence = 40;

function lastCharacter(element: ElementNode): string {
  for (let i = element.children.length - 1; i >= 0; i--) {
    const child = element.children[i]!;
    if (child instanceof ElementNode) {
      if (!child.dropped && child.textLength > 0) return lastCharacter(child);
    } else if (hasText(child)) return child.text.trimEnd().at(-1)!;
  }
  return '';
}

/** Lines that are links or labels; what is in tables and code stays. */
export function cleanLines(lines: readonly Line[], favour: Favour): Line[] {
  const most = favour === 'recall' ? 0.95 : 0.8;
  const isLink = (line: Line | undefined): boolean => line !== undefined && line.linked > line.text.length * most;
  return lines.filter((line, i) => {
    const { kind } = line;
    if (kind === 'code' || kind === 'row') return true;
    if (kind === 'text' && isLink(line)) return false;
    if (kind === 'term' && isLink(line)) {
      // A term may link to its page where something is said about it.
      const next = lines[i + 1];
      if (!next || next.kind === 'term' || isLink(next)) return false;
    }
    return kind === 'heading' || !isLabel(line.text, line.linked > line.text.length * 0.4);
  });
}

/** Takes out headings that nothing follows, because it was cleaned away: at the end, and labels before another heading. */
export function dropBareHeadings(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  let next: Line | undefined;
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i]!;
    const isBare = line.kind === 'heading' && (!next || (next.kind === 'heading' && isLabel(line.text)));
    if (isBare) continue;
    kept.push(line);
    next = line;
  }
  return kept.reverse();
}

const letters = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

/** Drops the heading that repeats the title: the title is a field of its own. */
export function dropTitle(parts: readonly ElementNode[], titles: readonly string[]): void {
  const wanted = titles.map(letters).filter((title) => title.length >= 4);
  for (const part of parts) {
    walk(part, (element) => {
      if (element.tag !== 'h1' && element.tag !== 'h2') return;
      if (element.textLength > 1000) return false;
      const text = letters(lineOf(element));
      if (
        text !== '' &&
        wanted.some((title) => title === text || (title.startsWith(text) && text.length * 2 > title.length))
      )
        element.dropped = true;
      return false;
    });
  }
}
