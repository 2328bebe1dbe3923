import { largest } from '../sampling.js';

// N beams of one prompt, V vocabulary.

/** How beams are compared and when search ends. */
export interface BeamOptions {
  readonly numBeams: number;
  /** Most tokens of an answer, its stop token included. */
  readonly maxTokens: number;
  readonly stopTokenIds: readonly number[];
  /** A finished answer of n tokens, the stop token included, scores log p / n^lengthPenalty. Default 1. */
  readonly lengthPenalty?: number;
  /**
   * When N answers are finished: `true` ends at once; `false` (default) when the best running beam, at its present
   * length, scores below the worst of them; `never` when it could not reach it at any length up to maxTokens.
   */
  readonly earlyStopping?: boolean | 'never';
}

export interface Hypothesis {
  readonly ids: readonly number[];
  /** Sum of log-probabilities while running, over n^lengthPenalty once finished. */
  readonly score: number;
}

export interface RunningBeam extends Hypothesis {
  /** The beam of the step before that this one continues. */
  readonly parent: number;
}

/** The search for one prompt's answers between two steps. */
export interface BeamState {
  /** N beams, best first. */
  readonly running: readonly RunningBeam[];
  /** Up to N finished answers, best first. */
  readonly finished: readonly Hypothesis[];
  /** A running beam may still beat a finished answer. */
  readonly improvable: boolean;
  readonly done: boolean;
}

/** Score of a beam that must not go on: low, yet finite. */
const excluded = -1e9;

/** Before the first step all beams are the same: only the first counts, or they would all go the same way. */
export function startBeams({ numBeams }: BeamOptions): BeamState {
  const running = Array.from({ length: numBeams }, (_, n) => ({ ids: [], score: n === 0 ? 0 : excluded, parent: n }));
  return { running, finished: [], improvable: true, done: false };
}

/**
 * One step of beam search as transformers defines it: among the continuations of all beams the best (1 + number of
 * stop tokens, at least 2) · N are looked at, so that N remain when all others end; answers that end among the first N
 * are finished. `logprobs` [N·V], one row for each running beam, are overwritten with sums.
 */
export function advanceBeams(state: BeamState, logprobs: Float32Array, options: BeamOptions): BeamState {
  const { numBeams: N, maxTokens, lengthPenalty = 1, earlyStopping = false } = options;
  const V = logprobs.length / N;
  const stops = new Set(options.stopTokenIds);
  state.running.forEach(({ score }, n) => {
    for (let i = n * V; i < (n + 1) * V; i++) logprobs[i]! += score;
  });
  const length = (state.running[0] as RunningBeam).ids.length + 1;
  const candidates = Array.from(largest(logprobs, Math.max(2, 1 + stops.size) * N), (at) => {
    const parent = Math.floor(at / V);
    const id = at % V;
    const ends = stops.has(id) || length >= maxTokens;
    return { parent, id, score: logprobs[at] as number, ends };
  });
  const extend = ({ parent, id }: { parent: number; id: number }) => [
    ...(state.running[parent] as RunningBeam).ids,
    id,
  ];

  const open = state.improvable && !(earlyStopping === true && state.finished.length === N);
  const ended = open ? candidates.slice(0, N).filter(({ ends, score }) => ends && score > -Infinity) : [];
  const finished = [
    ...state.finished,
    ...ended.map((candidate) => ({ ids: extend(candidate), score: candidate.score / length ** lengthPenalty })),
  ]
    .sort((a, b) => b.score - a.score)
    .slice(0, N);

  const running = candidates
    .map((candidate) => ({ ...candidate, score: candidate.score + (candidate.ends ? excluded : 0) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, N)
    .map((candidate) => ({ ids: extend(candidate), score: candidate.score, parent: candidate.parent }));

  const reach = earlyStopping === 'never' && lengthPenalty > 0 ? maxTokens : length;
  const best = (running[0] as RunningBeam).score / reach ** lengthPenalty;
  const worst = finished.length < N ? excluded : (finished[N - 1] as Hypothesis).score;
  const improvable = state.improvable && best > worst;
  const full = earlyStopping === true && finished.length === N;
  return { running, finished, improvable, done: !improvable || full || candidates.every(({ ends }) => ends) };
}

/** The end where nothing may follow any beam: what they have written competes as it is. */
export function endBeams(state: BeamState, { numBeams, lengthPenalty = 1 }: BeamOptions): BeamState {
  const written = state.running
    .filter(({ score }) => score > excluded / 2)
    .map(({ ids, score }) => ({ ids, score: score / Math.max(1, ids.length) ** lengthPenalty }));
  const finished = [...state.finished, ...written].sort((a, b) => b.score - a.score).slice(0, numBeams);
  return { ...state, finished, improvable: false, done: true };
}
