import type { SamplingParams } from '../../base/contract/index.js';
import { InvalidInput, Random } from '../../base/core/index.js';
import type { RankedToken } from './request.js';

function refuse(field: string, expected: string, got: unknown): never {
  throw new InvalidInput('sampling.range', `sampling: expected ${field} ${expected}, got ${String(got)}`, {
    field,
    got,
  });
}

/** Throws `InvalidInput` (code `sampling.range`, field named) for parameters outside their range. */
export function validateSampling(params: SamplingParams, vocabSize: number): void {
  const range = (field: keyof SamplingParams, low: number, high: number, above = false) => {
    const value = params[field];
    if (value === undefined) return;
    if (typeof value !== 'number' || !(above ? value > low : value >= low) || !(value <= high)) {
      refuse(field, `${above ? 'above' : 'from'} ${low} to ${high}`, value);
    }
  };
  range('temperature', 0, 100);
  range('topK', 0, Number.MAX_SAFE_INTEGER);
  range('topP', 0, 1, true);
  range('minP', 0, 1);
  range('repetitionPenalty', 0, 100, true);
  range('noRepeatNgram', 0, Number.MAX_SAFE_INTEGER);
  range('presencePenalty', -100, 100);
  range('frequencyPenalty', -100, 100);
  range('seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  for (const [id, bias] of Object.entries(params.logitBias ?? {})) {
    const token = Number(id);
    if (!Number.isSafeInteger(token) || token < 0 || token >= vocabSize) {
      refuse('logitBias', `ids below ${vocabSize}`, id);
    }
    if (typeof bias !== 'number' || Number.isNaN(bias)) refuse(`logitBias[${id}]`, 'a number', bias);
  }
}

/** log Σ exp of a row of logits. */
export function logSumExp(logits: Float32Array): number {
  let max = -Infinity;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > max) max = logits[i]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - max);
  return max + Math.log(sum);
}

/**
 * The `k` largest of the first `count` entries of `values`, by a heap of size k: most entries fail one comparison and
 * nothing is sorted but the winners. Returns positions, largest value first, ties by lower position.
 */
export function largest(values: Float32Array, k: number, count = values.length): Int32Array {
  const size = Math.min(k, count);
  const heap = new Int32Array(size);
  // The root is the worst kept: smaller value, or the later one of two equal ones.
  const worse = (a: number, b: number) => values[a]! < values[b]! || (values[a]! === values[b]! && a > b);
  const sink = (from: number) => {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) return;
      if (child + 1 < size && worse(heap[child + 1]!, heap[child]!)) child++;
      if (!worse(heap[child]!, heap[at]!)) return;
      const kept = heap[at]!;
      heap[at] = heap[child]!;
      heap[child] = kept;
      at = child;
    }
  };
  for (let i = 0; i < size; i++) heap[i] = i;
  for (let i = (size >> 1) - 1; i >= 0; i--) sink(i);
  for (let i = size; i < count; i++) {
    if (values[i]! > values[heap[0]!]!) {
      heap[0] = i;
      sink(0);
    }
  }
  return heap.sort((a, b) => values[b]! - values[a]! || a - b);
}

/** The `n` most likely tokens of a row of logits. */
export function topLogprobs(logits: Float32Array, normalizer: number, n: number): RankedToken[] {
  if (n <= 0) return [];
  return Array.from(largest(logits, n), (id) => [id, logits[id]! - normalizer] as const);
}

/** What a sequence holds so far, for rules about repetition. */
export interface History {
  /** Tokens of prompt and output. */
  readonly seen: Iterable<number>;
  /** How often each token was written. */
  readonly counts: Iterable<readonly [id: number, count: number]>;
  /** Prompt and output in order; read where `noRepeatNgram` is set. */
  readonly ids: readonly number[];
}

/** Whether these parameters change scores before one is chosen. */
export function changesScores(params: SamplingParams): boolean {
  const { logitBias, repetitionPenalty = 1, noRepeatNgram = 0, presencePenalty = 0, frequencyPenalty = 0 } = params;
  const penalties = repetitionPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0;
  return logitBias !== undefined || penalties || noRepeatNgram > 0;
}

