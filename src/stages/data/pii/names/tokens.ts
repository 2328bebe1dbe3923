/** What a token is made of. */
export const kinds = { word: 0, number: 1, sign: 2, line: 3 } as const;

/** Tokens of a text: words (letters, with an apostrophe or a point inside an abbreviation left out), digits, single signs, line breaks. */
export interface Tokens {
  readonly count: number;
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly kind: Uint8Array;
}

const letter = /[\p{L}\p{M}]/u;
const classes = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const sign = String.fromCharCode(code);
  classes[code] = /[A-Za-z]/.test(sign) ? 1 : /\d/.test(sign) ? 2 : sign === '\n' ? 4 : code <= 32 ? 0 : 3;
}
const wide = new Map<number, number>();
/** 0 space, 1 letter, 2 digit, 3 sign, 4 line break. */
function classOf(code: number): number {
  if (code < 128) return classes[code];
  let known = wide.get(code);
  if (known === undefined) {
    // Halves of pairs count as letters: names in rarer scripts stay whole.
    const sign = String.fromCharCode(code);
    known = code >= 0xd800 && code <= 0xdfff ? 3 : letter.test(sign) ? 1 : /\s/.test(sign) ? 0 : 3;
    wide.set(code, known);
  }
  return known;
}

/** Splits a text into tokens in one pass. */
export function tokenize(text: string): Tokens {
  let size = 256;
  let start = new Int32Array(size);
  let end = new Int32Array(size);
  let kind = new Uint8Array(size);
  let count = 0;
  for (let i = 0; i < text.length; ) {
    const type = classOf(text.charCodeAt(i));
    if (type === 0) {
      i++;
      continue;
    }
    const from = i++;
    if (type === 1) {
      // No word is longer than 64 letters: longer runs are cut.
      while (i < text.length && i - from < 64 && classOf(text.charCodeAt(i)) === 1) i++;
    } else if (type === 2) {
      while (i < text.length && i - from < 32 && classOf(text.charCodeAt(i)) === 2) i++;
    } else if (type === 3) {
      // Lines drawn with signs are one token: four of the same and more.
      const code = text.charCodeAt(from);
      let end = i;
      while (end < text.length && end - from < 64 && text.charCodeAt(end) === code) end++;
      if (end - from >= 4) i = end;
    } else if (type === 4) {
      while (
        i < text.length &&
        (classOf(text.charCodeAt(i)) === 4 || classOf(text.charCodeAt(i)) === 0) &&
        i - from < 64
      )
        i++;
    }
    if (count === size) {
      size *= 2;
      const wider = (old: Int32Array): Int32Array<ArrayBuffer> => {
        const grown = new Int32Array(size);
        grown.set(old);
        return grown;
      };
      start = wider(start);
      end = wider(end);
      const grown = new Uint8Array(size);
      grown.set(kind);
      kind = grown;
    }
    start[count] = from;
    end[count] = i;
    kind[count] = type === 1 ? kinds.word : type === 2 ? kinds.number : type === 4 ? kinds.line : kinds.sign;
    count++;
  }
  return { count, start, end, kind };
}
