import { InvalidInput } from '../../../../base/core/index.js';
import type { Random } from '../../../../base/core/index.js';
import type { Noise } from './pairs.js';

export interface DenoiseOptions {
  readonly maskId: number;
  /** Put around source and target where given. */
  readonly bos?: number | undefined;
  readonly eos?: number | undefined;
  /** Share of the tokens replaced by infilling: each span becomes one mask (BART: 0.3). */
  readonly infilling?: number;
  /** Mean length of a span, drawn from a Poisson distribution; a span of 0 inserts a mask (BART: 3). */
  readonly poissonMean?: number;
  /** Shuffle the sentences (BART: yes); needs `sentenceEnds`. */
  readonly permuteSentences?: boolean;
  /** 1 for ids that end a sentence. */
  readonly sentenceEnds?: Uint8Array;
  /** Share of the tokens that is deleted without a trace (BART's final recipe: 0). */
  readonly deletion?: number;
  /** Share of the texts that are rotated to begin at a random token (BART's final recipe: 0). */
  readonly rotation?: number;
}

/** Knuth's product of uniform draws; means are small here. */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.float(); product > limit; product *= random.float()) count++;
  return count;
}

function permuted(tokens: readonly number[], ends: Uint8Array, random: Random): number[] {
  const sentences: number[][] = [[]];
  for (const token of tokens) {
    sentences.at(-1)!.push(token);
    if (ends[token] === 1) sentences.push([]);
  }
  return random.shuffle(sentences.filter((sentence) => sentence.length > 0)).flat();
}

/** Replaces spans with one mask each until `count` tokens are gone; spans of length 0 only add a mask. */
function infilled(tokens: readonly number[], count: number, mean: number, maskId: number, random: Random): number[] {
  // The span that begins at each place, -1 for none; spans do not overlap or touch.
  const spanAt = new Int32Array(tokens.length).fill(-1);
  const blocked = new Uint8Array(tokens.length + 1);
  let left = count;
  // Places are drawn until enough is gone; a crowded text may have no room for the last span.
  for (let tries = 0; left > 0 && tries < 20 * tokens.length; tries++) {
    const length = Math.min(poisson(mean, random), left);
    const start = random.int(tokens.length);
    const end = start + length;
    if (end > tokens.length) continue;
    let free = blocked[start] === 0;
    for (let i = start; free && i <= end && i < tokens.length; i++) free = blocked[i] === 0 && spanAt[i] < 0;
    if (!free) continue;
    spanAt[start] = length;
    for (let i = start; i <= end; i++) blocked[i] = 1;
    left -= length;
  }
  const out: number[] = [];
  for (let i = 0; i < tokens.length; ) {
    const span = spanAt[i];
    if (span >= 0) out.push(maskId);
    if (span > 0) i += span;
    else out.push(tokens[i++] as number);
  }
  return out;
}

/**
 * BART's noise (Lewis et al. 2020): sentences are shuffled, spans infilled with one mask each, tokens deleted, the text
 * rotated; the target is the text as it was. The source has at most as many tokens as the text plus a mask for each
 * empty span.
 */
export function denoising(options: DenoiseOptions): Noise {
  const { maskId, bos, eos, infilling = 0.3, poissonMean = 3, permuteSentences = true } = options;
  const { sentenceEnds, deletion = 0, rotation = 0 } = options;
  for (const [name, value] of Object.entries({ infilling, deletion, rotation })) {
    if (!(value >= 0 && value <= 1)) {
      throw new InvalidInput('training.noise', `denoising: expected ${name} from 0 to 1, got ${value}`);
    }
  }
  if (!(poissonMean > 0 && poissonMean <= 100)) {
    throw new InvalidInput('training.noise', `denoising: expected poissonMean above 0, got ${poissonMean}`);
  }
  const around = (tokens: readonly number[]) => [
    ...(bos === undefined ? [] : [bos]),
    ...tokens,
    ...(eos === undefined ? [] : [eos]),
  ];
  return (tokens, random) => {
    const text = Array.from(tokens);
    let noised = permuteSentences && sentenceEnds ? permuted(text, sentenceEnds, random) : text;
    const size = noised.length;
    noised = infilled(noised, Math.round(infilling * size), poissonMean, maskId, random);
    if (deletion > 0) noised = noised.filter((token) => token === maskId || random.float() >= deletion);
    if (random.float() < rotation && noised.length > 1) {
      const at = random.int(noised.length);
      noised = [...noised.slice(at), ...noised.slice(0, at)];
    }
    // A mask of an empty span may make the source longer than the text was: the last tokens give way.
    return { source: around(noised.slice(0, size)), target: around(text) };
  };
}
