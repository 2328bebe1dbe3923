import type { Favour } from './clean.js';
import { cuesOf } from './cues.js';
import { blockTags, ElementNode, hasText, isHeading, TextNode, walk } from './tree.js';

/** Points that an element starts with when the first paragraph below it is found. */
const startingPoints: Readonly<Record<string, number>> = {
  div: 5,
  pre: 3,
  td: 3,
  blockquote: 3,
  address: -3,
  ol: -3,
  ul: -3,
  dl: -3,
  dd: -3,
  dt: -3,
  li: -3,
  form: -3,
  h1: -5,
  h2: -5,
  h3: -5,
  h4: -5,
  h5: -5,
  h6: -5,
  th: -5,
};
const scoredTags = new Set('section h2 h3 h4 h5 h6 p td pre'.split(' '));
/** Shorter units say nothing: labels, dates. */
const leastUnit = 25;
/** Prose around the container, as a share of its own, from which the container is too small. */
const coverage: Readonly<Record<Favour, number>> = { precision: 1, balanced: 0.5, recall: 0.2 };
/** How far above a paragraph its points reach. */
const reach = 5;

export interface SelectOptions {
  /** Whether class names and ids give points. */
  readonly useClasses: boolean;
  readonly favour: Favour;
}

export interface Container {
  readonly top: ElementNode;
  /** The container and those of its siblings that go with it, in order. */
  readonly parts: readonly ElementNode[];
}

function start(element: ElementNode, useClasses: boolean): void {
  element.isCandidate = true;
  element.score = (startingPoints[element.tag] ?? 0) + (useClasses ? 25 * cuesOf(element).weight : 0);
}

/** Gives the points of a unit of text to what is around it: all to the first, half to the second, then 1/6, 1/9, 1/12. */
function award(
  from: ElementNode | undefined,
  length: number,
  commas: number,
  useClasses: boolean,
  found: ElementNode[],
): void {
  if (length < leastUnit) return;
  const points = 2 + commas + Math.min(Math.floor(length / 100), 3);
  let level = 0;
  for (let at = from; at?.parent && level < reach; at = at.parent, level++) {
    if (!at.isCandidate) {
      start(at, useClasses);
      found.push(at);
    }
    at.score += points / (level === 0 ? 1 : level === 1 ? 2 : level * 3);
  }
}

/** A division that holds one paragraph and nothing else stands for that paragraph. */
function holdsOneParagraph(element: ElementNode): boolean {
  let paragraphs = 0;
  for (const child of element.children) {
    if (child instanceof TextNode) {
      if (hasText(child)) return false;
    } else if (!child.dropped) {
      if (child.tag !== 'p' || paragraphs++ > 0) return false;
    }
  }
  return paragraphs === 1 && element.linkDensity < 0.25;
}

/** Runs of text and inline elements between the blocks of a mixed division. */
function awardRuns(element: ElementNode, useClasses: boolean, found: ElementNode[]): void {
  let length = 0;
  let commas = 0;
  const end = (): void => {
    award(element, length, commas, useClasses, found);
    length = 0;
    commas = 0;
  };
  for (const child of element.children) {
    if (child instanceof TextNode) {
      length += child.text.trim().length;
      for (let i = child.text.indexOf(','); i >= 0; i = child.text.indexOf(',', i + 1)) commas++;
    } else if (!child.dropped) {
      if (blockTags.has(child.tag) || child.hasBlocks) end();
      else {
        length += child.textLength;
        commas += child.commas;
      }
    }
  }
  end();
}

function scoreAll(root: ElementNode, useClasses: boolean): ElementNode[] {
  const found: ElementNode[] = [];
  walk(root, (element) => {
    const { tag } = element;
    if (scoredTags.has(tag)) {
      const parent = element.parent!;
      const from = tag === 'p' && parent.wrapsParagraph ? parent.parent : parent;
      award(from, element.textLength, element.commas, useClasses, found);
    } else if (tag === 'div') {
      element.wrapsParagraph = holdsOneParagraph(element);
      if (!element.hasBlocks) {
        award(element.parent, element.textLength, element.commas, useClasses, found);
      } else if (!element.wrapsParagraph) awardRuns(element, useClasses, found);
    }
  });
  return found;
}

function ancestorsOf(element: ElementNode): ElementNode[] {
  const all: ElementNode[] = [];
  for (let at = element.parent; at; at = at.parent) all.push(at);
  return all;
}

