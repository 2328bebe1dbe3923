import { InvalidInput, invariant } from '../../base/core/index.js';

/** Anything that says how likely it finds sequences of token ids: an inference engine, an n-gram model. */
export interface Scorer {
  /** Longest sequence it takes; longer ones are scored in windows. */
  readonly contextLength: number;
  /** For each sequence of n tokens n - 1 values: `logprobs[t]` is ln p(token t + 1 | tokens 0 … t). */
  score(sequences: readonly (readonly number[])[]): Promise<readonly { readonly logprobs: Float32Array }[]>;
}

export interface ScoreOptions {
  /** Most tokens in one call of the scorer, padding included; default 4096. */
  readonly batchTokens?: number;
  /**
   * New tokens per window of a sequence longer than the context; default half the context. Each of them is predicted
   * from at least `contextLength - stride` tokens to its left.
   */
  readonly stride?: number;
  readonly signal?: AbortSignal;
  /** Called with the number of sequences scored so far. */
  readonly onScored?: (done: number, total: number) => void;
}

interface Window {
  readonly sequence: number;
  readonly start: number;
  /** First position of the sequence that this window scores. */
  readonly from: number;
  readonly ids: readonly number[];
}

/**
 * ln p(token t | tokens before) at entry t, for every token of every sequence, of any length; entry 0 is NaN, since
 * nothing precedes the first token. Sequences are batched by length, so
 * little is padded. A sequence longer than the context is read in windows of the whole context that move by `stride`
 * tokens; a window scores only the tokens that no earlier window has scored.
 */
export async function scoreSequences(
  scorer: Scorer,
  sequences: readonly (readonly number[])[],
  { batchTokens = 4096, stride, signal, onScored }: ScoreOptions = {},
): Promise<Float32Array[]> {
  const { contextLength } = scorer;
  const step = stride ?? Math.max(1, Math.floor(contextLength / 2));
  if (!Number.isInteger(step) || step < 1 || step >= contextLength) {
    throw new InvalidInput(
      'score.stride',
      `score: expected a stride from 1 to ${contextLength - 1} (the context less one), got ${step}`,
      { stride: step, contextLength },
    );
  }
  const windows = sequences.flatMap((ids, sequence) => windowsOf(ids, sequence, contextLength, step));
  windows.sort((a, b) => a.ids.length - b.ids.length || a.sequence - b.sequence || a.start - b.start);
  const result = sequences.map((ids) => new Float32Array(ids.length).fill(Number.NaN));
  let done = 0;
  while (done < windows.length) {
    signal?.throwIfAborted();
    let end = done + 1;
    // Sorted by length, so the last window of a batch is the longest and sets its width.
    while (end < windows.length && (end + 1 - done) * windows[end]!.ids.length <= batchTokens) end++;
    const batch = windows.slice(done, end);
    const scores = await scorer.score(batch.map(({ ids }) => ids));
    invariant(scores.length === batch.length, `score: ${batch.length} sequences gave ${scores.length} scores`);
    batch.forEach(({ sequence, start, from }, i) => {
      result[sequence]!.set(scores[i]!.logprobs.subarray(from - start - 1), from);
    });
    done = end;
    onScored?.(done, windows.length);
  }
  return result;
}

function windowsOf(ids: readonly number[], sequence: number, contextLength: number, stride: number): Window[] {
  if (ids.length < 2) return [];
  if (ids.length <= contextLength) return [{ sequence, start: 0, from: 1, ids }];
  const windows: Window[] = [];
  let scored = 1;
  for (let end = contextLength; ; end = Math.min(ids.length, end + stride)) {
    const start = end - contextLength;
    windows.push({ sequence, start, from: scored, ids: ids.slice(start, end) });
    scored = end;
    if (end === ids.length) return windows;
  }
}

/** A `Scorer` over a model that scores one sequence at a time and without a limit to its length. */
export function scorerOf(model: { logprobs(ids: readonly number[]): ArrayLike<number> }): Scorer {
  return {
    contextLength: Number.MAX_SAFE_INTEGER,
    score: async (sequences) => sequences.map((ids) => ({ logprobs: Float32Array.from(model.logprobs(ids)) })),
  };
}
