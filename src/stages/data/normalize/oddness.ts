/** Kinds of characters whose neighbours say whether text was decoded wrongly. */
export const enum Kind {
  Space,
  Digit,
  Ascii,
  LatinLower,
  LatinUpper,
  CyrillicLower,
  CyrillicUpper,
  Greek,
  Hebrew,
  Arabic,
  OtherLetter,
  RareLetter,
  Mark,
  Opening,
  Closing,
  Trademark,
  Symbol,
  Box,
  Control,
  Unassigned,
}

const opening = /[\p{Ps}\p{Pi}¡¿‚„]/u;
const closing = /[\p{Pe}\p{Pf}\p{Po}\p{Pd}…]/u;
/** Letters that languages of Africa write, from the blocks of phonetic signs. */
const african = new Set('ƁɓƊɗƉɖƎǝƏəƐɛƑƒƔɣƖɩƘƙƆɔƝɲƱʊƲʋƳƴƷʒŊŋʔ');
const cache = new Uint8Array(0x10000).fill(255);

function classify(code: number): Kind {
  const character = String.fromCodePoint(code);
  if (code === 0x20 || code === 9 || code === 10 || code === 13 || /\p{Zs}/u.test(character)) return Kind.Space;
  if (code < 0x80)
    return /[a-z]/.test(character)
      ? Kind.LatinLower
      : /[A-Z]/.test(character)
        ? Kind.LatinUpper
        : /\d/.test(character)
          ? Kind.Digit
          : Kind.Ascii;
  if (code < 0xa0) return Kind.Control;
  if (code === 0xfffd) return Kind.Symbol;
  if (/\p{Cn}|\p{Co}|\p{Cs}/u.test(character)) return Kind.Unassigned;
  // Marks of other scripts are part of their syllables.
  if (/\p{M}/u.test(character))
    return code >= 0x300 && code <= 0x36f ? Kind.Mark : code < 0x900 ? Kind.RareLetter : Kind.OtherLetter;
  if (/[ªºµ¶§†‡•·‰‱]/.test(character)) return Kind.Symbol;
  if (/\p{L}/u.test(character)) {
    if (/\p{Script=Latin}/u.test(character)) {
      const common =
        code < 0x180 ||
        (code >= 0x218 && code <= 0x21b) ||
        (code >= 0x1e00 && code <= 0x1eff) ||
        code === 0x1a1 ||
        code === 0x1b0 ||
        code === 0x1a0 ||
        code === 0x1af ||
        (code >= 0xfb00 && code <= 0xfb06) ||
        code === 0x259;
      if (african.has(character)) return /\p{Lu}/u.test(character) ? Kind.LatinUpper : Kind.LatinLower;
      if (!common || code === 0x17f) return Kind.RareLetter;
      return /\p{Lu}/u.test(character) ? Kind.LatinUpper : Kind.LatinLower;
    }
    if (/\p{Script=Cyrillic}/u.test(character))
      return code > 0x491 && code < 0x1c80
        ? Kind.RareLetter
        : /\p{Lu}/u.test(character)
          ? Kind.CyrillicUpper
          : Kind.CyrillicLower;
    if (/\p{Script=Greek}/u.test(character)) return Kind.Greek;
    if (/\p{Script=Hebrew}/u.test(character)) return Kind.Hebrew;
    if (/\p{Script=Arabic}/u.test(character)) return Kind.Arabic;
    return code < 0x900 || /\p{Lm}/u.test(character) ? Kind.RareLetter : Kind.OtherLetter;
  }
  if (/[\u2500-\u259f]/.test(character)) return Kind.Box;
  if (character === '™' || character === '®' || character === '©' || character === '°') return Kind.Trademark;
  if (opening.test(character)) return Kind.Opening;
  if (closing.test(character)) return Kind.Closing;
  if (/\p{Nd}/u.test(character)) return Kind.Digit;
  return Kind.Symbol;
}

export function kindOf(code: number): Kind {
  if (code > 0xffff)
    return /\p{Cn}|\p{Co}/u.test(String.fromCodePoint(code))
      ? Kind.Unassigned
      : /\p{L}/u.test(String.fromCodePoint(code))
        ? Kind.OtherLetter
        : Kind.Symbol;
  let kind = cache[code]!;
  if (kind === 255) {
    kind = classify(code);
    cache[code] = kind;
  }
  return kind;
}

const scriptOf = (kind: Kind): number =>
  kind === Kind.LatinLower || kind === Kind.LatinUpper
    ? 1
    : kind === Kind.CyrillicLower || kind === Kind.CyrillicUpper
      ? 2
      : kind === Kind.Greek
        ? 3
        : kind === Kind.Hebrew
          ? 4
          : kind === Kind.Arabic
            ? 5
            : kind === Kind.OtherLetter
              ? 6
              : 0;

/** How odd two neighbours are, in points; 0 for what texts are full of. */
function pair(a: Kind, b: Kind, accented: boolean): number {
  const from = scriptOf(a);
  const to = scriptOf(b);
  if (from !== 0 && to !== 0) {
    // Greek letters stand in formulas and names of substances.
    if (from !== to) return (from === 3 && to === 1) || (from === 1 && to === 3) ? 0.5 : 2;
    // A capital with an accent inside a word is odder than the capitals of camelCase.
    if ((a === Kind.LatinLower && b === Kind.LatinUpper) || (a === Kind.CyrillicLower && b === Kind.CyrillicUpper))
      return accented ? 2 : 0.5;
    return 0;
  }
  const letters = from !== 0 || to !== 0;
  if (a === Kind.Box || b === Kind.Box) return letters ? 2 : 0;
  if (from !== 0) {
    if (b === Kind.Symbol) return 1.5;
    if (b === Kind.Trademark) return 0.5;
    if (b === Kind.Opening) return 2;
    return 0;
  }
  if (to !== 0) {
    if (a === Kind.Symbol || a === Kind.Trademark) return 1.5;
    if (a === Kind.Closing) return 0.5;
    return 0;
  }
  if (a === Kind.Symbol && (b === Kind.Symbol || b === Kind.Trademark)) return 1;
  if (a === Kind.Opening && (b === Kind.Closing || b === Kind.Symbol)) return 0.5;
  return 0;
}

/** Points of a character wherever it stands. */
function alone(kind: Kind): number {
  if (kind === Kind.Control) return 3;
  if (kind === Kind.RareLetter) return 2;
  if (kind === Kind.Mark) return 1;
  if (kind === Kind.Unassigned) return 20;
  return 0;
}

/** How odd a text is from its second character to the last but one, with the steps between all of them. */
export function oddness(text: string): number {
  let total = 0;
  let before: Kind | undefined;
  let last = 0;
  let index = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const kind = kindOf(code);
    if (before !== undefined) total += pair(before, kind, code > 0x7f || last > 0x7f);
    total += alone(kind);
    before = kind;
    last = code;
    index++;
  }
  return index === 0 ? 0 : total;
}