/** Adds bias and penalties to `scores` [vocabSize] (logits or log-probabilities), and forbids repeated sequences. */
export function adjustScores(scores: Float32Array, params: SamplingParams, { seen, counts, ids }: History): void {
  const { logitBias, repetitionPenalty = 1, noRepeatNgram = 0, presencePenalty = 0, frequencyPenalty = 0 } = params;
  if (logitBias) for (const [id, bias] of Object.entries(logitBias)) scores[Number(id)]! += bias;
  if (repetitionPenalty !== 1) {
    for (const id of seen) {
      const value = scores[id]!;
      scores[id] = value > 0 ? value / repetitionPenalty : value * repetitionPenalty;
    }
  }
  if (presencePenalty !== 0 || frequencyPenalty !== 0) {
    for (const [id, count] of counts) scores[id]! -= presencePenalty + frequencyPenalty * count;
  }
  if (noRepeatNgram > 0) forbidRepeats(scores, ids, noRepeatNgram);
}

/** Forbids (-Infinity) every token that would complete a sequence of `size` tokens that `ids` already holds. */
export function forbidRepeats(scores: Float32Array, ids: readonly number[], size: number): void {
  const last = ids.length - size + 1;
  for (let start = 0; start < last; start++) {
    let same = true;
    for (let i = 0; i < size - 1 && same; i++) same = ids[start + i] === ids[last + i];
    if (same) scores[ids[start + size - 1]!] = -Infinity;
  }
}

/** What a sampler chooses where every token is forbidden. */
export const noToken = -1;

/** Chooses the tokens of one sequence. The n-th draw depends on the seed and n alone, not on what else runs. */
export class Sampler {
  readonly #params: SamplingParams;
  readonly #random: Random;
  readonly #seen = new Set<number>();
  readonly #counts = new Map<number, number>();
  /** Prompt and output, where repeated sequences are looked for. */
  readonly #ids: number[] | undefined;

  constructor(params: SamplingParams, promptIds: readonly number[], seed: number) {
    this.#params = params;
    this.#random = new Random(params.seed ?? seed);
    if ((params.repetitionPenalty ?? 1) !== 1) for (const id of promptIds) this.#seen.add(id);
    if ((params.noRepeatNgram ?? 0) > 0) this.#ids = [...promptIds];
  }

