import type { Segment } from './segments.js';

/** A line of a column: the pieces that stand on it, left to right. */
export interface Line {
  readonly pieces: readonly Segment[];
  readonly x0: number;
  readonly x1: number;
  readonly y: number;
  readonly size: number;
}

/** Lines that are read from top to bottom before anything beside them. */
export interface Column {
  readonly x0: number;
  readonly x1: number;
  readonly lines: readonly Line[];
}

/** The size that most letters have. */
export function bodySize(segments: Iterable<Segment>): number {
  const counts = new Map<number, number>();
  for (const { size, text } of segments) {
    const key = Math.round(size * 2) / 2;
    counts.set(key, (counts.get(key) ?? 0) + text.length);
  }
  let best = 10;
  let most = 0;
  for (const [size, count] of counts) {
    if (count > most) {
      most = count;
      best = size;
    }
  }
  return best;
}

/**
 * White strips that part a page into columns: places that hardly any line of running text crosses, with a good part of the
 * text on either side, in lines as wide as columns are.
 */
function gutters(segments: readonly Segment[], body: number): number[] {
  const text = segments.filter((item) => item.size > 0.75 * body && item.size < 1.3 * body && item.text.length > 3);
  if (text.length < 8) return [];
  const left = Math.min(...text.map((item) => item.x0));
  const right = Math.max(...text.map((item) => item.x1));
  const width = right - left;
  if (width < 20 * body) return [];
  // How much text stands over each point of the width, in letters: a heading across the page weighs little.
  const cover = new Float64Array(Math.ceil(width) + 2);
  let total = 0;
  for (const {
    x0,
    x1,
    text: { length },
  } of text) {
    total += length;
    for (let x = Math.max(0, Math.floor(x0 - left)); x < Math.min(cover.length, Math.ceil(x1 - left)); x++) {
      cover[x]! += length;
    }
  }
  const found: number[] = [];
  const limit = 0.1 * total;
  for (let x = 1; x < cover.length; ) {
    if (cover[x]! > limit) {
      x++;
      continue;
    }
    let end = x;
    while (end < cover.length && cover[end]! <= limit) end++;
    const middle = left + (x + end) / 2;
    if (end - x >= 0.6 * body && x > 0.12 * width && end < 0.88 * width && isGutter(text, middle, left, right)) {
      found.push(middle);
    }
    x = end;
  }
  return found;
}

/** True where both sides hold lines of running text, most of them as wide as their side: tables have such strips too. */
function isGutter(text: readonly Segment[], at: number, left: number, right: number): boolean {
  const sides = [text.filter((item) => item.x1 <= at + 2), text.filter((item) => item.x0 >= at - 2)];
  const letters = (items: readonly Segment[]) => items.reduce((sum, item) => sum + item.text.length, 0);
  const total = letters(text);
  return sides.every((side, i) => {
    if (letters(side) < 0.12 * total || side.length < 4) return false;
    const edge = i === 0 ? Math.min(at - left, right - left) : right - at;
    const wide = side.filter((item) => item.x1 - item.x0 > 0.45 * Math.min(edge, 0.5 * (right - left)));
    return letters(wide) > 0.5 * letters(side);
  });
}

/** Pieces of one column as lines: what stands on the same baseline is one. */
function linesOf(segments: readonly Segment[]): Line[] {
  const sorted = [...segments].sort((a, b) => a.y - b.y || a.x0 - b.x0);
  const rows: Segment[][] = [];
  for (const segment of sorted) {
    const row = rows.at(-1);
    const last = row?.[0];
    const apart = last ? Math.abs(segment.y - last.y) : 0;
    if (row && last && apart < 0.4 * Math.min(last.size, segment.size)) row.push(segment);
    else rows.push([segment]);
  }
  return rows.map((row) => {
    const pieces = row.sort((a, b) => a.x0 - b.x0);
    const main = pieces.reduce((best, piece) => (piece.text.length > best.text.length ? piece : best));
    return {
      pieces,
      x0: pieces[0]!.x0,
      x1: Math.max(...pieces.map((piece) => piece.x1)),
      y: main.y,
      size: main.size,
    };
  });
}

/**
 * True where a page has columns at a gutter although a wide table or figure crosses it: five lines or more end at it and five begin
 * at it, each most of its column wide.
 */
