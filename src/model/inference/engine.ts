import { InternalError, InvalidInput, Unavailable } from '../../base/core/index.js';
import type { Executor } from '../../compiler/runtime/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { countParameters } from '../architecture/index.js';
import type { DecoderConfig, Params } from '../architecture/index.js';
import { DecodeProgram } from './program.js';
import type { EngineStats, GenerationRequest, GenerationStream, Score, ScoreOptions } from './request.js';
import { checkIds, checkLength, checkRequest } from './request-check.js';
import { Sampler } from './sampling.js';
import { ScoreQueue } from './score-queue.js';
import { Sequence } from './sequence.js';
import { TokenStream } from './stream.js';

export interface EngineOptions {
  readonly config: DecoderConfig;
  /** f32 weights by Hugging Face name; they are baked into the program. */
  readonly params: Params<HostTensor>;
  readonly executor: Executor;
  /** Sequences that generate at once (default 8); more wait. Each holds a cache of contextLength tokens. */
  readonly maxSequences?: number;
  /** Shorter than the model's own, to save memory (default: the model's). */
  readonly contextLength?: number;
  /** Requests that may wait for a place (default 1024); beyond that `submit` refuses. */
  readonly maxWaiting?: number;
  /** Prompt tokens read between two decoding steps of the others (default 128). */
  readonly chunkLength?: number;
  /** First of the seeds given to requests without one (default: random). */
  readonly seed?: number;
}

/** Prompt tokens read before the next decoding step while nobody waits for one. */
const idleChunk = 512;
/** A call for fewer rows takes hardly less time: a prompt is not cut so that only these are read. */
const leastChunk = 32;
/** Most logits of one call: 32 M numbers are 128 MB. */
const mostLogits = 32e6;

function sizeOption(name: string, value: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    throw new InvalidInput('engine.option', `engine: expected ${name} from 1 to ${most}, got ${value}`, {
      name,
      value,
    });
  }
  return value;
}

/**
 * Generates with many requests at once: prompts are read in chunks between decoding steps, running sequences fill the
 * slots 0 … n-1 of the cache and take each step together, finished ones leave at once (the last slot moves into the
 * gap). While nobody runs, all prompts that wait are read before the first step, which then serves all of them.
 */
