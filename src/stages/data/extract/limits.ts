import { InvalidInput } from '../../../base/core/index.js';

/** What one page may cost. A page over a limit is refused as a whole, with the limit's name in the reason. */
export interface HtmlLimits {
  /** UTF-16 units of the page. Default 16 Mi. */
  readonly maxLength: number;
  /** Elements inside each other. Default 512: deeper than any page that a person wrote, shallow enough for the stack. */
  readonly maxDepth: number;
  /** Elements and texts. Default 400,000. */
  readonly maxNodes: number;
  /** Milliseconds of wall clock that reading and judging the page may take together. Default 10,000. */
  readonly maxMilliseconds: number;
}

export const defaultLimits: HtmlLimits = {
  maxLength: 1 << 24,
  maxDepth: 512,
  maxNodes: 400_000,
  maxMilliseconds: 10_000,
};

/** Why a page was refused: `length`, `depth`, `nodes` or `time`. */
export function overLimit(limit: 'length' | 'depth' | 'nodes' | 'time', allowed: number, unit: string): InvalidInput {
  return new InvalidInput(
    `html.${limit}`,
    `extract: expected a page of at most ${allowed} ${unit}, got more; raise the limit or leave the page out`,
    { limit, allowed },
  );
}

/** Throws once the time of a page is spent. */
export class Deadline {
  readonly #end: number;
  readonly #allowed: number;
  constructor(limits: HtmlLimits) {
    this.#allowed = limits.maxMilliseconds;
    this.#end = performance.now() + limits.maxMilliseconds;
  }
  check(): void {
    if (performance.now() > this.#end) throw overLimit('time', this.#allowed, 'milliseconds');
  }
}
