import type { SamplingParams } from '../../../base/contract/index.js';
import { InvalidInput } from '../../../base/core/index.js';
import { checkIds } from '../request-check.js';
import { validateSampling } from '../sampling.js';
import type { BeamOptions } from './beam.js';

/** What to write for each prompt. Token counts are of the answer, the stop token included. */
export interface SearchOptions {
  readonly maxTokens: number;
  /** No stop token before so many others. */
  readonly minTokens?: number;
  /** Tokens that end an answer; default: the model's own end. */
  readonly stopTokenIds?: readonly number[];
  /** The first token of every answer. */
  readonly forcedFirst?: number;
  /** The last token of an answer that reaches maxTokens. */
  readonly forcedLast?: number;
  /** Beam search with so many beams; 1 (default) chooses token by token. */
  readonly numBeams?: number;
  readonly lengthPenalty?: BeamOptions['lengthPenalty'];
  readonly earlyStopping?: BeamOptions['earlyStopping'];
  /** Answers per prompt: the best ones of a beam search, or so many samples. Default 1. */
  readonly numAnswers?: number;
  /**
   * How tokens are chosen without beams (default: greedily). With beams, only what changes scores counts: bias,
   * penalties, repeated sequences.
   */
  readonly sampling?: SamplingParams;
  readonly signal?: AbortSignal;
}

export interface Answer {
  /** Without the stop token. */
  readonly ids: readonly number[];
  readonly finishReason: 'stop' | 'length';
  readonly stopTokenId?: number;
  /**
   * Log-probability of the answer with its stop token: divided by n^lengthPenalty, and after penalties, where beams
   * found it; the model's own otherwise.
   */
  readonly score: number;
}

/** Options with their defaults, checked. */
type Optional = 'forcedFirst' | 'forcedLast' | 'signal';
export type CheckedOptions = Required<Omit<SearchOptions, Optional>> & Pick<SearchOptions, Optional>;

const mostRows = 1024;

/** @throws InvalidInput `search.option` naming the option, `sampling.range` or `model.token`. */
export function checkOptions(options: SearchOptions, vocabSize: number, eos: number | null): CheckedOptions {
  const refuse = (name: string, expected: string, got: unknown): never => {
    throw new InvalidInput('search.option', `search: expected ${name} ${expected}, got ${String(got)}`, { name, got });
  };
  const { maxTokens, minTokens = 0, numBeams = 1, numAnswers = 1, lengthPenalty = 1, earlyStopping = false } = options;
  const { sampling = { temperature: 0 }, stopTokenIds = eos === null ? [] : [eos] } = options;
  const count = (name: string, value: number, low: number, high: number) => {
    if (!Number.isSafeInteger(value) || value < low || value > high) {
      refuse(name, `to be an integer from ${low} to ${high}`, value);
    }
  };
  count('maxTokens', maxTokens, 1, 2 ** 24);
  count('minTokens', minTokens, 0, maxTokens);
  count('numBeams', numBeams, 1, mostRows);
  count('numAnswers', numAnswers, 1, numBeams > 1 ? numBeams : mostRows);
  if (numAnswers > 1 && numBeams === 1 && (sampling.temperature ?? 1) === 0) {
    refuse('numAnswers', 'to be 1 without beams and at temperature 0, where all would be the same', numAnswers);
  }
  if (!Number.isFinite(lengthPenalty)) refuse('lengthPenalty', 'to be a finite number', lengthPenalty);
  if (typeof earlyStopping !== 'boolean' && earlyStopping !== 'never') {
    refuse('earlyStopping', "to be true, false or 'never'", earlyStopping);
  }
  if (numBeams > 1 && (sampling.temperature ?? 1) !== 0) {
    refuse('sampling.temperature', 'to be 0 with beams, which take the likeliest', sampling.temperature ?? 1);
  }
  checkIds('search: stopTokenIds', stopTokenIds, vocabSize);
  const forced = [options.forcedFirst, options.forcedLast].filter((id) => id !== undefined);
  checkIds('search: forced tokens', forced, vocabSize);
  validateSampling(sampling, vocabSize);
  return {
    ...options,
    maxTokens,
    minTokens,
    numBeams,
    numAnswers,
    lengthPenalty,
    earlyStopping,
    sampling,
    stopTokenIds,
  };
}
