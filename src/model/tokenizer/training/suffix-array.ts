/** Suffixes of a text of symbols in their order, and how much neighbours share. */
export interface SuffixArray {
  /** Where each suffix begins. */
  readonly order: Int32Array;
  /** Symbols that a suffix shares with the one before it; 0 for the first. */
  readonly shared: Uint8Array;
}

/**
 * Sorts the suffixes of a text by their first `depth` symbols (at most 255) with multikey quicksort (Bentley and Sedgewick 1997).
 * Symbol 0 ends every suffix and begins none, so that nothing is shared over it.
 */
export function suffixArray(symbols: Int32Array, alphabet: number, depth: number): SuffixArray {
  const starts = new Int32Array(alphabet + 2);
  for (const symbol of symbols) if (symbol > 0) starts[symbol + 1]++;
  for (let symbol = 1; symbol < starts.length; symbol++) starts[symbol] += starts[symbol - 1];
  const order = new Int32Array(starts[alphabet + 1]);
  const free = starts.slice();
  for (let at = 0; at < symbols.length; at++) if (symbols[at] > 0) order[free[symbols[at]]++] = at;
  for (let symbol = 1; symbol <= alphabet; symbol++) sort(symbols, order, starts[symbol], starts[symbol + 1], depth);
  const shared = new Uint8Array(order.length);
  for (let i = 1; i < order.length; i++) {
    const a = order[i - 1];
    const b = order[i];
    let length = 0;
    while (length < depth && symbols[a + length] > 0 && symbols[a + length] === symbols[b + length]) length++;
    shared[i] = length;
  }
  return { order, shared };
}

/** Sorts order[first, end), whose suffixes share their first symbol. */
function sort(symbols: Int32Array, order: Int32Array, first: number, end: number, most: number): void {
  // An explicit stack: a text may make it deep.
  const stack = [first, end, 1];
  while (stack.length > 0) {
    const depth = stack.pop() as number;
    const hi = stack.pop() as number;
    const lo = stack.pop() as number;
    if (hi - lo < 2 || depth >= most) continue;
    if (hi - lo < 12) {
      insertion(symbols, order, lo, hi, depth, most);
      continue;
    }
    const pivot = median(
      symbols[order[lo] + depth],
      symbols[order[(lo + hi) >> 1] + depth],
      symbols[order[hi - 1] + depth],
    );
    let less = lo;
    let more = hi;
    for (let at = lo; at < more; ) {
      const position = order[at];
      const symbol = symbols[position + depth];
      if (symbol < pivot) {
        order[at++] = order[less];
        order[less++] = position;
      } else if (symbol > pivot) {
        order[at] = order[--more];
        order[more] = position;
      } else at++;
    }
    stack.push(lo, less, depth, more, hi, depth);
    if (pivot > 0) stack.push(less, more, depth + 1);
  }
}

function insertion(symbols: Int32Array, order: Int32Array, lo: number, hi: number, depth: number, most: number): void {
  for (let i = lo + 1; i < hi; i++) {
    const position = order[i];
    let at = i;
    for (; at > lo; at--) {
      const before = order[at - 1];
      let d = depth;
      while (d < most && symbols[before + d] > 0 && symbols[before + d] === symbols[position + d]) d++;
      if (d >= most || symbols[before + d] <= symbols[position + d]) break;
      order[at] = before;
    }
    order[at] = position;
  }
}

const median = (a: number, b: number, c: number): number =>
  a < b ? (b < c ? b : a < c ? c : a) : a < c ? a : b < c ? c : b;
