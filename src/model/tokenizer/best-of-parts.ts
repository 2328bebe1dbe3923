import type { Segmentation } from './model.js';

interface Chain {
  readonly before?: Chain;
  readonly ids: readonly number[];
  readonly score: number;
}

/** The best segmentations of a text from those of its parts. */
export class BestOfParts {
  readonly #most: number;
  #chains: Chain[] = [{ ids: [], score: 0 }];

  constructor(most: number) {
    this.#most = most;
  }

  /** The next part's segmentations, best first. */
  add(part: readonly Segmentation[]): void {
    const next: Chain[] = [];
    // Of two sorted lists, the sum of the i-th and the j-th is less than (i + 1)(j + 1) - 1 others.
    for (let i = 0; i < this.#chains.length; i++) {
      const before = this.#chains[i];
      for (let j = 0; j < part.length && (i + 1) * (j + 1) <= this.#most; j++) {
        next.push({ before, ids: part[j].ids, score: before.score + part[j].score });
      }
    }
    this.#chains = next.sort((a, b) => b.score - a.score).slice(0, this.#most);
  }

  all(): Segmentation[] {
    return this.#chains.map((chain) => {
      const parts: (readonly number[])[] = [];
      for (let at: Chain | undefined = chain; at; at = at.before) parts.push(at.ids);
      return { ids: parts.reverse().flat(), score: chain.score };
    });
  }
}
