/** Integers of a cell: base of its children, cell of its parent, value (-1: no key ends here), one to spare. */
const BASE = 0;
const CHECK = 1;
const VALUE = 2;
export const CELL = 4;

/**
 * Double-array trie (Aoe 1989) over UTF-16 code units. Units are numbered by how many keys use them, so that common ones lie
 * together; a step is one addition and two reads of one cache line. `cells` and `codes` are public because the Viterbi
 * loop walks them in place:
 * `next = cells[4 * node] + codes[unit]`, a child where `codes[unit] > 0` and `cells[4 * next + 1] === node`, its value `cells[4 * next + 2]`.
 */
export class Trie {
  /** Number of each code unit, 0 for units of no key. */
  readonly codes: Uint16Array;
  readonly cells: Int32Array;

  /** Keys with their values (0 or more); of equal keys the last counts. */
  constructor(entries: Iterable<readonly [string, number]>) {
    const values = new Map<string, number>();
    const counts = new Float64Array(65536);
    for (const [key, value] of entries) {
      if (key.length === 0) continue;
      values.set(key, value);
      for (let i = 0; i < key.length; i++) counts[key.charCodeAt(i)]++;
    }
    this.codes = new Uint16Array(65536);
    const used = Array.from(counts.keys()).filter((unit) => counts[unit] > 0);
    used.sort((a, b) => counts[b] - counts[a] || a - b).forEach((unit, i) => (this.codes[unit] = i + 1));
    const builder = new Builder(this.codes, [...values.keys()], values);
    this.cells = builder.build();
  }

  /** Value of a key, -1 where it is none. */
  get(key: string): number {
    const { cells, codes } = this;
    let node = 0;
    for (let i = 0; i < key.length; i++) {
      const code = codes[key.charCodeAt(i)];
      const next = cells[CELL * node] + code;
      if (code === 0 || cells[CELL * next + CHECK] !== node) return -1;
      node = next;
    }
    return cells[CELL * node + VALUE];
  }
}

class Builder {
  readonly #codes: Uint16Array;
  readonly #keys: string[];
  readonly #values: ReadonlyMap<string, number>;
  #cells = new Int32Array(0);
  /** Cells in use or free; `#pad` more follow, so that any code may be added to any base without leaving the array. */
  #size = 0;
  readonly #pad: number;
  /** Below this cell nearly all are taken; the search for a place begins here. */
  #from = 1;
  #end = 1;

  constructor(codes: Uint16Array, keys: string[], values: ReadonlyMap<string, number>) {
    this.#codes = codes;
    this.#values = values;
    this.#pad = codes.reduce((most, code) => Math.max(most, code), 0) + 1;
    const compare = (a: string, b: string) => {
      const length = Math.min(a.length, b.length);
      for (let i = 0; i < length; i++) {
        const difference = codes[a.charCodeAt(i)] - codes[b.charCodeAt(i)];
        if (difference !== 0) return difference;
      }
      return a.length - b.length;
    };
    this.#keys = keys.sort(compare);
  }

  build(): Int32Array {
    this.#grow(Math.max(1024, this.#keys.length * 4));
    this.#cells[CHECK] = 0;
    // Ranges of keys that share the path to a node, as a stack of (node, first key, end, depth).
    const stack = [0, 0, this.#keys.length, 0];
    const children: number[] = [];
    const bounds: number[] = [];
    while (stack.length > 0) {
      const [node, first, end, depth] = stack.splice(-4);
      children.length = 0;
      bounds.length = 0;
      for (let at = first; at < end; at++) {
        const key = this.#keys[at];
        if (key.length === depth) {
          this.#cells[CELL * node + VALUE] = this.#values.get(key) as number;
          continue;
        }
        const code = this.#codes[key.charCodeAt(depth)];
        if (code === children.at(-1)) continue;
        children.push(code);
        bounds.push(at);
      }
      if (children.length === 0) continue;
      bounds.push(end);
      const base = this.#place(children);
      this.#cells[CELL * node + BASE] = base;
      for (const code of children) this.#cells[CELL * (base + code) + CHECK] = node;
      this.#end = Math.max(this.#end, base + children[children.length - 1] + 1);
      for (let i = children.length - 1; i >= 0; i--) {
        stack.push(base + children[i], bounds[i], bounds[i + 1], depth + 1);
      }
    }
    return this.#cells.slice(0, CELL * (this.#end + this.#pad));
  }

  /** A base under which all cells of the children (in rising order) are free. */
  #place(children: readonly number[]): number {
    const first = children[0];
    const last = children[children.length - 1];
    let taken = 0;
    search: for (let at = Math.max(this.#from, first + 1); ; at++) {
      if (at - first + last >= this.#size) this.#grow(this.#size * 2);
      if (this.#cells[CELL * at + CHECK] >= 0) {
        taken++;
        continue;
      }
      for (let i = 1; i < children.length; i++) {
        if (this.#cells[CELL * (at - first + children[i]) + CHECK] >= 0) continue search;
      }
      if (taken > 0.95 * (at - this.#from + 1)) this.#from = at;
      return at - first;
    }
  }

  #grow(size: number): void {
    const cells = new Int32Array(CELL * (size + this.#pad)).fill(-1);
    // A leaf keeps base 0; the cells it then leads to belong to the root or to nobody, not to the leaf.
    for (let at = this.#cells.length / CELL; at < size + this.#pad; at++) cells[CELL * at + BASE] = 0;
    cells.set(this.#cells);
    this.#cells = cells;
    this.#size = size;
  }
}