export class Engine {
  readonly config: DecoderConfig;
  readonly contextLength: number;
  readonly #program: DecodeProgram;
  readonly #maxSequences: number;
  readonly #maxWaiting: number;
  readonly #chunkLength: number;
  readonly #mostRows: number;
  readonly #scores: ScoreQueue;
  readonly #scoreBudget: number;
  /** Index = slot. */
  readonly #running: Sequence[] = [];
  readonly #waiting: Sequence[] = [];
  /** The sequence whose prompt is being read in chunks, in a slot behind the running ones. */
  #reading: Sequence | undefined;
  #nextSeed: number;
  #work: Promise<void> | undefined;
  #closed = false;
  #failure: unknown;
  readonly #totals = {
    promptTokens: 0,
    generatedTokens: 0,
    decodeSteps: 0,
    prefillCalls: 0,
    computeMilliseconds: 0,
    samplingMilliseconds: 0,
  };

  private constructor(options: EngineOptions, program: DecodeProgram, contextLength: number, maxSequences: number) {
    this.config = options.config;
    this.contextLength = contextLength;
    this.#program = program;
    this.#maxSequences = maxSequences;
    this.#maxWaiting = options.maxWaiting ?? 1024;
    this.#mostRows = Math.max(1, Math.floor(mostLogits / options.config.vocabSize));
    this.#chunkLength = sizeOption('chunkLength', options.chunkLength ?? 128, contextLength * 1024);
    this.#scores = new ScoreQueue(program, scoreRows(options.config));
    this.#scoreBudget = scoreBudget(options.config);
    this.#nextSeed = options.seed ?? globalThis.crypto.getRandomValues(new Uint32Array(1))[0]!;
  }

  /** @throws InvalidInput for weights that do not fit the configuration, or options out of range. */
  static async open(options: EngineOptions): Promise<Engine> {
    const { config, params, executor } = options;
    const contextLength = sizeOption(
      'contextLength',
      options.contextLength ?? config.contextLength,
      config.contextLength,
    );
    const maxSequences = sizeOption('maxSequences', options.maxSequences ?? 8, 4096);
    const program = await DecodeProgram.load(config, params, executor, {
      slots: maxSequences,
      capacity: contextLength,
      scratchTokens: Math.max(config.contextLength, scoreBudget(config)),
      wide: scoreRows(config) > 1,
    });
    return new Engine(options, program, contextLength, maxSequences);
  }

  /**
   * Queues a request and returns its tokens as they come.
   *
   * @throws InvalidInput `context_length_exceeded`, `prompt.empty`, `model.token` or `sampling.range`; Unavailable
   * `engine.busy` when too many wait, `engine.closed` after `close`.
   */
  submit(request: GenerationRequest): GenerationStream {
    this.#checkOpen();
    checkRequest(request, this.config.vocabSize, this.contextLength);
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new Unavailable('engine.busy', `generate: ${this.#maxWaiting} requests are waiting; try again later`);
    }
    const stream = new TokenStream(() => cancel());
    const sampler = new Sampler(request.sampling ?? {}, request.promptIds, this.#nextSeed);
    this.#nextSeed++;
    const sequence = new Sequence(request, stream, sampler);
    const cancel = () => {
      sequence.cancelled = true;
      sequence.end('cancelled');
      request.signal?.removeEventListener('abort', cancel);
      this.#wake();
    };
    if (request.signal?.aborted) {
      sequence.end('cancelled');
      return stream;
    }
    request.signal?.addEventListener('abort', cancel, { once: true });
    const release = () => request.signal?.removeEventListener('abort', cancel);
    stream.finished.then(release, release);
    if (request.maxTokens === 0 && !sequence.wantsPrompt) {
      sequence.end('length');
      return stream;
    }
    this.#waiting.push(sequence);
    this.#wake();
    return stream;
  }

  /**
   * Log-probabilities of each sequence's tokens given those before it, in batches between the steps of generation.
   *
   * @throws InvalidInput for ids outside the vocabulary or sequences of more than contextLength + 1 tokens (the last
   * one is only a target).
   */
  async score(sequences: readonly (readonly number[])[], options: ScoreOptions = {}): Promise<Score[]> {
    this.#checkOpen();
    for (const ids of sequences) {
      checkIds('score', ids, this.config.vocabSize);
      checkLength('score', ids.length, this.config.contextLength + 1);
    }
    const scores = this.#scores.add(sequences, options);
    this.#wake();
    return scores;
  }

  stats(): EngineStats {
    // A sequence that ended keeps its slot until the call that is under way returns.
    const alive = (sequences: readonly (Sequence | undefined)[]) =>
      sequences.filter((s) => s && !s.ended) as Sequence[];
    const running = alive(this.#running);
    const reading = alive([this.#reading]);
    const cached = [...running, ...reading].reduce((sum, sequence) => sum + sequence.cached, 0);
    return {
      ...this.#totals,
      scoredTokens: this.#scores.scoredTokens,
      running: running.length,
      waiting: alive(this.#waiting).length + reading.length,
      scoring: this.#scores.size,
      maxSequences: this.#maxSequences,
      contextLength: this.contextLength,
      cacheUse: cached / (this.#maxSequences * this.contextLength),
    };
  }

  /** Ends what runs as `cancelled`, unloads the program and frees the cache. The executor stays open. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const left = [...this.#running, ...this.#waiting, ...(this.#reading ? [this.#reading] : [])];
    for (const sequence of left) {
      sequence.cancelled = true;
      sequence.end('cancelled');
    }
    this.#scores.fail(new Unavailable('engine.closed', 'score: the engine was closed'));
    await this.#work;
    if (this.#failure === undefined) await this.#program.close();
  }

  #checkOpen(): void {
    if (this.#failure !== undefined) {
      throw new Unavailable('engine.failed', 'engine: an earlier failure ended it', {}, this.#failure);
    }
    if (this.#closed) throw new Unavailable('engine.closed', 'engine: it was closed');
  }

  #wake(): void {
    this.#work ??= this.#loop();
  }

  async #loop(): Promise<void> {
    // Requests submitted in the same turn start together.
    await Promise.resolve();
    try {
      for (;;) {
        await this.#sweep();
        if (this.#running.length > 0) await this.#decode();
        await this.#prefill();
        if (this.#scores.size > 0) {
          const budget = this.#running.length > 0 ? Math.min(this.#chunkLength, this.#scoreBudget) : this.#scoreBudget;
          await this.#timed(() => this.#scores.step(budget));
        }
        if (this.#running.length + this.#waiting.length + this.#scores.size === 0 && !this.#reading) {
          // In the same turn as the check: a request that comes after it must start the loop again.
          this.#work = undefined;
          return;
        }
      }
    } catch (error) {
      this.#work = undefined;
      this.#failure = error;
      const left = [...this.#running.splice(0), ...this.#waiting.splice(0), ...(this.#reading ? [this.#reading] : [])];
      this.#reading = undefined;
      for (const sequence of left) sequence.fail(error);
      this.#scores.fail(error);
    }
  }

  /** Frees the places of sequences that ended. */
  async #sweep(): Promise<void> {
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      if ((this.#waiting[i] as Sequence).ended) this.#waiting.splice(i, 1);
    }
    if (this.#reading?.ended) this.#reading = undefined;
    for (let slot = this.#running.length - 1; slot >= 0; slot--) {
      if (!(this.#running[slot] as Sequence).ended) continue;
      const last = this.#running.pop() as Sequence;
      if (last.slot === slot) continue;
      this.#running[slot] = last;
      await this.#program.move(last.slot, slot);
      last.slot = slot;
    }
  }

  async #timed<T>(run: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await run();
    } finally {
      this.#totals.computeMilliseconds += performance.now() - start;
    }
  }

  /** One token for every running sequence, again and again while there is nothing else to do. */
  async #decode(): Promise<void> {
    do {
      const batch = this.#running.slice();
      const { logits, logSumExp } = await this.#timed(() =>
        this.#program.run({
          batch: batch.length,
          length: 1,
          ids: Int32Array.from(batch, (sequence) => sequence.lastToken),
          before: batch.map((sequence) => sequence.cached),
          cache: { slot: 0 },
          rows: Int32Array.from(batch, (_, b) => b),
          want: ['logits', 'logSumExp'],
        }),
      );
      this.#totals.decodeSteps++;
      batch.forEach((sequence, b) => {
        sequence.cached++;
        this.#advance(sequence, logits, logSumExp, b);
      });
      // In one turn with the choice of the tokens: the next step is under way before the readers of the streams wake.
    } while (this.#waiting.length + this.#scores.size === 0 && !this.#reading && !this.#running.some((s) => s.ended));
  }

  #advance(sequence: Sequence, logits: Float32Array, logSumExp: Float32Array, row: number): void {
    if (sequence.ended) return;
    const normalizer = logSumExp[row] as number;
    if (!Number.isFinite(normalizer)) {
      sequence.fail(new InternalError('model.nan', 'generate: the model gave logits that are not finite'));
      return;
    }
    const start = performance.now();
    const { vocabSize } = this.config;
    const row_V = logits.subarray(row * vocabSize, (row + 1) * vocabSize);
    if (sequence.advance(row_V, normalizer)) this.#totals.generatedTokens++;
    this.#totals.samplingMilliseconds += performance.now() - start;
  }

  /** Reads waiting prompts, one after the other, as many tokens as may stand between two decoding steps. */
  async #prefill(): Promise<void> {
    let left = this.#running.length > 0 ? this.#chunkLength : Math.max(this.#chunkLength, idleChunk);
    const least = Math.min(this.#chunkLength, leastChunk);
    for (;;) {
      await this.#sweep();
      if (!this.#reading) {
        if (this.#waiting.length === 0 || this.#running.length === this.#maxSequences) return;
        this.#reading = this.#waiting.shift() as Sequence;
        this.#reading.slot = this.#running.length;
      }
      const unread = this.#reading.request.promptIds.length - this.#reading.cached;
      if (left < Math.min(unread, least)) return;
      this.#reading.start();
      left -= await this.#readChunk(this.#reading, left);
    }
  }

  /** Reads up to `chunk` tokens of a prompt; returns how many. */
  async #readChunk(sequence: Sequence, chunk: number): Promise<number> {
    const { promptIds, promptLogprobs = 0 } = sequence.request;
    const start = sequence.cached;
    const most = sequence.wantsPrompt ? Math.min(chunk, this.#mostRows) : chunk;
    const length = Math.min(most, promptIds.length - start);
    const ids = Int32Array.from(promptIds.slice(start, start + length));
    const done = start + length === promptIds.length;
    const rows = sequence.wantsPrompt ? Int32Array.from(ids, (_, t) => t) : Int32Array.of(length - 1);
    const { logits, loss, logSumExp } = await this.#timed(() =>
      this.#program.run({
        batch: 1,
        length,
        ids,
        before: [start],
        cache: { slot: sequence.slot },
        rows,
        targets: Int32Array.from(rows, (t) => promptIds[start + t + 1] ?? -100),
        want: ['logits', 'loss', 'logSumExp'],
      }),
    );
    this.#totals.prefillCalls++;
    this.#totals.promptTokens += length;
    sequence.cached += length;
    if (sequence.ended) return length;
    if (sequence.wantsPrompt) {
      const { vocabSize } = this.config;
      for (let t = 0; t < length - (done ? 1 : 0); t++) {
        const row = promptLogprobs > 0 ? logits.subarray(t * vocabSize, (t + 1) * vocabSize) : logits.subarray(0, 0);
        sequence.prompt(-(loss[t] as number), row, logSumExp[t] as number);
      }
    }
    if (!done) return length;
    this.#reading = undefined;
    if (sequence.request.maxTokens === 0) {
      sequence.end('length');
      return length;
    }
    const slot = this.#running.length;
    if (sequence.slot !== slot) await this.#program.move(sequence.slot, slot);
    sequence.slot = slot;
    this.#running.push(sequence);
    this.#advance(sequence, logits, logSumExp, rows.length - 1);
    return length;
  }
}

/** Tokens scored in one call: bounded by the logits they make. */
function scoreBudget(config: DecoderConfig): number {
  return Math.max(64, Math.min(1024, Math.floor(mostLogits / config.vocabSize)));
}

/** Beyond this size a second copy of the weights costs more than batching small sequences saves. */
const batchedWeights = 64e6;

/** Sequences scored in one call. */
function scoreRows(config: DecoderConfig): number {
  return countParameters(config).total > batchedWeights ? 1 : 256;
}
