import { suffixArray } from './suffix-array.js';
import type { WordCounter } from './word-counter.js';

/** Counted words as one text of symbols; symbol 0 stands after each and for characters outside the alphabet. */
export interface SymbolText {
  readonly symbols: Int32Array;
  /** Occurrences of each word, and where it begins; one more start closes the last. */
  readonly counts: Float64Array;
  readonly starts: Int32Array;
  /** Code points of the symbols 1, 2, … */
  readonly alphabet: readonly number[];
}

/** Longer stretches are cut: time and numbers stay small, and few pieces are lost. */
const longestStretch = 256;

/** Words of a counter as symbols. The alphabet is the most frequent characters that make `coverage` of the text; `excluded` ones are outside it. */
export function symbolText(counter: WordCounter, coverage: number, excluded: ReadonlySet<string>): SymbolText {
  const totals = new Map<number, number>();
  let total = 0;
  let length = 0;
  for (let word = 0; word < counter.size; word++) {
    const count = counter.count(word);
    for (const char of counter.text(word)) {
      const point = char.codePointAt(0) as number;
      length++;
      // Bytes that are not UTF-8 are no characters.
      if (char.length === 1 && (point & 0xf800) === 0xd800) continue;
      totals.set(point, (totals.get(point) ?? 0) + count);
      total += count;
    }
  }
  const alphabet: number[] = [];
  let covered = 0;
  for (const [point, count] of [...totals].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
    if (covered >= coverage * total) break;
    covered += count;
    if (!excluded.has(String.fromCodePoint(point))) alphabet.push(point);
  }
  const symbolOf = new Map(alphabet.map((point, i) => [point, i + 1]));
  // Each character may be outside, and a stretch ends after 256.
  const symbols = new Int32Array(length + Math.ceil(length / longestStretch) + counter.size);
  const starts: number[] = [];
  const counts: number[] = [];
  let end = 0;
  let open = -1;
  const close = (count: number) => {
    if (open >= 0) {
      starts.push(open);
      counts.push(count);
      symbols[end++] = 0;
    }
    open = -1;
  };
  for (let word = 0; word < counter.size; word++) {
    const count = counter.count(word);
    for (const char of counter.text(word)) {
      const symbol = symbolOf.get(char.codePointAt(0) as number);
      if (symbol === undefined) {
        close(count);
        continue;
      }
      if (open >= 0 && end - open >= longestStretch) close(count);
      if (open < 0) open = end;
      symbols[end++] = symbol;
    }
    close(count);
  }
  starts.push(end);
  return {
    symbols: symbols.slice(0, end),
    counts: Float64Array.from(counts),
    starts: Int32Array.from(starts),
    alphabet,
  };
}

/** Candidates for a vocabulary. The first ones are the single symbols 1, 2, … */
export interface SeedPieces {
  readonly size: number;
  /** Where a piece stands in the text, and its symbols. */
  readonly positions: Int32Array;
  readonly lengths: Uint8Array;
  /** Occurrences times length. */
  readonly weights: Float64Array;
  /** Suffixes order[firsts, lasts] begin with the piece; not filled for single symbols. */
  readonly order: Int32Array;
  readonly firsts: Int32Array;
  readonly lasts: Int32Array;
}

/**
 * The stretches of a text that occur more than once, each in its longest form (inner nodes of the suffix tree), and whole words: the
 * `most` of the greatest occurrences times length, and every single symbol. Pieces of `reserved` spellings are left out.
 */
export function seedPieces(text: SymbolText, most: number, longest: number, reserved: ReadonlySet<string>): SeedPieces {
  const { symbols, counts, starts, alphabet } = text;
  const { order, shared } = suffixArray(symbols, alphabet.length, longest);
  const total = order.length;
  const weightAt = new Float64Array(symbols.length);
  const left = new Uint16Array(symbols.length);
  const singles = new Float64Array(alphabet.length);
  const firstAt = new Int32Array(alphabet.length);
  for (let word = 0; word < counts.length; word++) {
    const stop = starts[word + 1] - 1;
    for (let at = starts[word]; at < stop; at++) {
      weightAt[at] = counts[word];
      left[at] = at === starts[word] ? stop - at : 0;
      singles[symbols[at] - 1] += counts[word];
      firstAt[symbols[at] - 1] = at;
    }
  }
  const before = new Float64Array(total + 1);
  for (let i = 0; i < total; i++) before[i + 1] = before[i] + weightAt[order[i]];
  const found = { lengths: [] as number[], firsts: [] as number[], lasts: [] as number[], weights: [] as number[] };
  const isReserved = spelled(text, reserved);
  const add = (length: number, first: number, last: number) => {
    const occurrences = before[last + 1] - before[first];
    if (length < 2 || occurrences < 2 || isReserved(order[first], length)) return;
    found.lengths.push(length);
    found.firsts.push(first);
    found.lasts.push(last);
    found.weights.push(occurrences * length);
  };
  const stack: number[] = [];
  for (let i = 0; i < total; i++) {
    const here = shared[i];
    let from = i - 1;
    while (stack.length > 0 && stack[stack.length - 1] > here) {
      const length = stack.pop() as number;
      from = stack.pop() as number;
      add(length, from, i - 1);
    }
    if (here > (stack.at(-1) ?? 0)) stack.push(from, here);
    // A word that begins no other suffix is a leaf of the tree, and no inner node.
    const length = left[order[i]];
    if (length <= longest && here < length && (i + 1 === total || shared[i + 1] < length)) add(length, i, i);
  }
  while (stack.length > 0) {
    const length = stack.pop() as number;
    add(length, stack.pop() as number, total - 1);
  }
  const chosen = best(found.weights, Math.max(0, most - alphabet.length));
  const size = alphabet.length + chosen.length;
  const positions = new Int32Array(size);
  const lengths = new Uint8Array(size).fill(1);
  const weights = new Float64Array(size);
  const firsts = new Int32Array(size);
  const lasts = new Int32Array(size);
  positions.set(firstAt);
  weights.set(singles);
  chosen.forEach((index, i) => {
    const piece = alphabet.length + i;
    positions[piece] = order[found.firsts[index]];
    lengths[piece] = found.lengths[index];
    weights[piece] = found.weights[index];
    firsts[piece] = found.firsts[index];
    lasts[piece] = found.lasts[index];
  });
  return { size, positions, lengths, weights, order, firsts, lasts };
}

/** Indices of the `most` greatest values, in rising order of index; of equal ones the first. */
export function best(values: readonly number[] | Float64Array, most: number): number[] {
  if (most <= 0) return [];
  const all = Array.from({ length: values.length }, (_, i) => i);
  if (values.length <= most) return all;
  const least = Float64Array.from(values).sort()[values.length - most];
  let ties = most - all.reduce((n, i) => n + (values[i] > least ? 1 : 0), 0);
  return all.filter((i) => values[i] > least || (values[i] === least && ties-- > 0));
}

/** Whether the symbols at a place spell one of the texts. */
function spelled(
  { symbols, alphabet }: SymbolText,
  texts: ReadonlySet<string>,
): (at: number, length: number) => boolean {
  const symbolOf = new Map(alphabet.map((point, i) => [point, i + 1]));
  const known = new Map<number, number[][]>();
  for (const text of texts) {
    const list = Array.from(text, (char) => symbolOf.get(char.codePointAt(0) as number) ?? -1);
    if (!list.includes(-1)) known.set(list.length, [...(known.get(list.length) ?? []), list]);
  }
  return (at, length) =>
    known.get(length)?.some((list) => list.every((symbol, i) => symbols[at + i] === symbol)) ?? false;
}
