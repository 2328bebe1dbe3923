import type { FinishReason } from '../../base/contract/index.js';
import { noToken, topLogprobs } from './sampling.js';
import type { Sampler } from './sampling.js';
import type { GenerationRequest, PromptToken } from './request.js';
import type { TokenStream } from './stream.js';

/** A request on its way through the engine. */
export class Sequence {
  readonly request: GenerationRequest;
  readonly stream: TokenStream;
  readonly #sampler: Sampler;
  readonly #stop: ReadonlySet<number>;
  readonly #promptTokens: PromptToken[];
  readonly #submitted = performance.now();
  #started: number | undefined;
  #first: number | undefined;
  #generated = 0;
  /** Last token chosen, not in the cache yet. */
  lastToken = -1;
  /** Tokens in the cache. */
  cached = 0;
  slot = -1;
  cancelled = false;
  ended = false;

  constructor(request: GenerationRequest, stream: TokenStream, sampler: Sampler) {
    this.request = request;
    this.stream = stream;
    this.#sampler = sampler;
    this.#stop = new Set(request.stopTokenIds);
    this.#promptTokens = request.promptIds.length
      ? [{ tokenId: request.promptIds[0] as number, logprob: null, top: [] }]
      : [];
  }

  start(): void {
    this.#started ??= performance.now();
  }

  get wantsPrompt(): boolean {
    return this.request.promptLogprobs !== undefined;
  }

  /** Notes the log-probability of the next prompt token. `logits` may be empty when no alternatives were asked for. */
  prompt(logprob: number, logits: Float32Array, normalizer: number): void {
    const tokenId = this.request.promptIds[this.#promptTokens.length] as number;
    const top = topLogprobs(logits, normalizer, this.request.promptLogprobs ?? 0);
    this.#promptTokens.push({ tokenId, logprob, top });
  }

  /** Tokens chosen so far. */
  get generated(): number {
    return this.#generated;
  }

  /**
   * Chooses the next token from its logits (overwritten); false where it was a stop token, which is not part of the
   * output, or where every token is forbidden. `constrain` changes them last, after penalties.
   */
  advance(logits: Float32Array, normalizer: number, constrain?: (logits: Float32Array) => void): boolean {
    const top = topLogprobs(logits, normalizer, this.request.logprobs ?? 0);
    const raw = this.#sampler.adjusts || constrain ? logits.slice() : logits;
    let tokenId: number;
    if (constrain) {
      this.#sampler.adjust(logits);
      constrain(logits);
      tokenId = this.#sampler.choose(logits);
    } else tokenId = this.#sampler.next(logits, normalizer);
    this.#first ??= performance.now();
    if (tokenId === noToken) {
      this.end('stop');
      return false;
    }
    if (this.#stop.has(tokenId)) {
      this.end('stop', tokenId);
      return false;
    }
    this.#generated++;
    this.lastToken = tokenId;
    this.stream.push({ tokenId, logprob: (raw[tokenId] as number) - normalizer, top });
    if (this.#generated >= this.request.maxTokens) this.end('length');
    return true;
  }

  end(finishReason: FinishReason, stopTokenId?: number): void {
    if (this.ended) return;
    this.ended = true;
    const now = performance.now();
    const started = this.#started ?? now;
    const first = this.#first ?? now;
    this.stream.end({
      finishReason,
      ...(stopTokenId === undefined ? {} : { stopTokenId }),
      usage: { promptTokens: this.request.promptIds.length, completionTokens: this.#generated },
      ...(this.wantsPrompt ? { promptTokens: this.#promptTokens } : {}),
      timings: { queued: started - this.#submitted, prefill: first - started, decode: now - first },
    });
  }

  fail(error: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.stream.fail(error);
  }
}