/** Where three or more of the best stand below one element, that element is the container. */
function commonAncestor(top: ElementNode, best: readonly ElementNode[]): ElementNode {
  const rivals = best.slice(1).filter((rival) => rival.score / top.score >= 0.75);
  if (rivals.length < 3) return top;
  const above = rivals.map((rival) => new Set(ancestorsOf(rival)));
  for (let at = top.parent; at && at.tag !== 'body'; at = at.parent) {
    if (above.filter((set) => set.has(at!)).length >= 3) return at;
  }
  return top;
}

/** Climbs while the scores above grow: text often stands in several columns or sections of one element. */
function climb(top: ElementNode, useClasses: boolean): ElementNode {
  let best = top;
  let last = best.score;
  const least = last / 3;
  for (let at = best.parent; at && at.tag !== 'body'; at = at.parent) {
    if (!at.isCandidate) continue;
    if (at.score < least) break;
    if (at.score > last) {
      best = at;
      break;
    }
    last = at.score;
  }
  // An only child's siblings are its parent's.
  for (let at = best.parent; at && at.tag !== 'body'; at = at.parent) {
    if (at.children.some((child) => child !== best && child instanceof ElementNode && !child.dropped)) break;
    best = at;
  }
  if (!best.isCandidate) start(best, useClasses);
  return best;
}

/** Climbs where the prose around the container is a good part of what it holds itself: text in many boxes. */
function cover(top: ElementNode, useClasses: boolean, favour: Favour): ElementNode {
  let best = top;
  for (let at = top.parent; at && at.tag !== 'body'; at = at.parent) {
    if (at.prose >= best.prose * (1 + coverage[favour]) && at.linkDensity < 0.5) best = at;
  }
  if (!best.isCandidate) start(best, useClasses);
  return best;
}

/** Siblings of the container that belong to the text: good scores of their own, or paragraphs of prose. */
function withSiblings(top: ElementNode): ElementNode[] {
  const parent = top.parent;
  if (!parent) return [top];
  const least = Math.max(10, top.score * 0.2);
  const names = top.attribute('class');
  const belongs = (child: ElementNode): boolean => {
    if (child === top) return true;
    const bonus = names !== '' && child.attribute('class') === names ? top.score * 0.2 : 0;
    if (child.isCandidate && child.score + bonus >= least) return true;
    if (isDataSection(child)) return true;
    if (child.tag !== 'p') return false;
    const density = child.linkDensity;
    if (child.textLength > 80) return density < 0.25;
    return child.textLength > 0 && density === 0 && /\.(?:\s|$)/.test(textOf(child));
  };
  const kept: ElementNode[] = [];
  let titles: ElementNode[] = [];
  for (const child of parent.children) {
    if (!(child instanceof ElementNode) || child.dropped || child.textLength === 0) continue;
    if (belongs(child)) {
      kept.push(...titles, child);
      titles = [];
    } else if (isHeading(child)) titles.push(child);
    else titles = [];
  }
  return kept;
}

/** A section with a heading and a table, a list or code without links: a data sheet, ingredients, an example. */
function isDataSection(element: ElementNode): boolean {
  if (!element.hasBlocks || element.textLength === 0 || element.linkDensity > 0.1) return false;
  const cues = cuesOf(element);
  if (cues.unlikely || cues.boilerplate || cues.comments || cues.doubtful || cues.weight < 0) return false;
  let heading = false;
  let data = false;
  let seen = 0;
  walk(element, (inner) => {
    if (/^h[1-6]$/.test(inner.tag)) heading = true;
    else if (/^(?:table|ul|ol|dl|pre)$/.test(inner.tag)) data ||= heading;
    return !data && ++seen < 200;
  });
  return data;
}

function textOf(element: ElementNode): string {
  return element.children
    .map((child) => (child instanceof TextNode ? child.text : child.dropped ? '' : textOf(child)))
    .join('');
}

/** Finds the element that holds the main text, from where paragraphs stand. `root` must be measured. */
export function selectContainer(root: ElementNode, { useClasses, favour }: SelectOptions): Container {
  walk(root, (element) => {
    element.isCandidate = false;
    element.wrapsParagraph = false;
    element.score = 0;
  });
  root.isCandidate = false;
  const found = scoreAll(root, useClasses);
  for (const element of found) element.score *= 1 - element.linkDensity;
  const best = found
    .map((element, index) => ({ element, index }))
    .sort((a, b) => b.element.score - a.element.score || a.index - b.index)
    .slice(0, 5)
    .map((item) => item.element);
  const first = best[0];
  if (!first || first.tag === 'body' || first === root) return { top: root, parts: [root] };
  const top = cover(climb(commonAncestor(first, best), useClasses), useClasses, favour);
  return { top, parts: withSiblings(top) };
}
