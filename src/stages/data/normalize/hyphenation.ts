/** A word cut at the end of a line: letters, a hyphen, a line break, small letters. Soft hyphens say by themselves that the word goes on. */
const cut = /([\p{L}\p{M}]{1,60})([-\u2010\u00ad])[ \t]{0,20}\r?\n[ \t]{0,80}([\p{Ll}\p{M}][\p{L}\p{M}]{0,60})/gu;
const words = /[\p{L}\p{M}]+(?:[-\u2010][\p{L}\p{M}]+)*/gu;

/** Words that a document or a list attests, in lower case. */
export type Attested = (word: string) => boolean;

function wordsOf(text: string): Set<string> {
  // A text holds a word where it stands uncut: what is cut is no witness for itself.
  const whole = text.replace(cut, '\n');
  return new Set(Array.from(whole.matchAll(words), ([word]) => word.toLowerCase().replaceAll('\u2010', '-')));
}

/**
 * Joins words that were cut at the end of a line, where the joined word stands elsewhere in the text or in a list: `exam-⏎ple` becomes `example`
 * if `example` is known, `well-⏎known` becomes `well-known` if that is; what is not known stays as it is. The line break moves behind the word.
 */
export function joinHyphens(text: string, listed: Attested = () => false): string {
  if (!/[-\u2010\u00ad][ \t]{0,20}\r?\n/.test(text)) return text;
  let own: Set<string> | undefined;
  const isKnown = (word: string): boolean => (own ??= wordsOf(text)).has(word) || listed(word);
  return text.replace(cut, (whole, head: string, hyphen: string, tail: string) => {
    const joined = (head + tail).toLowerCase();
    if (hyphen === '\u00ad' || isKnown(joined)) return `${head}${tail}`;
    return isKnown(`${head}-${tail}`.toLowerCase()) ? `${head}-${tail}` : whole;
  });
}
