/** A piece of text on a page: coordinates in points from the page's upper left corner, as the page is looked at. */
export interface TextItem {
  readonly text: string;
  readonly x: number;
  /** Baseline. */
  readonly y: number;
  readonly width: number;
  /** Size of its font. */
  readonly size: number;
}

/** A run of text on one line, without a gap that could be a gutter. */
export interface Segment {
  text: string;
  x0: number;
  x1: number;
  /** Baseline of its largest letters. */
  y: number;
  size: number;
}

// Narrower gaps are spacing of letters, wider ones stand between words. Measured on TeX's and Word's output: spaces are
// 0.22 to 0.35 of the font's size, kerning stays below 0.1.
const spaceGap = 0.15;
/** Widest gap inside a line, in sizes of its font, where the file itself draws the two pieces one after the other. */
const drawnGap = 1.2;
/** Widest gap where it does not: columns may stand as close as one size. */
const strayGap = 0.7;

const ligatures: Record<string, string> = {
  '\ufb00': 'ff',
  '\ufb01': 'fi',
  '\ufb02': 'fl',
  '\ufb03': 'ffi',
  '\ufb04': 'ffl',
  '\ufb05': 'st',
  '\ufb06': 'st',
};

/** Ligatures taken apart, control characters and marks of private fonts out. */
export function cleanText(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\ufb00-\ufb06]/g, (char) => ligatures[char]!).replace(/[\0-\x08\x0b-\x1f\x7f\ufeff]/g, '');
}

function append(segment: Segment, item: TextItem, spaced: boolean): void {
  const gap = item.x - segment.x1;
  const em = Math.max(segment.size, item.size);
  const space = spaced || gap > spaceGap * em;
  const joint = space && !segment.text.endsWith(' ') && !item.text.startsWith(' ') ? ' ' : '';
  segment.text += joint + item.text;
  segment.x0 = Math.min(segment.x0, item.x);
  segment.x1 = Math.max(segment.x1, item.x + item.width);
  if (item.size > segment.size * 1.05) {
    segment.size = item.size;
    segment.y = item.y;
  }
}

/** Raised and lowered marks belong to the line that they overlap by half their height. */
function onLine(segment: Segment, item: TextItem): boolean {
  const small = Math.min(segment.size, item.size);
  const overlap =
    Math.min(segment.y + 0.2 * segment.size, item.y + 0.2 * item.size) -
    Math.max(segment.y - 0.75 * segment.size, item.y - 0.75 * item.size);
  return overlap > 0.45 * small;
}

/** Lines of a page in pieces: first as the file draws them, then what lies side by side without being drawn so. */
export function segmentsOf(items: readonly TextItem[]): Segment[] {
  const segments: Segment[] = [];
  let current: Segment | undefined;
  let spaced = false;
  for (const item of items) {
    if (item.text.trim() === '') {
      spaced = true;
      continue;
    }
    const em = current ? Math.max(current.size, item.size) : 0;
    const gap = current ? item.x - current.x1 : 0;
    if (current && onLine(current, item) && gap > -0.6 * em && gap < drawnGap * em) append(current, item, spaced);
    else {
      current = { text: item.text, x0: item.x, x1: item.x + item.width, y: item.y, size: item.size };
      segments.push(current);
    }
    spaced = false;
  }
  return mergeStrays(segments);
}

function mergeStrays(segments: Segment[]): Segment[] {
  const sorted = [...segments].sort((a, b) => a.y - b.y || a.x0 - b.x0);
  const merged: Segment[] = [];
  for (const segment of sorted) {
    let host: Segment | undefined;
    for (let i = merged.length - 1; i >= 0 && i > merged.length - 40; i--) {
      const other = merged[i]!;
      if (other.y < segment.y - Math.max(other.size, segment.size)) break;
      const em = Math.max(other.size, segment.size);
      const gap = Math.max(segment.x0 - other.x1, other.x0 - segment.x1);
      const item = { ...segment, x: segment.x0, width: segment.x1 - segment.x0 };
      if (onLine(other, item) && gap < strayGap * em && gap > -0.3 * em) {
        host = other;
        break;
      }
    }
    if (!host) {
      merged.push(segment);
      continue;
    }
    const [left, right] = host.x0 <= segment.x0 ? [{ ...host }, segment] : [segment, { ...host }];
    const size = Math.max(left.size, right.size);
    const space = right.x0 - left.x1 > spaceGap * size && !left.text.endsWith(' ') && !right.text.startsWith(' ');
    host.text = `${left.text}${space ? ' ' : ''}${right.text}`;
    host.x0 = Math.min(left.x0, right.x0);
    host.x1 = Math.max(left.x1, right.x1);
    host.y = left.size >= right.size ? left.y : right.y;
    host.size = size;
  }
  return merged;
}
