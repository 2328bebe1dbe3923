import { blockTags, ElementNode, lineOf } from './tree.js';

const letters = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
/** Shortest description that can be looked for. */
const leastDescription = 40;

/**
 * The paragraph above the container that the page's own description quotes: many sites set the opening of an article in its
 * header, away from the rest. Undefined where there is none or the container holds it.
 */
export function findLead(
  root: ElementNode,
  parts: readonly ElementNode[],
  descriptions: readonly string[],
): ElementNode | undefined {
  const wanted = descriptions
    .map((text) => letters(text.replace(/(?:\.\.\.|…|\[…\]).{0,3}$/, '')))
    .filter((text) => text.length >= leastDescription);
  if (wanted.length === 0) return undefined;
  let lead: ElementNode | undefined;
  let done = false;
  const inside = new Set(parts);
  // Headers are looked through too, although they are not part of the text.
  const look = (element: ElementNode): boolean | void => {
    if (done) return false;
    if (inside.has(element)) {
      done = true;
      return false;
    }
    if (
      element.hasBlocks ||
      !blockTags.has(element.tag) ||
      element.textLength < leastDescription ||
      element.textLength > 2000
    )
      return;
    const text = letters(lineOf(element));
    if (
      wanted.some(
        (description) =>
          text.slice(0, 160).includes(description.slice(0, 60)) ||
          (text.length >= leastDescription && description.startsWith(text)),
      )
    )
      lead = element;
    return false;
  };
  const walkThrough = (element: ElementNode): void => {
    for (const child of element.children) {
      if (child instanceof ElementNode && (!child.dropped || child.unlikely) && look(child) !== false)
        walkThrough(child);
    }
  };
  walkThrough(root);
  if (!lead) return undefined;
  lead.dropped = false;
  const text = letters(lineOf(lead)).slice(0, 160);
  return parts.some((part) => letters(lineOf(part)).includes(text)) ? undefined : lead;
}
