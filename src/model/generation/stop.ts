/**
 * Looks for stop strings in text that arrives in pieces. Text that may still become a stop string is held back, so no
 * part of one ever leaks, however the pieces are cut.
 */
export class StopMatcher {
  readonly #stops: readonly string[];
  #held = '';
  #matched: string | undefined;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop.length > 0);
  }

  /** The stop string that was found, if any. */
  get matched(): string | undefined {
    return this.#matched;
  }

  /** Adds a piece and returns the text that is safe to show now. After a match everything else is dropped. */
  push(piece: string): string {
    if (this.#matched !== undefined) return '';
    if (this.#stops.length === 0) return piece;
    const text = this.#held + piece;
    let at = -1;
    for (const stop of this.#stops) {
      const found = text.indexOf(stop);
      if (found < 0 || (at >= 0 && found >= at)) continue;
      at = found;
      this.#matched = stop;
    }
    if (at >= 0) {
      this.#held = '';
      return text.slice(0, at);
    }
    const keep = this.#openSuffix(text);
    this.#held = text.slice(text.length - keep);
    return text.slice(0, text.length - keep);
  }

  /** What was held back and turned out to be ordinary text. */
  end(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }

  /** Length of the longest end of `text` with which some stop string begins. */
  #openSuffix(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) {
          longest = length;
          break;
        }
      }
    }
    return longest;
  }
}