  /** Whether `next` changes logits before it chooses. */
  get adjusts(): boolean {
    return changesScores(this.#params);
  }

  /**
   * The next token from `logits` [vocabSize], which bias and penalties overwrite. Order: bias, repetition (CTRL) and
   * presence/frequency penalties (on generated tokens), repeated sequences, temperature, top-k, top-p, min-p.
   * `normalizer`, the logits' logSumExp where it is known, spares looking at those behind the drawn one. `noToken` where
   * all of them are -Infinity: rules forbid every token, and the text ends.
   */
  next(logits: Float32Array, normalizer?: number): number {
    this.adjust(logits);
    return this.choose(logits, this.adjusts ? undefined : normalizer);
  }

  /** The first half of `next`: what changes logits. */
  adjust(logits: Float32Array): void {
    adjustScores(logits, this.#params, { seen: this.#seen, counts: this.#counts, ids: this.#ids ?? [] });
  }

  /** The second half of `next`: what chooses among them; `normalizer` is theirs as they are now. */
  choose(logits: Float32Array, normalizer?: number): number {
    const { temperature = 1 } = this.#params;
    const id = temperature === 0 ? argMax(logits) : this.#draw(logits, temperature, normalizer);
    if (id === noToken) return id;
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
    this.#seen.add(id);
    this.#ids?.push(id);
    return id;
  }

  #draw(logits: Float32Array, temperature: number, normalizer: number | undefined): number {
    const { topK = 0, topP = 1, minP = 0 } = this.#params;
    const uniform = this.#random.float();
    const vocabSize = logits.length;
    if (topK > 0 && topK < vocabSize) {
      const kept = largest(logits, topK);
      if (logits[kept[0]!] === -Infinity) return noToken;
      const weights = Float64Array.from(kept, (id) => Math.exp((logits[id]! - logits[kept[0]!]!) / temperature));
      return kept[pick(weights, nucleus(weights, total(weights), topP, minP), uniform)]!;
    }
    const whole = topP >= 1 && minP <= 0;
    if (whole && temperature === 1 && normalizer !== undefined) return drawKnown(logits, normalizer, uniform);
    const best = maximum(logits);
    if (best === -Infinity) return noToken;
    if (whole) return drawAll(logits, best, temperature, uniform);
    const weights = scratch.length === vocabSize ? scratch : (scratch = new Float64Array(vocabSize));
    let sum = weigh(logits, best, temperature, weights);
    if (topP < 1) sum = keepNucleus(weights, logits, best, temperature, topP * sum);
    if (minP > 0) {
      for (let i = 0; i < vocabSize; i++) {
        if (weights[i]! > 0 && weights[i]! < minP) {
          sum -= weights[i]!;
          weights[i] = 0;
        }
      }
    }
    return pick(weights, vocabSize, uniform, sum);
  }
}

let scratch = new Float64Array(0);

// exp on [-37, 0] from a table with steps of 1/256 and three terms of the series between (relative error below 1e-11):
// four times as fast as Math.exp, which a vocabulary of 50,000 needs, and the same on every machine.
const steps = 256;
/** Below 2^-53 of the largest a weight is lost in the sum. */
const farthest = 37;
const powers = Float64Array.from({ length: farthest * steps + 2 }, (_, i) => Math.exp(-i / steps));

/** weights = exp((logits - best) / temperature) from `start` to `end`; returns their sum. */
function weigh(
  logits: Float32Array,
  best: number,
  temperature: number,
  weights: Float64Array,
  start = 0,
  end = logits.length,
): number {
  const scale = steps / temperature;
  let sum = 0;
  for (let i = start; i < end; i++) {
    const x = Math.max(0, (best - logits[i]!) * scale);
    if (x < farthest * steps) {
      const step = x | 0;
      const f = (step - x) * (1 / steps);
      const weight = powers[step]! * (1 + f * (1 + f * (0.5 + f * (1 / 6))));
      weights[i - start] = weight;
      sum += weight;
    } else weights[i - start] = 0;
  }
  return sum;
}

/** The same sum without keeping the weights, which takes two thirds of the time. */
function weighBlock(logits: Float32Array, best: number, temperature: number, start: number, end: number): number {
  const scale = steps / temperature;
  let sum = 0;
  for (let i = start; i < end; i++) {
    // A sum that is known may be rounded to a little less than the largest logit.
    const x = Math.max(0, (best - logits[i]!) * scale);
    if (x < farthest * steps) {
      const step = x | 0;
      const f = (step - x) * (1 / steps);
      sum += powers[step]! * (1 + f * (1 + f * (0.5 + f * (1 / 6))));
    }
  }
  return sum;
}

/** Tokens whose weights are summed before it is known which one is drawn. */
const blockSize = 128;
let blocks = new Float64Array(0);
const block = new Float64Array(blockSize);

/** The token at `left` in the order of all weights, which is in the block that begins at `start`. */
function pickIn(logits: Float32Array, start: number, best: number, temperature: number, left: number): number {
  const end = Math.min(start + blockSize, logits.length);
  const mass = weigh(logits, best, temperature, block, start, end);
  return start + pick(block, end - start, Math.min(1, left / mass), mass);
}

/** A draw from the whole distribution: finds the block first, so that only its weights are looked at one by one. */
function drawAll(logits: Float32Array, best: number, temperature: number, uniform: number): number {
  const count = Math.ceil(logits.length / blockSize);
  if (blocks.length < count) blocks = new Float64Array(count);
  let sum = 0;
  for (let b = 0; b < count; b++) {
    const start = b * blockSize;
    const mass = weighBlock(logits, best, temperature, start, Math.min(start + blockSize, logits.length));
    blocks[b] = mass;
    sum += mass;
  }
  let left = uniform * sum;
  let chosen = 0;
  for (let b = 0; b < count; b++) {
    if (blocks[b] === 0) continue;
    chosen = b;
    if (left < blocks[b]!) break;
    left -= blocks[b]!;
  }
  return pickIn(logits, chosen * blockSize, best, temperature, left);
}

/** The same at temperature 1 where the sum is known: exp(logit - normalizer) sums to 1, so the walk ends at the token. */
function drawKnown(logits: Float32Array, normalizer: number, uniform: number): number {
  let left = uniform;
  let chosen = 0;
  for (let start = 0; start < logits.length; start += blockSize) {
    const mass = weighBlock(logits, normalizer, 1, start, Math.min(start + blockSize, logits.length));
    if (mass === 0) continue;
    chosen = start;
    if (left < mass) break;
    left -= mass;
  }
  return pickIn(logits, chosen, normalizer, 1, left);
}

/** Bins per unit of the logarithm: few enough that they stay in the nearest cache. */
const binSteps = 64;

/**
 * Sets to zero what lies outside the smallest set whose weights reach `wanted`, and returns the sum of the rest.
 * Weights are counted into bins by their logarithm, so that only the bin where the sum is reached has to be sorted.
 */
function keepNucleus(
  weights: Float64Array,
  logits: Float32Array,
  best: number,
  temperature: number,
  wanted: number,
): number {
  const scale = binSteps / temperature;
  const bins = new Float64Array(farthest * binSteps + 1);
  for (let i = 0; i < weights.length; i++) {
    if (weights[i]! > 0) bins[((best - logits[i]!) * scale) | 0]! += weights[i]!;
  }
  let mass = 0;
  let last = 0;
  while (last < bins.length - 1 && mass + bins[last]! < wanted) mass += bins[last++]!;
  const border: number[] = [];
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    const bin = ((best - logits[i]!) * scale) | 0;
    if (bin === last) border.push(i);
    else if (bin > last) weights[i] = 0;
  }
  border.sort((a, b) => weights[b]! - weights[a]! || a - b);
  for (const i of border) {
    if (mass >= wanted) weights[i] = 0;
    mass += weights[i]!;
  }
  return mass;
}

