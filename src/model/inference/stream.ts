import type { GeneratedToken, GenerationResult, GenerationStream } from './request.js';

/** The engine's end of a stream: what it pushes, one reader pulls. */
export class TokenStream implements GenerationStream {
  readonly finished: Promise<GenerationResult>;
  readonly #cancel: () => void;
  readonly #tokens: GeneratedToken[] = [];
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;
  #resolve!: (result: GenerationResult) => void;
  #reject!: (error: unknown) => void;

  constructor(cancel: () => void) {
    this.#cancel = cancel;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever reads the tokens sees the error there; nobody is forced to look at `finished`.
    this.finished.catch(() => undefined);
  }

  push(token: GeneratedToken): void {
    this.#tokens.push(token);
    this.#wake?.();
  }

  end(result: GenerationResult): void {
    this.#ended = true;
    this.#resolve(result);
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#reject(error);
    this.#wake?.();
  }

  cancel(): void {
    if (!this.#ended) this.#cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GeneratedToken, void, undefined> {
    try {
      for (;;) {
        const token = this.#tokens.shift();
        if (token) yield token;
        else if (this.#ended) break;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.cancel();
    }
    if (this.#error !== undefined) throw this.#error;
  }
}
