import { InvalidInput } from '../../../base/core/index.js';
import { NgramTable } from './table.js';

export interface KneserNeyOptions {
  /** Number of token ids; ids run from 0 to `vocabSize` - 1. */
  readonly vocabSize: number;
  /** Longest n-gram, 5 by default. */
  readonly order?: number;
  /** Most distinct n-grams of one order (about 30 bytes each), 50 million by default. */
  readonly maxNgrams?: number;
}

/** What is taken from n-grams seen once, twice, and three times or more, of one order. */
export type Discounts = readonly [once: number, twice: number, more: number];

/**
 * Interpolated modified Kneser-Ney language model (Chen and Goodman, "An empirical study of smoothing techniques for
 * language modeling", 1998, section 3) with closed-form discounts. Order 1 is interpolated with the uniform
 * distribution, so every token has a probability and they sum to one.
 */
export class KneserNey {
  readonly order: number;
  readonly vocabSize: number;
  /** `discounts[n - 1]` belongs to order n. */
  readonly discounts: readonly Discounts[];
  /** `tables[n]` holds the n-grams of order n from 2 up; an n-gram of order 1 is its token. */
  readonly #tables: readonly NgramTable[];
  readonly #unigrams: Float64Array;
  /** Per order above 1 and context: sum of adjusted counts, and the mass that discounting set free. */
  readonly #total: readonly Float64Array[];
  readonly #freed: readonly Float64Array[];

