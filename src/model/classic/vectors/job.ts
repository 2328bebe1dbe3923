import { formatCount, formatDuration, randomBits } from '../../../base/core/index.js';
import type { OnProgress } from '../../../base/contract/index.js';
import { float64Array, int32Array } from './corpus.js';

/**
 * Work in slices of some ten thousand words: slice s of epoch e is piece e · slices + s. Rate and random numbers of a
 * piece depend on its number alone, so one thread that takes the pieces in order gives the same result each time.
 */
export interface Pieces {
  /** First sentence of each slice, and the number of sentences. */
  readonly bounds: Int32Array;
  /** Words before each slice, and all words. */
  readonly words: Float64Array;
  readonly epochs: number;
  readonly rate: number;
  readonly minRate: number;
  readonly seed: number;
}

/** What is told of the work while it runs, one row of it a thread: words done, sum of losses, examples. */
const rowLength = 3;

export interface Shared {
  /** [next piece, 1 to stop]. */
  readonly control: Int32Array;
  /** [threads, 3]. */
  readonly tally: Float64Array;
}

/** Does one slice at a learning rate; adds losses and examples to the tally and returns nothing else. */
export type SliceWorker = (
  fromSentence: number,
  toSentence: number,
  rate: number,
  random: number,
  tally: { loss: number; examples: number },
) => void;

export interface ScheduleOptions {
  readonly epochs: number;
  readonly rate: number;
  readonly minRate: number;
  readonly seed: number;
}

/** Words of a slice: so many slices that the learning rate falls smoothly, and not so many that they cost time. */
const mostWords = 10_000;
const slicesWanted = 200;

/** Cuts the sentences into slices. */
export function planPieces(starts: Float64Array, options: ScheduleOptions, shared = false): Pieces {
  const sentences = starts.length - 1;
  const bounds: number[] = [0];
  const words: number[] = [0];
  const sliceWords = Math.min(mostWords, Math.ceil(starts[sentences]! / slicesWanted));
  for (let sentence = 1; sentence <= sentences; sentence++) {
    if (sentence < sentences && starts[sentence]! - words.at(-1)! < sliceWords) continue;
    bounds.push(sentence);
    words.push(starts[sentence]!);
  }
  const pieces = { bounds: int32Array(bounds.length, shared), words: float64Array(words.length, shared), ...options };
  pieces.bounds.set(bounds);
  pieces.words.set(words);
  return pieces;
}

export const sharedState = (threads: number, shared: boolean): Shared => ({
  control: int32Array(2, shared),
  tally: float64Array(rowLength * threads, shared),
});

/** Takes pieces until there are none left, or the work is stopped; stands still after each so that others may run. */
export function* workThrough(
  pieces: Pieces,
  worker: SliceWorker,
  { control, tally }: Shared,
  thread = 0,
): Generator<void> {
  const slices = pieces.bounds.length - 1;
  const total = slices * pieces.epochs;
  const wordsPerEpoch = pieces.words[slices]!;
  const at = rowLength * thread;
  const sums = { loss: 0, examples: 0 };
  while (Atomics.load(control, 1) === 0) {
    const piece = Atomics.add(control, 0, 1);
    if (piece >= total) return;
    const slice = piece % slices;
    const epoch = Math.floor(piece / slices);
    const share = (epoch * wordsPerEpoch + pieces.words[slice]!) / (pieces.epochs * wordsPerEpoch);
    const rate = pieces.rate - (pieces.rate - pieces.minRate) * share;
    worker(pieces.bounds[slice]!, pieces.bounds[slice + 1]!, rate, randomBits(pieces.seed, piece), sums);
    tally[at]! += pieces.words[slice + 1]! - pieces.words[slice]!;
    tally[at + 1] = sums.loss;
    tally[at + 2] = sums.examples;
    yield;
  }
}

/** What training has done so far. */
export interface TrainingFigures {
  /** Words of the text that were gone through, each epoch counted. */
  readonly words: number;
  /** Mean loss of an example in nats. */
  readonly loss: number;
  readonly wordsPerSecond: number;
  readonly seconds: number;
}

/** Tells `onProgress` where the work stands. */
export class Reporter {
  readonly #stage: string;
  readonly #total: number;
  readonly #onProgress: OnProgress | undefined;
  readonly #started = performance.now();
  #before = { loss: 0, examples: 0 };
  #told = 0;

  constructor(stage: string, pieces: Pieces, onProgress?: OnProgress) {
    this.#stage = stage;
    this.#total = pieces.words.at(-1)! * pieces.epochs;
    this.#onProgress = onProgress;
  }

  /** Reports at most ten times a second, unless `last`. */
  tell(tally: Float64Array, last = false): TrainingFigures {
    let [words, loss, examples] = [0, 0, 0];
    for (let i = 0; i < tally.length; i += rowLength) {
      words += tally[i]!;
      loss += tally[i + 1]!;
      examples += tally[i + 2]!;
    }
    const now = performance.now();
    const seconds = (now - this.#started) / 1000;
    const wordsPerSecond = words / seconds;
    if (this.#onProgress && (last || now - this.#told >= 100)) {
      const recent = (loss - this.#before.loss) / Math.max(1, examples - this.#before.examples);
      this.#before = { loss, examples };
      this.#told = now;
      this.#onProgress({
        stage: this.#stage,
        done: words,
        total: this.#total,
        unit: 'words',
        figures: {
          ...(examples > 0 ? { loss: recent.toFixed(4) } : {}),
          'words/s': formatCount(Math.round(wordsPerSecond)),
          ...(last ? {} : { ETA: formatDuration((this.#total - words) / wordsPerSecond) }),
        },
      });
    }
    return { words, loss: loss / Math.max(1, examples), wordsPerSecond, seconds };
  }
}

/** Lets timers and other work of the thread run. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Does all pieces on this thread, giving way about twenty times a second. */
export async function runHere(
  stage: string,
  pieces: Pieces,
  worker: SliceWorker,
  { onProgress, signal }: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal },
): Promise<TrainingFigures> {
  const state = sharedState(1, false);
  const reporter = new Reporter(stage, pieces, onProgress);
  let paused = performance.now();
  for (const _ of workThrough(pieces, worker, state)) {
    if (performance.now() - paused < 50) continue;
    reporter.tell(state.tally);
    await pause();
    signal?.throwIfAborted();
    paused = performance.now();
  }
  return reporter.tell(state.tally, true);
}
