import { cuesOf } from './cues.js';
import { ElementNode, isHeading, lineOf, TextNode, walk } from './tree.js';

/** Form controls and the like: their text is the page's machinery. */
const machinery = new Set('button select input textarea option optgroup progress meter output dialog menu'.split(' '));
const roles = new Set(
  'menu menubar complementary navigation alert alertdialog dialog banner contentinfo search tablist toolbar tooltip'.split(
    ' ',
  ),
);
const stylesHidden = /display\s*:\s*none|visibility\s*:\s*hidden/i;

function isHidden(element: ElementNode): boolean {
  const attributes = element.attributes;
  if (!attributes) return false;
  if (attributes.hidden !== undefined && attributes.hidden !== 'false') return true;
  if (attributes.style !== undefined && stylesHidden.test(attributes.style)) return true;
  return attributes['aria-hidden'] === 'true' && !(attributes.class ?? '').includes('fallback-image');
}

/** The sign beside a heading that links to it. */
function isAnchor(element: ElementNode): boolean {
  if (element.tag !== 'a' || element.children.length !== 1 || !element.attributes?.href?.includes('#')) return false;
  const only = element.children[0]!;
  return only instanceof TextNode && /^\s*[¶§#🔗]\ufe0f?\s*$/u.test(only.text);
}

function isInside(element: ElementNode, tags: ReadonlySet<string>): boolean {
  for (let at = element.parent; at; at = at.parent) if (tags.has(at.tag)) return true;
  return false;
}
const textual = new Set(['table', 'code', 'pre']);

/** Takes back what earlier rules dropped. */
export function restore(element: ElementNode): void {
  element.dropped = false;
  element.unlikely = false;
  for (const child of element.children) if (child instanceof ElementNode) restore(child);
}

/** What is never text whatever the page is: hidden elements, form controls. */
export function dropHidden(root: ElementNode): void {
  walk(root, (element) => {
    if (machinery.has(element.tag) || isHidden(element) || isAnchor(element)) element.dropped = true;
    else if (element.attribute('aria-modal') === 'true' && element.attribute('role') === 'dialog')
      element.dropped = true;
    return !element.dropped;
  });
}

/** Menus, banners, comments and the like, by role, class and id. */
export function dropUnlikely(root: ElementNode): void {
  const most = root.prose * 0.5;
  walk(root, (element) => {
    const { tag } = element;
    if (element.prose > most) return;
    if (roles.has(element.attribute('role'))) element.dropped = true;
    else if (tag !== 'a' && tag !== 'body') {
      const cues = cuesOf(element);
      if (cues.unlikely && !cues.maybe && !isInside(element, textual) && !isHeading(element)) element.dropped = true;
    }
    element.unlikely = element.dropped;
    return !element.dropped;
  });
}

/** The author's line (of less than 100 characters): taken out of the text, as it is a fact about the page. */
export function takeByline(root: ElementNode): string {
  let found = '';
  walk(root, (element) => {
    if (found !== '') return false;
    const isAuthor =
      element.attribute('rel') === 'author' ||
      /\bauthor\b/.test(element.attribute('itemprop')) ||
      cuesOf(element).byline;
    if (!isAuthor) return;
    if (element.textLength === 0 || element.textLength >= 100) return;
    const line = lineOf(element);
    const named = nameInside(element);
    found = named || line;
    element.dropped = true;
    return false;
  });
  return found;
}

function nameInside(element: ElementNode): string {
  let name = '';
  walk(element, (inner) => {
    if (name === '' && /\bname\b/.test(inner.attribute('itemprop'))) name = lineOf(inner);
    return name === '';
  });
  return name;
}