  private constructor(order: number, vocabSize: number, tables: NgramTable[], unigramCounts: Float64Array) {
    this.order = order;
    this.vocabSize = vocabSize;
    this.#tables = tables;
    const discounts: Discounts[] = [discountsOf(unigramCounts, vocabSize)];
    for (let n = 2; n <= order; n++) discounts.push(discountsOf(tables[n]!.count, tables[n]!.size));
    this.discounts = discounts;

    let sum = 0;
    let freed = 0;
    for (const count of unigramCounts) {
      sum += count;
      freed += discountOf(discounts[0]!, count);
    }
    this.#unigrams = Float64Array.from(unigramCounts, (count) =>
      sum === 0 ? 1 / vocabSize : (count - discountOf(discounts[0]!, count) + freed / vocabSize) / sum,
    );
    const totals: Float64Array[] = [];
    const frees: Float64Array[] = [];
    for (let n = 2; n <= order; n++) {
      const table = tables[n]!;
      const contexts = n === 2 ? vocabSize : tables[n - 1]!.size;
      const total = new Float64Array(contexts);
      const free = new Float64Array(contexts);
      for (let id = 0; id < table.size; id++) {
        const context = table.prefix[id]!;
        total[context]! += table.count[id]!;
        free[context]! += discountOf(discounts[n - 1]!, table.count[id]!);
      }
      totals[n] = total;
      frees[n] = free;
    }
    this.#total = totals;
    this.#freed = frees;
  }

  /**
   * Counts the documents' n-grams. The first token of a document (`bos`) is context only and never predicted; n-grams
   * never cross documents. Throws `InvalidInput` for an id outside the vocabulary.
   */
  static train(documents: Iterable<ArrayLike<number>>, options: KneserNeyOptions): KneserNey {
    const { vocabSize, order = 5, maxNgrams = 50_000_000 } = options;
    if (!Number.isInteger(order) || order < 1 || order > 10) {
      throw new InvalidInput('ngram.order', `Kneser-Ney: expected an order from 1 to 10, got ${order}`, { order });
    }
    if (!Number.isInteger(vocabSize) || vocabSize < 1) {
      throw new InvalidInput('ngram.vocabSize', `Kneser-Ney: expected a positive vocabulary size, got ${vocabSize}`);
    }
    const tables: NgramTable[] = [];
    for (let n = 2; n <= order; n++) tables[n] = new NgramTable(maxNgrams);
    const unigrams = new Float64Array(vocabSize);
    let before = new Int32Array(order + 1);
    let now = new Int32Array(order + 1);
    for (const document of documents) {
      before.fill(-1);
      for (let t = 0; t < document.length; t++) {
        const token = document[t]!;
        if (!(token >= 0 && token < vocabSize && Number.isInteger(token))) {
          throw new InvalidInput('ngram.token', `Kneser-Ney: expected ids below ${vocabSize}, got ${token}`, { token });
        }
        now.fill(-1);
        now[1] = token;
        // A lower order counts the distinct tokens seen before an n-gram, so it grows when a longer n-gram is new;
        // at the start of a document nothing can stand before, and the n-gram itself is counted.
        if (t > 0 && order === 1) unigrams[token]!++;
        for (let n = 2; n <= Math.min(order, t + 1); n++) {
          const table = tables[n]!;
          const size = table.size;
          const id = table.add(before[n - 1]!, token);
          now[n] = id;
          if (id === size) {
            if (n === 2) unigrams[token]!++;
            else tables[n - 1]!.count[now[n - 1]!]!++;
          }
          if (n === order || n === t + 1) table.count[id]!++;
        }
        [before, now] = [now, before];
      }
    }
    return new KneserNey(order, vocabSize, tables, unigrams);
  }

  /** Distinct n-grams of each order, from 1 up. */
  get ngrams(): number[] {
    return [this.#unigrams.length, ...this.#tables.slice(2).map((table) => table.size)];
  }

  /** ln p(ids[t + 1] | ids[0 … t]) for each t: one value fewer than ids, since the first token is only context. */
  logprobs(ids: ArrayLike<number>): Float64Array {
    const result = new Float64Array(Math.max(0, ids.length - 1));
    let before = new Int32Array(this.order + 1).fill(-1);
    let now = new Int32Array(this.order + 1).fill(-1);
    for (let t = 0; t < ids.length; t++) {
      const token = ids[t]!;
      this.#check(token);
      if (t > 0) result[t - 1] = Math.log(this.#probability(before, token));
      [before, now] = [this.#advance(before, token, now), before];
    }
    return result;
  }

  /** p(token | context) of every token; the values sum to one. */
  distribution(context: ArrayLike<number>): Float64Array {
    let before = new Int32Array(this.order + 1).fill(-1);
    let now = new Int32Array(this.order + 1).fill(-1);
    for (let t = Math.max(0, context.length - this.order + 1); t < context.length; t++) {
      this.#check(context[t]!);
      [before, now] = [this.#advance(before, context[t]!, now), before];
    }
    return Float64Array.from({ length: this.vocabSize }, (_, token) => this.#probability(before, token));
  }

  #check(token: number): void {
    if (!(token >= 0 && token < this.vocabSize && Number.isInteger(token))) {
      throw new InvalidInput('ngram.token', `Kneser-Ney: expected ids below ${this.vocabSize}, got ${token}`, {
        token,
      });
    }
  }

  /** From the numbers of the n-grams that end before `token` to those that end with it. */
  #advance(before: Int32Array, token: number, into: Int32Array): Int32Array<ArrayBuffer> {
    into.fill(-1);
    into[1] = token;
    for (let n = 2; n < this.order; n++) into[n] = this.#tables[n]!.find(before[n - 1]!, token);
    return into as Int32Array<ArrayBuffer>;
  }

  #probability(context: Int32Array, token: number): number {
    let p = this.#unigrams[token]!;
    for (let n = 2; n <= this.order; n++) {
      const id = context[n - 1]!;
      // A context that was never followed by anything says nothing: the lower order stands as it is.
      if (id < 0 || this.#total[n]![id] === 0) break;
      const found = this.#tables[n]!.find(id, token);
      const count = found < 0 ? 0 : this.#tables[n]!.count[found]!;
      const kept = count - discountOf(this.discounts[n - 1]!, count);
      p = (kept + this.#freed[n]![id]! * p) / this.#total[n]![id]!;
    }
    return p;
  }
}

/** Counts n-grams and returns the model; see `KneserNey.train`. */
export function trainKneserNey(documents: Iterable<ArrayLike<number>>, options: KneserNeyOptions): KneserNey {
  return KneserNey.train(documents, options);
}

function discountOf(discounts: Discounts, count: number): number {
  return count === 0 ? 0 : count === 1 ? discounts[0] : count === 2 ? discounts[1] : discounts[2];
}

/** Closed-form discounts from the numbers of n-grams seen 1 to 4 times; 0.5, 1, 1.5 where a text is too small for it. */
function discountsOf(counts: ArrayLike<number>, length: number): Discounts {
  const seen = [0, 0, 0, 0, 0];
  for (let i = 0; i < length; i++) if (counts[i]! >= 1 && counts[i]! <= 4) seen[counts[i]!]!++;
  const [, n1, n2, n3, n4] = seen as [number, number, number, number, number];
  const fallback: Discounts = [0.5, 1, 1.5];
  if (n1 === 0 || n2 === 0 || n3 === 0) return fallback;
  const y = n1 / (n1 + 2 * n2);
  const result: Discounts = [1 - (2 * y * n2) / n1, 2 - (3 * y * n3) / n2, 3 - (4 * y * n4) / n3];
  return result.every((d, i) => d > 0 && d <= i + 1) ? result : fallback;
}
