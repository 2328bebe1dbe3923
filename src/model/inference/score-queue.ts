import { InternalError } from '../../base/core/index.js';
import type { DecodeProgram } from './program.js';
import type { RankedToken, Score, ScoreOptions } from './request.js';
import { topLogprobs } from './sampling.js';

interface Job {
  readonly ids: readonly number[];
  readonly top: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (score: Score) => void;
  readonly reject: (error: unknown) => void;
}

/** A batch being scored: a long sequence is alone in it and goes through the cache in chunks. */
interface Batch {
  readonly jobs: readonly Job[];
  /** Inputs per row: the longest sequence without its last token. */
  readonly width: number;
  readonly logprobs: readonly Float32Array[];
  readonly tops: readonly (readonly RankedToken[])[][];
  start: number;
}

/** Sequences waiting to be scored, taken in batches of similar length. */
export class ScoreQueue {
  readonly #program: DecodeProgram;
  readonly #mostRows: number;
  readonly #jobs: Job[] = [];
  #current: Batch | undefined;
  scoredTokens = 0;

  /** `mostRows`: sequences of one batch. */
  constructor(program: DecodeProgram, mostRows: number) {
    this.#program = program;
    this.#mostRows = mostRows;
  }

  /** Sequences that wait or are being scored. */
  get size(): number {
    return this.#jobs.length + (this.#current?.jobs.length ?? 0);
  }

  add(sequences: readonly (readonly number[])[], { top, signal }: ScoreOptions): Promise<Score[]> {
    const scores = sequences.map(
      (ids) => new Promise<Score>((resolve, reject) => this.#jobs.push({ ids, top, signal, resolve, reject })),
    );
    // Longest first: a batch is padded to its longest sequence, so neighbours should be alike.
    this.#jobs.sort((a, b) => b.ids.length - a.ids.length);
    return Promise.all(scores);
  }

  fail(error: unknown): void {
    for (const job of [...(this.#current?.jobs ?? []), ...this.#jobs.splice(0)]) job.reject(error);
    this.#current = undefined;
  }

  #take(budget: number): Batch | undefined {
    const jobs: Job[] = [];
    while (this.#jobs.length > 0 && jobs.length < this.#mostRows) {
      const job = this.#jobs[0] as Job;
      const width = Math.max(1, (jobs[0] ?? job).ids.length - 1);
      if (jobs.length > 0 && (jobs.length + 1) * width > budget) break;
      this.#jobs.shift();
      if (job.signal?.aborted) job.reject(job.signal.reason);
      else if (job.ids.length < 2) job.resolve({ logprobs: new Float32Array(0), ...(job.top ? { top: [] } : {}) });
      else jobs.push(job);
    }
    const [longest] = jobs;
    if (!longest) return undefined;
    return {
      jobs,
      width: longest.ids.length - 1,
      logprobs: jobs.map((job) => new Float32Array(job.ids.length - 1)),
      tops: jobs.map(() => []),
      start: 0,
    };
  }

  /** Scores up to `budget` tokens: a batch of sequences, or the next part of a long one. */
  async step(budget: number): Promise<void> {
    this.#current ??= this.#take(budget);
    const batch = this.#current;
    if (!batch) return;
    const length = batch.jobs.length > 1 ? batch.width : Math.min(budget, batch.width - batch.start);
    try {
      await this.#advance(batch, length);
    } catch (error) {
      this.#current = undefined;
      for (const job of batch.jobs) job.reject(error);
      // What a sequence makes of the model concerns its caller; anything else ends the engine.
      if (error instanceof InternalError && error.code === 'model.nan') return this.#program.clearScratch();
      throw error;
    }
    const { jobs, logprobs, tops } = batch;
    const aborted = jobs.every(({ signal }) => signal?.aborted);
    if (batch.start < batch.width && !aborted) return;
    this.#current = undefined;
    jobs.forEach((job, b) => {
      if (job.signal?.aborted) job.reject(job.signal.reason);
      else
        job.resolve({
          logprobs: logprobs[b] as Float32Array,
          ...(job.top ? { top: tops[b] as (readonly RankedToken[])[] } : {}),
        });
    });
  }

  async #advance(batch: Batch, length: number): Promise<void> {
    const { jobs, start, width } = batch;
    const ids = new Int32Array(jobs.length * length);
    const rows: number[] = [];
    const targets: number[] = [];
    jobs.forEach((job, b) => {
      for (let t = 0; t < length && start + t < job.ids.length - 1; t++) {
        ids[b * length + t] = job.ids[start + t] as number;
        rows.push(b * length + t);
        targets.push(job.ids[start + t + 1] as number);
      }
    });
    const wantsTop = jobs.some((job) => (job.top ?? 0) > 0);
    const call = {
      batch: jobs.length,
      length,
      ids,
      rows: Int32Array.from(rows),
      targets: Int32Array.from(targets),
      want: wantsTop ? (['loss', 'logits', 'logSumExp'] as const) : (['loss'] as const),
    };
    const { loss, logits, logSumExp } = await (jobs.length > 1
      ? this.#program.runWide(call)
      : this.#program.run({ ...call, before: [start], cache: { scratch: true, capacity: width } }));
    const { vocabSize } = this.#program.config;
    rows.forEach((row, r) => {
      const b = Math.floor(row / length);
      const value = -(loss[r] as number);
      if (Number.isNaN(value)) throw new InternalError('model.nan', 'score: the model gave NaN');
      (batch.logprobs[b] as Float32Array)[start + (row % length)] = value;
      const top = (jobs[b] as Job).top ?? 0;
      if (top > 0) {
        const row_V = logits.subarray(r * vocabSize, (r + 1) * vocabSize);
        (batch.tops[b] as (readonly RankedToken[])[]).push(topLogprobs(row_V, logSumExp[r] as number, top));
      }
    });
    this.scoredTokens += rows.length;
    batch.start += length;
  }
}