/** The largest value, four chains of comparisons at once. */
function maximum(values: Float32Array): number {
  let [a, b, c, d] = [-Infinity, -Infinity, -Infinity, -Infinity];
  const whole = values.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    if (values[i]! > a) a = values[i]!;
    if (values[i + 1]! > b) b = values[i + 1]!;
    if (values[i + 2]! > c) c = values[i + 2]!;
    if (values[i + 3]! > d) d = values[i + 3]!;
  }
  for (let i = whole; i < values.length; i++) if (values[i]! > a) a = values[i]!;
  return Math.max(a, b, c, d);
}

function argMax(values: Float32Array): number {
  const best = maximum(values);
  return best === -Infinity ? noToken : values.indexOf(best);
}

function total(weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]!;
  return sum;
}

/** How many of the weights (largest first) top-p and min-p keep: at least one. */
function nucleus(weights: Float64Array, sum: number, topP: number, minP: number): number {
  let mass = 0;
  for (let i = 0; i < weights.length; i++) {
    if (i > 0 && (mass >= topP * sum || weights[i]! < minP * weights[0]!)) return i;
    mass += weights[i]!;
  }
  return weights.length;
}

/** Index drawn with probability proportional to its weight, among the first `count`, whose sum may be known. */
function pick(weights: Float64Array, count: number, uniform: number, sum = total(weights.subarray(0, count))): number {
  let left = uniform * sum;
  let last = 0;
  for (let i = 0; i < count; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    last = i;
    left -= weight;
    if (left < 0) return i;
  }
  // Rounding may leave a crumb: the last possible one takes it.
  return last;
}
