const wordPattern = /[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*/gu;

/** How often words occur in a document: what a hyphen at the end of a line means is looked up there. */
export class Vocabulary {
  readonly #counts = new Map<string, number>();

  add(text: string): void {
    // The last word of a line that is cut by a hyphen is no word, nor is the first of the next one known to be.
    for (const [word] of text.replace(/\S+[-\u00ad]\s*$/, '').matchAll(wordPattern)) {
      const key = word.toLowerCase();
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
      const hyphen = key.indexOf('-');
      if (hyphen > 0) this.#counts.set(key.slice(0, hyphen + 1), (this.#counts.get(key.slice(0, hyphen + 1)) ?? 0) + 1);
    }
  }

  count(word: string): number {
    return this.#counts.get(word.toLowerCase()) ?? 0;
  }
}

/**
 * Puts two lines together. A hyphen at the end goes where the document writes the word without it elsewhere, and stays where it
 * writes it with it; unseen words keep it where both halves are words of the document themselves, the first half often stands before a hyphen, or a capital
 * or digit follows.
 */
export function joinLines(left: string, right: string, words: Vocabulary): string {
  const cut = /([\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*)([-\u00ad\u2010])$/u.exec(left.slice(-80));
  if (!cut) return /[\p{L}\d][-\u2010/]$/u.test(left) ? left + right : `${left} ${right}`;
  const head = cut[1]!;
  const tail = /^[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*/u.exec(right.slice(0, 80))?.[0];
  const bare = left.slice(0, -1);
  if (cut[2] === '\u00ad') return bare + right;
  if (tail === undefined) return left + right;
  const whole = words.count(head + tail);
  if (words.count(`${head}-${tail}`) > whole) return left + right;
  if (whole > 0) return bare + right;
  // A capital goes on a name; a word already cut by a hyphen (state-of-the-art) keeps the next one.
  if (/^\p{Lu}/u.test(tail) || head.includes('-')) return left + right;
  // non-, self-, pre-: where they stand before hyphens elsewhere, and the rest is a word.
  if (words.count(`${head}-`) > 2 && words.count(tail) > 0) return left + right;
  return words.count(head) > 1 && words.count(tail) > 1 && tail.length > 3 ? left + right : bare + right;
}
