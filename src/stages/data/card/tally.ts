import { Random } from '../../../base/core/index.js';

/** A count with all its digits, for tables. */
export const exactCount = (value: number): string => value.toLocaleString('en-US');

/** Names that are counted one by one; what comes later is counted together. */
const mostNames = 20_000;

/** Documents and bytes by name. */
export class Tally {
  readonly #counts = new Map<string, { documents: number; bytes: number }>();
  /** Documents whose name came after the table was full. */
  readonly rest = { documents: 0, bytes: 0 };

  add(name: string, bytes: number): void {
    let count = this.#counts.get(name);
    if (!count) {
      count = this.#counts.size < mostNames ? { documents: 0, bytes: 0 } : this.rest;
      if (count !== this.rest) this.#counts.set(name, count);
    }
    count.documents++;
    count.bytes += bytes;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Most documents first. */
  entries(): NamedCount[] {
    return [...this.#counts]
      .map(([name, count]) => ({ name, ...count }))
      .sort((a, b) => b.documents - a.documents || (a.name < b.name ? -1 : 1));
  }
}

export interface NamedCount {
  readonly name: string;
  readonly documents: number;
  readonly bytes: number;
}

/** Numbers in classes of powers of two: 0, 1, 2–3, 4–7 … */
export class PowerHistogram {
  readonly #counts: number[] = [];
  #count = 0;
  #sum = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = 0;

  add(value: number): void {
    const place = value < 1 ? 0 : Math.floor(Math.log2(value)) + 1;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#count++;
    this.#sum += value;
    this.#least = Math.min(this.#least, value);
    this.#most = Math.max(this.#most, value);
  }

  result(): Distribution {
    const first = this.#counts.findIndex((count) => count > 0);
    const bins = Array.from(this.#counts, (count = 0, place) => {
      const from = place === 0 ? 0 : 2 ** (place - 1);
      return { from, to: place === 0 ? 1 : from * 2, count };
    }).slice(Math.max(0, first));
    return {
      count: this.#count,
      mean: this.#count > 0 ? this.#sum / this.#count : 0,
      least: this.#count > 0 ? this.#least : 0,
      most: this.#most,
      bins,
    };
  }
}

export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly least: number;
  readonly most: number;
  /** [from, to) and how many. */
  readonly bins: ReadonlyArray<{ readonly from: number; readonly to: number; readonly count: number }>;
}

/** A sample without replacement of a stream of unknown length (Vitter 1985, algorithm R), the same for the same stream and seed. */
export class Reservoir<T> {
  readonly #size: number;
  readonly #random: Random;
  readonly #kept: { readonly at: number; readonly item: T }[] = [];
  #seen = 0;

  constructor(size: number, seed: number | string) {
    this.#size = size;
    this.#random = new Random(seed);
  }

  add(item: T): void {
    const at = this.#seen++;
    if (this.#kept.length < this.#size) this.#kept.push({ at, item });
    else {
      const place = this.#random.int(this.#seen);
      if (place < this.#size) this.#kept[place] = { at, item };
    }
  }

  /** In the order of the stream. */
  items(): T[] {
    return this.#kept.toSorted((a, b) => a.at - b.at).map(({ item }) => item);
  }
}

/** Equal classes between the least and the greatest of the numbers. */
export function evenHistogram(values: readonly number[], classes = 12): Distribution {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
  }
  if (values.length === 0) return { count: 0, mean: 0, least: 0, most: 0, bins: [] };
  const width = (most - least) / classes || 1;
  const counts = Array.from({ length: most === least ? 1 : classes }, () => 0);
  for (const value of values) {
    const place = Math.min(counts.length - 1, Math.floor((value - least) / width));
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const bins = counts.map((count, i) => ({ from: least + i * width, to: least + (i + 1) * width, count }));
  return { count: values.length, mean: sum / values.length, least, most, bins };
}
