import type { Document } from '../document.js';
import type { ContaminationIndex, Leak } from './contamination-index.js';

/** A place where something of an item stands. */
export interface LeakedPlace {
  readonly document: string;
  readonly source: string;
  readonly found: number;
  readonly spans: ReadonlyArray<readonly [number, number]>;
  /** The beginning of what stands there. */
  readonly text: string;
}

export interface LeakedItem {
  readonly item: string;
  /** Greatest share of the item's runs in one document. */
  readonly share: number;
  readonly documents: number;
  /** The first places. */
  readonly places: readonly LeakedPlace[];
}

export interface LeakedSet {
  readonly set: string;
  readonly items: number;
  /** Items too short to be looked for: nothing is known of them. */
  readonly tooShort: number;
  readonly leaked: number;
  /** Leaked items of those that were looked for. */
  readonly share: number;
  readonly found: readonly LeakedItem[];
}

const mostPlaces = 5;
const mostCharacters = 200;

/** Gathers what leaked: give `add` to `decontaminateStep`. */
export class LeakReport {
  readonly #index: Pick<ContaminationIndex, 'sets'>;
  readonly #items = new Map<string, Map<string, { share: number; documents: number; places: LeakedPlace[] }>>();

  constructor(index: Pick<ContaminationIndex, 'sets'>) {
    this.#index = index;
  }

  readonly add = ({ id, source, text }: Document, leaks: readonly Leak[]): void => {
    for (const { set, item, found, of, spans } of leaks) {
      const items = this.#items.get(set) ?? new Map();
      this.#items.set(set, items);
      const known = items.get(item) ?? { share: 0, documents: 0, places: [] };
      items.set(item, known);
      known.share = Math.max(known.share, found / of);
      known.documents++;
      if (known.places.length < mostPlaces) {
        const [start, end] = spans[0] as readonly [number, number];
        const shown = text.slice(start, Math.min(end, start + mostCharacters)).toWellFormed();
        known.places.push({ document: id, source, found, spans, text: shown });
      }
    }
  };

  /** A row for each set, items with the greatest share first. */
  sets(): LeakedSet[] {
    return [...this.#index.sets].map(([set, { items, tooShort }]) => {
      const found = [...(this.#items.get(set) ?? [])]
        .map(([item, rest]) => ({ item, ...rest }))
        .sort((a, b) => b.share - a.share || (a.item < b.item ? -1 : 1));
      const searched = items - tooShort;
      return { set, items, tooShort, leaked: found.length, share: searched > 0 ? found.length / searched : 0, found };
    });
  }
}
