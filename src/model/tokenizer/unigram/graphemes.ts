/*
 * Ends of extended grapheme clusters (Unicode Standard Annex 29), from the properties that JavaScript's patterns know. Left out is rule
 * GB9c (Indic conjuncts) and the pairing of regional indicators: the only reader, the Precompiled normalizer, looks at clusters
 * of less than six bytes, and those are longer.
 */
const CONTROL = 1;
const CR = 2;
const LF = 3;
/** Extending and spacing marks: they join what stands before them. */
const MARK = 4;
const ZWJ = 5;
const PREPEND = 6;
const L = 7;
const V = 8;
const T = 9;
const LV = 10;
const LVT = 11;
const PICTURE = 12;

const spacingExceptions =
  /[\u102b\u102c\u1038\u1062-\u1064\u1067-\u106d\u1083\u1087-\u108c\u108f\u109a-\u109c\u1a61\u1a63\u1a64\uaa7b\uaa7d\u{11720}\u{11721}]/u;
const prepended =
  /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\u{110bd}\u{110cd}\u{111c2}\u{111c3}\u{1193f}\u{11941}\u{11a3a}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]/u;

function classify(point: number): number {
  if (point === 13) return CR;
  if (point === 10) return LF;
  if (point < 0x300)
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point === 0xad ? CONTROL : pictures(point);
  if (point === 0x200d) return ZWJ;
  if (point >= 0xac00 && point <= 0xd7a3) return (point - 0xac00) % 28 === 0 ? LV : LVT;
  if (between(point, 0x1100, 0x115f) || between(point, 0xa960, 0xa97c)) return L;
  if (between(point, 0x1160, 0x11a7) || between(point, 0xd7b0, 0xd7c6)) return V;
  if (between(point, 0x11a8, 0x11ff) || between(point, 0xd7cb, 0xd7fb)) return T;
  if (point >= 0xd800 && point <= 0xdfff) return 0;
  const char = String.fromCodePoint(point);
  if (/[\p{Grapheme_Extend}\p{Emoji_Modifier}\u0e33\u0eb3]/u.test(char)) return MARK;
  if (/\p{Mc}/u.test(char) && !spacingExceptions.test(char)) return MARK;
  if (prepended.test(char)) return PREPEND;
  if (/[\p{Cf}\p{Zl}\p{Zp}]/u.test(char)) return CONTROL;
  if (/\p{Cn}/u.test(char) && /\p{Default_Ignorable_Code_Point}/u.test(char)) return CONTROL;
  return pictures(point);
}

const pictures = (point: number) => (/\p{Extended_Pictographic}/u.test(String.fromCodePoint(point)) ? PICTURE : 0);
const between = (point: number, first: number, last: number) => point >= first && point <= last;

/** Classes of the basic plane plus one, found when first asked for; 0 is not yet known. */
const known = new Uint8Array(65536);

function classOf(point: number): number {
  if (point > 0xffff) return classify(point);
  if (known[point] === 0) known[point] = classify(point) + 1;
  return known[point] - 1;
}

/** Whether a code unit never stands in one cluster with a neighbour, unless that neighbour asks for it. */
export function standsAlone(unit: number): boolean {
  const kind = classOf(unit);
  return (
    (unit < 0xd800 || unit > 0xdfff) &&
    (kind === 0 || kind === CONTROL || kind === PICTURE || kind === LVT || kind === LV)
  );
}

/** Where the cluster that begins at `at` ends. */
export function clusterEnd(text: string, at: number): number {
  let point = text.codePointAt(at) as number;
  let kind = classOf(point);
  let end = at + (point > 0xffff ? 2 : 1);
  let picture = kind === PICTURE;
  while (end < text.length) {
    point = text.codePointAt(end) as number;
    const next = classOf(point);
    if (!joins(kind, next, picture)) break;
    picture = next === PICTURE || (picture && (next === MARK || next === ZWJ));
    kind = next;
    end += point > 0xffff ? 2 : 1;
  }
  return end;
}

function joins(kind: number, next: number, picture: boolean): boolean {
  if (kind === CR) return next === LF;
  if (kind === CONTROL || kind === LF || next === CONTROL || next === CR || next === LF) return false;
  if (next === MARK || next === ZWJ || kind === PREPEND) return true;
  if (kind === L) return next === L || next === V || next === LV || next === LVT;
  if (kind === LV || kind === V) return next === V || next === T;
  if (kind === LVT || kind === T) return next === T;
  return kind === ZWJ && picture && next === PICTURE;
}
