import { Random } from '../../../base/core/index.js';
import type { FinishReason } from '../../../base/contract/index.js';
import type {
  EngineStats,
  SequenceScore,
  TokenEngine,
  TokenRequest,
  TokenStep,
  TokenStream,
  TokenStreamEnd,
} from '../engine.js';

export interface SimulatorOptions {
  readonly vocabSize: number;
  readonly contextLength?: number;
  /** Sequences that run at once; others wait. Default 4. */
  readonly maxSequences?: number;
  /** Milliseconds until the first token of a sequence that has a slot. Default 0. */
  readonly timeToFirstToken?: number;
  /** Milliseconds between tokens. Default 0. */
  readonly interTokenLatency?: number;
  /** Share of each delay that varies at random, 0 to 1. Default 0. */
  readonly jitter?: number;
  readonly seed?: number;
  /** What the model says to a prompt, in ids; after that it says `endId` or, without one, starts over. */
  readonly script?: (promptIds: readonly number[]) => readonly number[];
  readonly endId?: number;
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });

/**
 * An engine without a model: it waits as long as it is told and says what it is told, with slots, queue, cancellation
 * and well-formed log-probabilities. For tests of load, limits and cancellation, never for answers.
 */
export class SimulatedEngine implements TokenEngine {
  readonly contextLength: number;
  /** Tokens made since the start: shows that a cancelled request costs nothing more. */
  generated = 0;
  readonly #options: SimulatorOptions;
  readonly #random: Random;
  readonly #maxSequences: number;
  #running = 0;
  readonly #waiting: Array<() => void> = [];

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.contextLength = options.contextLength ?? 2048;
    this.#maxSequences = options.maxSequences ?? 4;
    this.#random = new Random(options.seed ?? 0);
  }

  submit(request: TokenRequest): TokenStream {
    let settle!: (value: TokenStreamEnd) => void;
    const finished = new Promise<TokenStreamEnd>((resolve) => {
      settle = resolve;
    });
    const steps = this.#steps(request, settle);
    if (request.promptLogprobs === undefined) return { finished, [Symbol.asyncIterator]: () => steps };
    // The prompt's figures are there when all is finished, read or not: run ahead of the reader.
    const ahead = (async () => {
      const made: TokenStep[] = [];
      for await (const step of steps) made.push(step);
      return made;
    })();
    return {
      finished,
      async *[Symbol.asyncIterator]() {
        yield* await ahead;
      },
    };
  }

  async score(
    sequences: readonly (readonly number[])[],
    options: { top?: number } = {},
  ): Promise<readonly SequenceScore[]> {
    return sequences.map((ids) => {
      const steps = ids.slice(1).map((id, index) => this.#step(id, index + 1, options.top ?? 0));
      return { logprobs: Float32Array.from(steps, (step) => step.logprob), top: steps.map((step) => step.top) };
    });
  }

  stats(): EngineStats {
    return { running: this.#running, waiting: this.#waiting.length, maxSequences: this.#maxSequences };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async *#steps(request: TokenRequest, settle: (value: TokenStreamEnd) => void): AsyncGenerator<TokenStep> {
    const signal = request.signal ?? new AbortController().signal;
    let completionTokens = 0;
    let finishReason: FinishReason = 'length';
    const held = await this.#acquire(signal);
    try {
      const script = this.#options.script?.(request.promptIds) ?? request.promptIds;
      const stops = new Set(request.stopTokenIds ?? []);
      await this.#delay(this.#options.timeToFirstToken ?? 0, signal);
      while (completionTokens < request.maxTokens && !signal.aborted) {
        if (completionTokens > 0) await this.#delay(this.#options.interTokenLatency ?? 0, signal);
        if (signal.aborted) break;
        const { endId } = this.#options;
        const tokenId =
          completionTokens >= script.length && endId !== undefined
            ? endId
            : (script[completionTokens % Math.max(1, script.length)] ?? 0);
        completionTokens++;
        this.generated++;
        yield this.#step(tokenId, completionTokens, request.logprobs ?? 0);
        if (stops.has(tokenId)) {
          finishReason = 'stop';
          break;
        }
      }
    } finally {
      if (signal.aborted) finishReason = 'cancelled';
      if (held) this.#release();
      const count = request.promptLogprobs;
      settle({
        finishReason,
        usage: { promptTokens: request.promptIds.length, completionTokens },
        ...(count === undefined
          ? {}
          : {
              promptTokens: request.promptIds.map((id, index) =>
                index === 0 ? { logprob: null, top: [] } : this.#step(id, index, count),
              ),
            }),
      });
    }
  }

  /** A distribution with the given token first: -0.125 (exact in f32) for it, the others each less likely than the one before. */
  #step(tokenId: number, position: number, count: number): TokenStep {
    const top: Array<readonly [number, number]> = [];
    for (let rank = 0; rank < count; rank++) {
      top.push([rank === 0 ? tokenId : (tokenId + rank + position) % this.#options.vocabSize, -0.125 - 2.5 * rank]);
    }
    return { tokenId, logprob: -0.125, top };
  }

  async #delay(milliseconds: number, signal: AbortSignal): Promise<void> {
    const jitter = this.#options.jitter ?? 0;
    const wait = milliseconds * (1 + jitter * (2 * this.#random.float() - 1));
    // Even without a delay other requests get their turn between two tokens, as with a real engine.
    if (wait > 0) await pause(wait, signal);
    else await new Promise<void>((resolve) => setTimeout(resolve));
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#running < this.#maxSequences) {
      this.#running++;
      return true;
    }
    return new Promise<boolean>((resolve) => {
      const start = () => {
        signal.removeEventListener('abort', leave);
        this.#running++;
        resolve(true);
      };
      const leave = () => {
        const at = this.#waiting.indexOf(start);
        if (at >= 0) this.#waiting.splice(at, 1);
        resolve(false);
      };
      this.#waiting.push(start);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #release(): void {
    this.#running--;
    this.#waiting.shift()?.();
  }
}
