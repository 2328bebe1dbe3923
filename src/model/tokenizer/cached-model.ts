import type { SubwordModel, Symbols } from './model.js';
import { PieceCache } from './piece-cache.js';

/** A model that remembers the ids of pieces seen before; `symbols` does the work on the others. */
export abstract class CachedModel implements SubwordModel {
  abstract readonly vocab: ReadonlyMap<string, number>;
  readonly #cache = new PieceCache();

  abstract symbols(text: string, start: number, end: number): Symbols;

  encode(text: string, start: number, end: number, out: number[]): void {
    if (end - start > PieceCache.longest) {
      const { ids, length } = this.symbols(text, start, end);
      for (let i = 0; i < length; i++) out.push(ids[i]);
      return;
    }
    const hash = PieceCache.hash(text, start, end);
    if (this.#cache.find(text, start, end, hash, out)) return;
    const { ids, length } = this.symbols(text, start, end);
    this.#cache.add(text, start, end, hash, ids, length);
    for (let i = 0; i < length; i++) out.push(ids[i]);
  }
}
