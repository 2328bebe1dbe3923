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

/** Sequences waiting to be scored, taken in batches of similar length. */
export class ScoreQueue {
  readonly #program: DecodeProgram;
  readonly #budget: number;
  readonly #jobs: Job[] = [];
  scoredTokens = 0;

  /** `budget`: most tokens of one batch. */
  constructor(program: DecodeProgram, budget: number) {
    this.#program = program;
    this.#budget = budget;
  }

  get size(): number {
    return this.#jobs.length;
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
    for (const job of this.#jobs.splice(0)) job.reject(error);
  }

  #take(): Job[] {
    const batch: Job[] = [];
    while (this.#jobs.length > 0) {
      const job = this.#jobs[0] as Job;
      const length = Math.max(1, (batch[0] ?? job).ids.length - 1);
      if (batch.length > 0 && (batch.length + 1) * length > this.#budget) break;
      this.#jobs.shift();
      if (job.signal?.aborted) job.reject(job.signal.reason);
      else if (job.ids.length < 2) job.resolve({ logprobs: new Float32Array(0), ...(job.top ? { top: [] } : {}) });
      else batch.push(job);
    }
    return batch;
  }

  /** Scores one batch. */
  async step(): Promise<void> {
    const batch = this.#take();
    if (batch.length === 0) return;
    try {
      const scores = await this.#score(batch);
      batch.forEach((job, b) => job.resolve(scores[b] as Score));
    } catch (error) {
      for (const job of batch) job.reject(error);
      throw error;
    }
  }

  async #score(batch: readonly Job[]): Promise<Score[]> {
    const width = (batch[0] as Job).ids.length - 1;
    const logprobs = batch.map((job) => new Float32Array(job.ids.length - 1));
    const tops = batch.map((): RankedToken[][] => []);
    const wantsTop = batch.some((job) => (job.top ?? 0) > 0);
    // A sequence longer than the budget is alone in its batch and runs in chunks on the cache.
    for (let start = 0; start < width; start += this.#budget) {
      const length = Math.min(this.#budget, width - start);
      const ids = new Int32Array(batch.length * length);
      const rows: number[] = [];
      const targets: number[] = [];
      batch.forEach((job, b) => {
        for (let t = 0; t < length && start + t < job.ids.length - 1; t++) {
          ids[b * length + t] = job.ids[start + t] as number;
          rows.push(b * length + t);
          targets.push(job.ids[start + t + 1] as number);
        }
      });
      const { loss, logits, logSumExp } = await this.#program.run({
        batch: batch.length,
        length,
        ids,
        before: batch.map(() => start),
        cache: { scratch: true, capacity: width },
        rows: Int32Array.from(rows),
        targets: Int32Array.from(targets),
        want: wantsTop ? ['loss', 'logits', 'logSumExp'] : ['loss'],
      });
      rows.forEach((row, r) => {
        const b = Math.floor(row / length);
        const value = -(loss[r] as number);
        if (Number.isNaN(value)) throw new InternalError('model.nan', 'score: the model gave NaN');
        (logprobs[b] as Float32Array)[start + (row % length)] = value;
        const top = (batch[b] as Job).top ?? 0;
        if (top > 0) {
          const vocabSize = this.#program.config.vocabSize;
          const slice = logits.subarray(r * vocabSize, (r + 1) * vocabSize);
          (tops[b] as RankedToken[][]).push(topLogprobs(slice, logSumExp[r] as number, top));
        }
      });
      this.scoredTokens += rows.length;
    }
    return batch.map((job, b) => ({
      logprobs: logprobs[b] as Float32Array,
      ...(job.top ? { top: tops[b] as RankedToken[][] } : {}),
    }));
  }
}
