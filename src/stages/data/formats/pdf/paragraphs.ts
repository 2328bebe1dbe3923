import type { Column, Line } from './columns.js';

/** Text that belongs together. */
export interface Paragraph {
  text: string;
  readonly size: number;
  /** `note`: at the foot of a column; `aside`: captions and tables. Running text may go on behind both. */
  readonly kind: 'text' | 'note' | 'aside';
  /** Its last line was full: it may go on elsewhere. */
  open: boolean;
}

const caption = /^(?:fig(?:ure|\.)?|table|tab\.|listing|algorithm|scheme|chart)\s*[A-Z]?\d/i;
const noteMark = /^(?:[*†‡§¶∗]|\d{1,3}(?=[\s\p{L}(“"])|\[\d{1,3}\])/u;
const bullet = /^(?:[•◦▪‣∙●○■–—*-]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s+\S/;
const sentenceEnd = /[.!?:;][)"”’\]]*$/;

/** Lines of a table: three or more in a row with pieces set apart. */
function tableLines(lines: readonly Line[]): boolean[] {
  const several = lines.map((line) => line.pieces.length > 1);
  return several.map((is, i) => {
    if (!is) return false;
    let from = i;
    while (from > 0 && several[from - 1]) from--;
    let to = i;
    while (to + 1 < several.length && several[to + 1]) to++;
    return to - from >= 2;
  });
}

const lineText = (line: Line, table: boolean): string =>
  line.pieces
    .map((piece) => piece.text.replace(/\s+/g, ' ').trim())
    .filter(Boolean)
    .join(table ? ' | ' : ' ');

/** Where the notes at the foot of a column begin: small lines after larger ones, the first with a mark. */
function notesFrom(lines: readonly Line[], body: number): number {
  let from = lines.length;
  while (from > 0 && lines[from - 1]!.size < 0.93 * body) from--;
  if (from === 0) return lines.length;
  while (from < lines.length && !noteMark.test(lineText(lines[from]!, false))) from++;
  return from;
}

/** Middle of the distances between lines that follow each other. */
function leadingOf(lines: readonly Line[]): number {
  const gaps = lines.slice(1).map((line, i) => line.y - lines[i]!.y);
  const close = gaps.filter((gap, i) => gap > 0 && gap < 2.5 * lines[i + 1]!.size).sort((a, b) => a - b);
  return close[Math.floor(close.length / 2)] ?? 1.2 * (lines[0]?.size ?? 10);
}

/** Paragraphs of a column. `join` puts two lines together (hyphens). */
export function paragraphsOf(column: Column, body: number, join: (left: string, right: string) => string): Paragraph[] {
  const { lines } = column;
  const tables = tableLines(lines);
  const notes = notesFrom(lines, body);
  const leading = leadingOf(lines);
  const left = leftEdge(lines);
  const right = Math.max(...lines.map((line) => line.x1));
  const indented = (i: number) => lines[i] !== undefined && lines[i]!.x0 > left + 0.7 * lines[i]!.size;
  const paragraphs: Paragraph[] = [];
  let hanging = false;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const text = lineText(line, tables[i]!);
    if (text === '') continue;
    const before = lines[i - 1];
    const current = paragraphs.at(-1);
    const last = before && lineText(before, false);
    const gap = before ? line.y - before.y : 0;
    const startsNote = i >= notes && noteMark.test(text);
    const first =
      !before ||
      !current ||
      i === notes ||
      startsNote ||
      tables[i] !== tables[i - 1] ||
      gap > 1.4 * leading ||
      gap < 0 ||
      Math.abs(line.size - before.size) > 0.12 * Math.max(line.size, before.size) ||
      bullet.test(text) ||
      (caption.test(text) && (gap > 1.15 * leading || sentenceEnd.test(last!))) ||
      (hanging && !indented(i) && indented(i - 1)) ||
      (indented(i) && !indented(i - 1) && !hangs(i) && !bullet.test(last!)) ||
      (before.x1 < right - 0.2 * (right - left) && sentenceEnd.test(last!) && /^\P{Ll}/u.test(text));
    function hangs(at: number): boolean {
      // A first line's indent is one line deep; what stays in belongs to the line above that stands out.
      return indented(at + 1) && Math.abs(lines[at + 1]!.x0 - line.x0) < 2 && lines[at + 1]!.y - line.y < 1.4 * leading;
    }
    const open = line.x1 > right - 0.12 * (right - left) || /[-\u00ad]$/.test(text);
    if (!first && current) {
      if (indented(i) && before && !indented(i - 1)) hanging = true;
      current.text = tables[i] ? `${current.text}\n${text}` : join(current.text, text);
      current.open = open;
      continue;
    }
    if (!hanging || indented(i)) hanging = false;
    const kind = i >= notes ? 'note' : tables[i] || caption.test(text) ? 'aside' : 'text';
    paragraphs.push({ text, size: line.size, kind, open });
  }
  return paragraphs;
}

/** Where most lines begin. */
function leftEdge(lines: readonly Line[]): number {
  const counts = new Map<number, number>();
  for (const { x0, pieces } of lines) {
    const key = Math.round(x0 / 2);
    counts.set(key, (counts.get(key) ?? 0) + pieces.reduce((sum, piece) => sum + piece.text.length, 0));
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  // The leftmost place that a fair part begins at: with hanging indents it is not the one of most lines.
  const places = [...counts].filter(([, count]) => count > 0.12 * total).map(([key]) => key * 2);
  return places.length > 0 ? Math.min(...places) : Math.min(...lines.map((line) => line.x0));
}

/**
 * Running text goes on behind notes, captions and tables, and in the next column or page: where a full line without an end of a
 * sentence is followed by a small letter, the two are one paragraph and what lies between comes after it.
 */
export function joinAcross(paragraphs: readonly Paragraph[], join: (left: string, right: string) => string): string[] {
  const out: Paragraph[] = [];
  const taken = new Set<number>();
  for (let i = 0; i < paragraphs.length; i++) {
    if (taken.has(i)) continue;
    const paragraph = { ...paragraphs[i]! };
    let at = i;
    while (paragraph.kind === 'text' && paragraph.open && !/[.!?:]["”’)\]]*$/.test(paragraph.text)) {
      let next = at + 1;
      const between = (item: Paragraph) => item.kind !== 'text' || Math.abs(item.size - paragraph.size) >= 0.6;
      while (next < paragraphs.length && next < at + 16 && (taken.has(next) || between(paragraphs[next]!))) next++;
      const more = paragraphs[next];
      const goesOn =
        more?.kind === 'text' &&
        Math.abs(more.size - paragraph.size) < 0.6 &&
        (/^[\p{Ll}(“"]/u.test(more.text) || (/[-\u00ad,]$/.test(paragraph.text) && /^[\p{L}\d]/u.test(more.text)));
      if (!goesOn) break;
      paragraph.text = join(paragraph.text, more.text);
      paragraph.open = more.open;
      taken.add(next);
      at = next;
    }
    out.push(paragraph);
  }
  return out.map((paragraph) => paragraph.text.replace(/[ \t]+/g, ' ').trim()).filter(Boolean);
}
