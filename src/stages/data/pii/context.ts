const before = 60;
const after = 24;
const escape = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A function that tells how many characters lie between a match and the nearest of these words; -1 where there is none. */
export function contextIn(words: readonly string[]): (text: string, start: number, end: number) => number {
  const alternatives = [...new Set(words.map((word) => word.toLowerCase()))]
    .sort((a, b) => b.length - a.length)
    .map(escape);
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives.join('|')})(?:s|n|nummer)?(?![\\p{L}\\p{N}])`, 'gu');
  return (text, start, end) => {
    const left = text.slice(Math.max(0, start - before), start).toLowerCase();
    let nearest = -1;
    for (const match of left.matchAll(pattern)) nearest = left.length - match.index - match[0].length;
    if (nearest >= 0) return Math.max(0, nearest);
    const right = text.slice(end, end + after).toLowerCase();
    const match = right.search(pattern);
    return match < 0 ? -1 : match + before;
  };
}
