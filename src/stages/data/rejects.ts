import { writeFileAtomic } from '../../base/core/index.node.js';
import type { Reject } from './document.js';

const mostKept = 100_000;

/** Collects rejects and writes them as JSON lines. */
export class Rejects {
  readonly #items: Reject[] = [];
  #count = 0;

  /** Rejects seen; of very many only the first are kept. */
  get count(): number {
    return this.#count;
  }

  get items(): readonly Reject[] {
    return this.#items;
  }

  readonly add = (reject: Reject): void => {
    this.#count++;
    if (this.#items.length < mostKept) this.#items.push(reject);
  };

  /** Writes one JSON object a line; a last line tells how many more there were. */
  async save(path: string): Promise<void> {
    const lines: object[] = [...this.#items];
    if (this.#count > this.#items.length) lines.push({ more: this.#count - this.#items.length });
    await writeFileAtomic(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
}
