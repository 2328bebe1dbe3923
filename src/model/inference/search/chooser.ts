import { InternalError } from '../../../base/core/index.js';
import { Sampler, adjustScores, changesScores, noToken } from '../sampling.js';
import { advanceBeams, endBeams, startBeams } from './beam.js';
import type { BeamState } from './beam.js';
import type { Answer, CheckedOptions } from './options.js';

/** The rows of one prompt: what they hold, and how the next tokens are chosen. */
export interface Chooser {
  readonly done: boolean;
  /** The last token of each row, which the model reads next. */
  readonly tokens: readonly number[];
  /** For each row, the row before the last step whose tokens it continues. */
  readonly parents: readonly number[];
  /** Chooses from `logits` [rows·V], overwritten, with the log Σ exp of each row. */
  advance(logits: Float32Array, normalizers: Float32Array): void;
  answers(): Answer[];
}

function forceToken(scores: Float32Array, id: number): void {
  scores.fill(-Infinity);
  scores[id] = 0;
}

/** Where an answer may end and what its first and last token are, in the order of transformers. */
export function constrain(
  scores: Float32Array,
  written: number,
  options: Pick<CheckedOptions, 'minTokens' | 'stopTokenIds' | 'forcedFirst' | 'forcedLast' | 'maxTokens'>,
): void {
  const { minTokens, stopTokenIds, forcedFirst, forcedLast, maxTokens } = options;
  if (written < minTokens) for (const id of stopTokenIds) scores[id] = -Infinity;
  if (written === 0 && forcedFirst !== undefined) forceToken(scores, forcedFirst);
  if (written === maxTokens - 1 && forcedLast !== undefined) forceToken(scores, forcedLast);
}

/** An answer that ends early without a stop token has come to where every token is forbidden. */
function answerOf(ids: readonly number[], score: number, { stopTokenIds, maxTokens }: CheckedOptions): Answer {
  const last = ids.at(-1);
  return last !== undefined && stopTokenIds.includes(last)
    ? { ids: ids.slice(0, -1), finishReason: 'stop', stopTokenId: last, score }
    : { ids, finishReason: ids.length < maxTokens ? 'stop' : 'length', score };
}

export function checkFinite(normalizers: Float32Array): void {
  if (normalizers.some((value) => !Number.isFinite(value))) {
    throw new InternalError('model.nan', 'search: the model gave logits that are not finite');
  }
}

const countsOf = (ids: readonly number[]): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
};

/** N beams, compared with each other. */
export class BeamChooser implements Chooser {
  readonly #options: CheckedOptions;
  readonly #promptIds: readonly number[];
  #state: BeamState;

  constructor(options: CheckedOptions, promptIds: readonly number[]) {
    this.#options = options;
    this.#promptIds = promptIds;
    this.#state = startBeams(options);
  }

  get done(): boolean {
    return this.#state.done;
  }

  get tokens(): readonly number[] {
    return this.#state.running.map(({ ids }) => ids.at(-1) as number);
  }

  get parents(): readonly number[] {
    return this.#state.running.map(({ parent }) => parent);
  }

  advance(logits: Float32Array, normalizers: Float32Array): void {
    checkFinite(normalizers);
    const { sampling } = this.#options;
    const V = logits.length / normalizers.length;
    const adjusts = changesScores(sampling);
    this.#state.running.forEach(({ ids: written }, n) => {
      const row = logits.subarray(n * V, (n + 1) * V);
      const normalizer = normalizers[n]!;
      for (let i = 0; i < V; i++) row[i]! -= normalizer;
      if (adjusts) {
        const ids = [...this.#promptIds, ...written];
        adjustScores(row, sampling, { seen: new Set(ids), counts: countsOf(written), ids });
      }
      constrain(row, written.length, this.#options);
    });
    this.#state = logits.every((score) => score === -Infinity)
      ? endBeams(this.#state, this.#options)
      : advanceBeams(this.#state, logits, this.#options);
  }

  answers(): Answer[] {
    const { finished } = this.#state;
    return finished.slice(0, this.#options.numAnswers).map(({ ids, score }) => answerOf(ids, score, this.#options));
  }
}

/** Rows that do not know of each other: greedy or sampled, row n with the seed of the request plus n. */
export class SampleChooser implements Chooser {
  readonly #options: CheckedOptions;
  readonly #rows: { readonly sampler: Sampler; readonly ids: number[]; score: number; done: boolean }[];
  readonly parents: readonly number[];

  constructor(options: CheckedOptions, promptIds: readonly number[], seed: number) {
    const { sampling, numAnswers } = options;
    this.#options = options;
    this.#rows = Array.from({ length: numAnswers }, (_, n) => ({
      sampler: new Sampler({ ...sampling, seed: seed + n }, promptIds, seed),
      ids: [],
      score: 0,
      done: false,
    }));
    this.parents = this.#rows.map((_, n) => n);
  }

  get done(): boolean {
    return this.#rows.every(({ done }) => done);
  }

  get tokens(): readonly number[] {
    // A row that ended before its first token goes on with any.
    return this.#rows.map(({ ids }) => ids.at(-1) ?? 0);
  }

  advance(logits: Float32Array, normalizers: Float32Array): void {
    checkFinite(normalizers);
    const V = logits.length / normalizers.length;
    this.#rows.forEach((row, n) => {
      if (row.done) return;
      const scores = logits.slice(n * V, (n + 1) * V);
      row.sampler.adjust(scores);
      constrain(scores, row.ids.length, this.#options);
      const id = row.sampler.choose(scores);
      if (id === noToken) {
        row.done = true;
        return;
      }
      row.ids.push(id);
      row.score += logits[n * V + id]! - normalizers[n]!;
      row.done = this.#options.stopTokenIds.includes(id) || row.ids.length >= this.#options.maxTokens;
    });
  }

  answers(): Answer[] {
    return this.#rows.map(({ ids, score }) => answerOf(ids, score, this.#options));
  }
}
