import { InvalidInput } from '../../../../base/core/index.js';
import type { Random } from '../../../../base/core/index.js';
import type { Noise } from './pairs.js';

export interface SpanOptions {
  /** Share of the tokens that is taken out (T5: 0.15). */
  readonly density?: number;
  /** Mean length of a span that is taken out (T5: 3). */
  readonly meanLength?: number;
}

const standard = { density: 0.15, meanLength: 3 };

/** How many tokens of `length` are taken out, in how many spans. */
function counts(length: number, { density, meanLength }: Required<SpanOptions>): { noise: number; spans: number } {
  const noise = Math.min(Math.max(Math.round(length * density), 1), length - 1);
  // Each span stands behind a stretch of what is kept.
  const spans = Math.min(Math.max(Math.round(noise / meanLength), 1), noise, length - noise);
  return { noise, spans };
}

/** Cuts `total` into `parts` lengths of one or more, every cut equally likely. */
function segmentation(total: number, parts: number, random: Random): number[] {
  // The places of the parts' beginnings among the other total - 1 items.
  const begins = random.shuffle(Uint8Array.from({ length: total - 1 }, (_, i) => (i < parts - 1 ? 1 : 0)));
  const lengths: number[] = [1];
  for (const begin of begins) {
    if (begin) lengths.push(1);
    else lengths[lengths.length - 1]++;
  }
  return lengths;
}

/** Lengths of source and target that span corruption makes of a text, the end token of each included. */
export function corruptedLengths(length: number, options: SpanOptions = {}): { source: number; target: number } {
  const { noise, spans } = counts(length, { ...standard, ...options });
  return { source: length - noise + spans + 1, target: noise + spans + 1 };
}

/** Longest text whose corrupted source fits into `sourceLength`: raw rows of this length fill it exactly. */
export function rawLength(sourceLength: number, options: SpanOptions = {}): { length: number; target: number } {
  if (sourceLength < 3) {
    throw new InvalidInput(
      'training.noise',
      `span corruption: expected room for 3 tokens or more, got ${sourceLength}`,
    );
  }
  let length = 2;
  while (corruptedLengths(length + 1, options).source <= sourceLength) length++;
  return { length, target: corruptedLengths(length, options).target };
}

/**
 * T5's span corruption (Raffel et al. 2020): spans of random lengths are taken out, each replaced by the next sentinel;
 * the target repeats the sentinels, each before its span. Both end with `eos`. The text begins with a kept stretch.
 *
 * @param sentinels ids of the sentinels in the order of their use.
 * @throws InvalidInput `training.noise` for a text of one token, or one that needs more sentinels than there are.
 */
export function spanCorruption({
  sentinels,
  eos,
  ...options
}: SpanOptions & { readonly sentinels: readonly number[]; readonly eos: number }): Noise {
  const settings = { ...standard, ...options };
  if (!(settings.density > 0 && settings.density < 1 && settings.meanLength >= 1)) {
    throw new InvalidInput(
      'training.noise',
      `span corruption: expected a density between 0 and 1 and a mean length of 1 or more, got ${settings.density} and ${settings.meanLength}`,
    );
  }
  return (tokens, random) => {
    if (tokens.length < 2) {
      throw new InvalidInput('training.noise', `span corruption: expected two tokens or more, got ${tokens.length}`);
    }
    const { noise, spans } = counts(tokens.length, settings);
    if (spans > sentinels.length) {
      throw new InvalidInput(
        'training.noise',
        `span corruption: expected at most ${sentinels.length} spans (sentinels of the vocabulary), got ${spans}; take a shorter context or longer spans`,
      );
    }
    const taken = segmentation(noise, spans, random);
    const kept = segmentation(tokens.length - noise, spans, random);
    const source: number[] = [];
    const target: number[] = [];
    let at = 0;
    for (let i = 0; i < spans; i++) {
      for (const end = at + (kept[i] as number); at < end; at++) source.push(tokens[at]);
      source.push(sentinels[i] as number);
      target.push(sentinels[i] as number);
      for (const end = at + (taken[i] as number); at < end; at++) target.push(tokens[at]);
    }
    source.push(eos);
    target.push(eos);
    return { source, target };
  };
}
