import { InvalidInput, Unavailable } from '../../../base/core/index.js';
import { checkRequest } from '../request-check.js';
import type { GenerationRequest, GenerationStream } from '../request.js';
import { Sampler } from '../sampling.js';
import { Sequence } from '../sequence.js';
import { TokenStream } from '../stream.js';
import { checkFinite, constrain } from './chooser.js';
import type { SearchDefaults } from './defaults.js';
import type { RowModel } from './rows.js';

export interface RowEngineOptions {
  readonly model: RowModel;
  /** Longest source, and longest answer, in tokens. */
  readonly contextLength: number;
  /** Of what the folder says, the tokens that answers must begin and end with, their least length, and its penalties. */
  readonly defaults?: SearchDefaults;
  /** Requests that may wait; default 1024. */
  readonly maxWaiting?: number;
  /** Seeds of requests without one count on from here. */
  readonly seed?: number;
}

/**
 * Writes answers token by token, one request after the other, in the order in which they came. What an engine is for
 * decoders this is for models that read a source and write another text.
 */
export class RowEngine {
  readonly contextLength: number;
  readonly #model: RowModel;
  readonly #defaults: SearchDefaults;
  readonly #maxWaiting: number;
  readonly #waiting: Sequence[] = [];
  #running: Sequence | undefined;
  #nextSeed: number;
  #work: Promise<void> | undefined;
  #closed = false;

  constructor({ model, contextLength, defaults = {}, maxWaiting = 1024, seed }: RowEngineOptions) {
    this.#model = model;
    this.contextLength = contextLength;
    this.#defaults = defaults;
    this.#maxWaiting = maxWaiting;
    this.#nextSeed = seed ?? (globalThis.crypto.getRandomValues(new Uint32Array(1))[0] as number);
  }

  /**
   * Queues a request and returns its tokens as they come.
   *
   * @throws InvalidInput `context_length_exceeded`, `prompt.empty`, `model.token`, `sampling.range`, or
   * `generation.prompt_logprobs`; Unavailable `engine.busy` when too many wait, `engine.closed` after `close`.
   */
  submit(request: GenerationRequest): GenerationStream {
    if (this.#closed) throw new Unavailable('engine.closed', 'generate: the engine is closed');
    // Source and answer have a context each.
    checkRequest(request, this.#model.vocabSize, Number.POSITIVE_INFINITY);
    this.#model.check(request.promptIds, Math.min(request.maxTokens, this.contextLength));
    for (const [what, length] of [
      ['source', request.promptIds.length],
      ['maxTokens', request.maxTokens],
    ] as const) {
      if (length <= this.contextLength) continue;
      throw new InvalidInput(
        'context_length_exceeded',
        `generate: expected a ${what} of at most ${this.contextLength} tokens, got ${length}`,
      );
    }
    if (request.promptLogprobs !== undefined) {
      throw new InvalidInput(
        'generation.prompt_logprobs',
        'generate: expected no log-probabilities of the prompt: this model reads it as a whole and predicts none of it',
      );
    }
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new Unavailable('engine.busy', `generate: ${this.#maxWaiting} requests are waiting; try again later`);
    }
    const { noRepeatNgram = 0, repetitionPenalty = 1 } = this.#defaults.sampling ?? {};
    const sampling = { noRepeatNgram, repetitionPenalty, ...request.sampling };
    const stream = new TokenStream(() => cancel());
    const sampler = new Sampler(sampling, this.#model.history(request.promptIds), this.#nextSeed++);
    const sequence = new Sequence({ ...request, sampling }, stream, sampler);
    const cancel = () => {
      sequence.cancelled = true;
      sequence.end('cancelled');
      const at = this.#waiting.indexOf(sequence);
      if (at >= 0) this.#waiting.splice(at, 1);
    };
    const release = () => request.signal?.removeEventListener('abort', cancel);
    stream.finished.then(release, release);
    if (request.signal?.aborted) cancel();
    else if (request.maxTokens === 0) sequence.end('length');
    else {
      request.signal?.addEventListener('abort', cancel, { once: true });
      this.#waiting.push(sequence);
      this.#work ??= this.#loop();
    }
    return stream;
  }

  /** Always refused: no token of a source is predicted. */
  score(): Promise<never> {
    return Promise.reject(
      new InvalidInput('model.kind', 'score: expected a decoder, got a model that writes another text than it reads'),
    );
  }

  stats(): { readonly running: number; readonly waiting: number; readonly maxSequences: number } {
    return { running: this.#running ? 1 : 0, waiting: this.#waiting.length, maxSequences: 1 };
  }

  /** Refuses what waits, cancels what runs, and waits for its last step. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const sequence of this.#waiting.splice(0)) {
      sequence.fail(new Unavailable('engine.closed', 'generate: the engine was closed before the request began'));
    }
    this.#running?.stream.cancel();
    await this.#work;
    await this.#model.close();
  }

  async #loop(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#running = next;
      try {
        await this.#write(next);
      } catch (error) {
        next.fail(error);
      } finally {
        this.#running = undefined;
      }
    }
    // In the same turn as the last look at the queue: who comes after this starts the loop again.
    this.#work = undefined;
  }

  async #write(sequence: Sequence): Promise<void> {
    const { promptIds, maxTokens, stopTokenIds = [] } = sequence.request;
    const { forcedFirst, forcedLast, minTokens = 0 } = this.#defaults;
    const rules = { forcedFirst, forcedLast, maxTokens, stopTokenIds, minTokens: Math.min(minTokens, maxTokens) };
    sequence.start();
    const session = await this.#model.begin([promptIds], 1, maxTokens);
    try {
      let token = this.#model.history(promptIds).at(-1) as number;
      while (!sequence.ended) {
        const { logits, normalizers } = await session.step([token]);
        if (sequence.ended) break;
        checkFinite(normalizers);
        const written = sequence.generated;
        sequence.advance(logits, normalizers[0] as number, (scores) => constrain(scores, written, rules));
        token = sequence.lastToken;
      }
    } finally {
      await session.end();
    }
  }
}
