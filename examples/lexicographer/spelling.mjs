// The nearest word by spelling: what a reader without a dictionary might guess from.

/**
 * Levenshtein distance, or `limit` + 1 as soon as it is known to be greater.
 * @param {string} a
 * @param {string} b
 * @param {number} limit
 */
export function editDistance(a, b, limit = Number.POSITIVE_INFINITY) {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  const row = new Uint16Array(b.length + 1);
  for (let j = 0; j <= b.length; j++) row[j] = j;
  for (let i = 1; i <= a.length; i++) {
    let diagonal = i - 1;
    let least = i;
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const above = /** @type {number} */ (row[j]);
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1;
      const value = Math.min(above + 1, /** @type {number} */ (row[j - 1]) + 1, diagonal + same);
      diagonal = above;
      row[j] = value;
      if (value < least) least = value;
    }
    if (least > limit) return limit + 1;
  }
  return /** @type {number} */ (row[b.length]);
}

/**
 * The nearest of `words` (in lower case) by edit distance; the first one where several are equally near.
 * @param {string} word
 * @param {ReadonlyMap<number, readonly string[]>} byLength words by their length
 */
export function nearestWord(word, byLength) {
  const wanted = word.toLowerCase();
  let best = '';
  let distance = Number.POSITIVE_INFINITY;
  const lengths = [...byLength.keys()].sort(
    (a, b) => Math.abs(a - wanted.length) - Math.abs(b - wanted.length) || a - b,
  );
  for (const length of lengths) {
    if (Math.abs(length - wanted.length) >= distance) break;
    for (const candidate of byLength.get(length) ?? []) {
      const found = editDistance(wanted, candidate, distance - 1);
      if (found < distance) {
        distance = found;
        best = candidate;
      }
    }
  }
  return best;
}
