import type { Segment } from './segments.js';

export interface PageText {
  readonly width: number;
  readonly height: number;
  segments: Segment[];
}

const marginShare = 0.1;
const roman = /^[ivxlcdm]{1,7}$/i;

/** A header as it repeats: numbers stand for each other, so that page numbers and dates do not tell pages apart. */
const pattern = (text: string): string => text.toLowerCase().replace(/\d+/g, '#').replace(/\s+/g, ' ').trim();

const isPageNumber = (text: string): boolean => {
  const bare = text.replace(/^[\s\-–—|[(]+|[\s\-–—|\])]+$/g, '');
  return /^(?:page\s+)?\d{1,5}(?:\s*(?:\/|of)\s*\d{1,5})?$/i.test(bare) || roman.test(bare);
};

/**
 * Takes headers, footers and page numbers out of pages: texts in the upper and lower margin that come again at the same height
 * on a third of the pages (left and right pages differ), and numbers that stand alone there on half of them.
 */
export function dropFurniture(pages: readonly PageText[]): number {
  if (pages.length < 2) return 0;
  const inMargin = (page: PageText, item: Segment) =>
    item.y < marginShare * page.height || item.y > (1 - marginShare) * page.height;
  const seen = new Map<string, Set<number>>();
  const keysOf = (page: PageText, item: Segment): string[] => {
    const height = Math.round(item.y / 4);
    const name = isPageNumber(item.text) ? 'page number' : pattern(item.text);
    // A place between two steps of the grid belongs to both.
    return [`${height} ${name}`, `${Math.round(item.y / 4 + 0.5) - 0.5} ${name}`];
  };
  for (const [number, page] of pages.entries()) {
    for (const item of page.segments) {
      if (!inMargin(page, item) || item.text.length > 200) continue;
      for (const key of keysOf(page, item)) {
        const on = seen.get(key) ?? new Set();
        on.add(number);
        seen.set(key, on);
      }
    }
  }
  const often = Math.max(2, Math.ceil(pages.length / 3));
  let dropped = 0;
  for (const page of pages) {
    const kept = page.segments.filter(
      (item) =>
        !inMargin(page, item) ||
        item.text.length > 200 ||
        !keysOf(page, item).some((key) => (seen.get(key)?.size ?? 0) >= often),
    );
    dropped += page.segments.length - kept.length;
    page.segments = kept;
  }
  return dropped;
}