function respects(segments: readonly Segment[], at: number, body: number): boolean {
  const text = segments.filter((item) => item.size > 0.75 * body && item.size < 1.3 * body);
  if (text.length < 10) return false;
  const left = Math.min(...text.map((item) => item.x0));
  const right = Math.max(...text.map((item) => item.x1));
  if (at - left < 8 * body || right - at < 8 * body) return false;
  const ends = text.filter(({ x0, x1 }) => x1 <= at + 2 && x1 > at - 2.5 * body && x1 - x0 > 0.6 * (at - left));
  const begins = text.filter(({ x0, x1 }) => x0 >= at - 2 && x0 < at + 2.5 * body && x1 - x0 > 0.6 * (right - at));
  return ends.length >= 5 && begins.length >= 5;
}

/** Middles of the white between pieces that stand on one line: where most of them lie may be a gutter. */
function likelyGutter(segments: readonly Segment[], body: number): number | undefined {
  const votes = new Map<number, number>();
  const sorted = [...segments].sort((a, b) => a.y - b.y || a.x0 - b.x0);
  for (let i = 1; i < sorted.length; i++) {
    const [a, b] = [sorted[i - 1]!, sorted[i]!];
    if (Math.abs(a.y - b.y) > 0.4 * body || b.x0 - a.x1 < 0.6 * body || b.x0 - a.x1 > 4 * body) continue;
    const key = Math.round((a.x1 + b.x0) / 2 / body);
    votes.set(key, (votes.get(key) ?? 0) + 1);
  }
  let best: number | undefined;
  for (const [key, count] of votes) if (count >= 5 && count > (best === undefined ? 0 : votes.get(best)!)) best = key;
  return best === undefined ? undefined : best * body;
}

/** Gutters of every page: its own, else one of its neighbours' that its lines keep to. */
export function guttersOf(pages: ReadonlyArray<readonly Segment[]>, body: number): number[][] {
  const own = pages.map((segments) => gutters(segments, body));
  const known = new Map<string, { cuts: number[]; pages: number }>();
  for (const cuts of own) {
    if (cuts.length === 0) continue;
    const key = cuts.map((cut) => Math.round(cut / 8)).join();
    const entry = known.get(key) ?? { cuts, pages: 0 };
    entry.pages++;
    known.set(key, entry);
  }
  const candidates = [...known.values()].sort((a, b) => b.pages - a.pages).map((entry) => entry.cuts);
  return own.map((cuts, i) => {
    if (cuts.length > 0) return cuts;
    const segments = pages[i]!;
    const likely = likelyGutter(segments, body);
    const tried = likely === undefined ? candidates : [...candidates, [likely]];
    return tried.find((some) => some.every((cut) => respects(segments, cut, body))) ?? [];
  });
}

/**
 * Columns of a page in reading order. What crosses a gutter (titles, wide figures and tables) parts the page into bands;
 * in each band the columns follow from left to right, each from top to bottom.
 */
export function columnsOf(segments: readonly Segment[], body: number, cuts: readonly number[]): Column[] {
  if (segments.length === 0) return [];
  const edges = [Number.NEGATIVE_INFINITY, ...cuts, Number.POSITIVE_INFINITY];
  const spans = (item: Segment) => cuts.some((cut) => item.x0 < cut - 0.3 * body && item.x1 > cut + 0.3 * body);
  const across = segments.filter(spans).sort((a, b) => a.y - b.y);
  const inside = segments.filter((item) => !spans(item));
  const columns: Column[] = [];
  const add = (items: readonly Segment[]) => {
    if (items.length === 0) return;
    const lines = linesOf(items);
    columns.push({
      x0: Math.min(...lines.map((line) => line.x0)),
      x1: Math.max(...lines.map((line) => line.x1)),
      lines,
    });
  };
  const band = (from: number, to: number) => {
    for (let i = 0; i + 1 < edges.length; i++) {
      add(
        inside.filter((item) => {
          const middle = (item.x0 + item.x1) / 2;
          return item.y >= from && item.y < to && middle >= edges[i]! && middle < edges[i + 1]!;
        }),
      );
    }
  };
  let from = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < across.length; ) {
    // Lines across that follow each other closely, and what stands beside them on their lines, are one block.
    let end = i + 1;
    while (end < across.length && across[end]!.y - across[end - 1]!.y < 2.2 * across[end - 1]!.size) end++;
    const top = across[i]!.y - 0.5 * across[i]!.size;
    const bottom = across[end - 1]!.y + 0.4 * across[end - 1]!.size;
    band(from, top);
    add([...across.slice(i, end), ...inside.filter((item) => item.y >= top && item.y < bottom)]);
    from = bottom;
    i = end;
  }
  band(from, Number.POSITIVE_INFINITY);
  return columns;
}
