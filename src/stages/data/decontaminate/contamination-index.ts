import { z } from 'zod';
import { GramTable } from './gram-table.js';
import { eachGram, gramUnits } from './grams.js';

/** One item of an evaluation set: a question with its answer, a prompt, a passage. */
export interface EvaluationItem {
  /** Name of the set: `gsm8k`. */
  readonly set: string;
  readonly id: string;
  readonly text: string;
}

export const gramSchema = {
  words: z
    .int()
    .min(4)
    .max(50)
    .default(12)
    .describe('Words of a run that counts as leaked (datatrove: 12, GPT-3: 13).'),
  characters: z
    .int()
    .min(8)
    .max(200)
    .default(30)
    .describe('Characters of such a run in scripts without spaces between words.'),
  shortest: z
    .int()
    .min(4)
    .max(50)
    .default(8)
    .describe('An item shorter than a run counts as a whole, from so many words on; a shorter one is not looked for.'),
  mostItems: z
    .int()
    .min(1)
    .default(10)
    .describe('A run that more items than this share is a template of the set and does not count.'),
};
const indexOptions = z.strictObject(gramSchema);
export type IndexOptions = z.input<typeof indexOptions>;

/** An item of which something stands in a document. */
export interface Leak {
  readonly set: string;
  readonly item: string;
  /** Runs of the item that the document has, and the item's runs in all. */
  readonly found: number;
  readonly of: number;
  /** Where: [start, end) in UTF-16 units of the document's text, ascending, not overlapping. */
  readonly spans: ReadonlyArray<readonly [number, number]>;
}

/** Runs of words of evaluation sets, to look for in documents. */
export class ContaminationIndex {
  readonly sets = new Map<string, { items: number; tooShort: number }>();
  readonly #options: z.output<typeof indexOptions>;
  readonly #tables = new Map<number, GramTable>();
  /** For each length of run, of each run the items that have it. */
  readonly #owners = new Map<number, number[][]>();
  readonly #items: { readonly set: string; readonly id: string; runs: number }[] = [];

  constructor(items: Iterable<EvaluationItem> = [], options: IndexOptions = {}) {
    this.#options = indexOptions.parse(options);
    for (const item of items) this.add(item);
  }

  get items(): number {
    return this.#items.length;
  }

  add({ set, id, text }: EvaluationItem): void {
    const { words, characters, shortest, mostItems } = this.#options;
    const counts = this.sets.get(set) ?? { items: 0, tooShort: 0 };
    this.sets.set(set, counts);
    counts.items++;
    const units = gramUnits(text);
    const plain = units.unspaced > 0.5 ? characters : words;
    const length = units.count >= plain ? plain : units.count;
    if (length < Math.min(plain, shortest)) {
      counts.tooShort++;
      return;
    }
    const number = this.#items.length;
    const item = { set, id, runs: 0 };
    this.#items.push(item);
    const table = this.#tables.get(length) ?? new GramTable();
    const owners = this.#owners.get(length) ?? [];
    this.#tables.set(length, table);
    this.#owners.set(length, owners);
    eachGram(units, length, (_, high, low) => {
      const gram = table.add(high, low);
      owners[gram] ??= [];
      const all = owners[gram] as number[];
      if (all.at(-1) === number) return;
      // One more than counts is enough to know that it does not.
      if (all.length <= mostItems) all.push(number);
      item.runs++;
    });
  }

  /** Items of which the text has a run, those with the greatest share first. */
  leaks(text: string): Leak[] {
    const { mostItems } = this.#options;
    const units = gramUnits(text);
    const hits = new Map<number, { readonly grams: Set<number>; readonly spans: [number, number][] }>();
    for (const [length, table] of this.#tables) {
      const owners = this.#owners.get(length) as number[][];
      eachGram(units, length, (place, high, low) => {
        const gram = table.find(high, low);
        if (gram < 0) return;
        const items = owners[gram] as number[];
        if (items.length > mostItems) return;
        for (const item of items) {
          const hit = hits.get(item) ?? { grams: new Set(), spans: [] };
          hits.set(item, hit);
          hit.grams.add(gram);
          const start = units.starts[place];
          const end = units.ends[place + length - 1];
          const last = hit.spans.at(-1);
          if (last && start <= last[1]) last[1] = Math.max(last[1], end);
          else hit.spans.push([start, end]);
        }
      });
    }
    return [...hits]
      .map(([number, { grams, spans }]) => {
        const { set, id, runs } = this.#items[number];
        return { set, item: id, found: grams.size, of: runs, spans };
      })
      .sort((a, b) => b.found / b.of - a.found / a.of || (a.set + a.item < b.set + b.item ? -1 : 1));
  }
}
