import { InvalidInput } from '../../../../base/core/index.js';
import type { Noise } from './pairs.js';
import { corruptedLengths, spanCorruption } from './span-corruption.js';

/** Prefix language modelling for encoder-decoders: the source is the beginning of a text, the target the rest of it. */
export function prefixNoise({ eos, least = 1 }: { readonly eos: number; readonly least?: number }): Noise {
  return (tokens, random) => {
    if (tokens.length < 2 * least) {
      throw new InvalidInput('training.noise', `prefix: expected ${2 * least} tokens or more, got ${tokens.length}`);
    }
    const cut = least + random.int(tokens.length - 2 * least + 1);
    return { source: [...tokens.subarray(0, cut), eos], target: [...tokens.subarray(cut), eos] };
  };
}

/** One kind of noise of a mixture. */
export interface MixturePart {
  readonly noise: Noise;
  /** How often, as a share of the sum of all weights. */
  readonly weight: number;
  /** Put before the source to tell the kinds apart. */
  readonly modeId?: number | undefined;
}

/** Draws one kind of noise for each text. */
export function mixtureNoise(parts: readonly MixturePart[]): Noise {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  if (parts.length === 0 || parts.some(({ weight }) => !(weight >= 0)) || !(total > 0)) {
    throw new InvalidInput('training.noise', 'noise mixture: expected weights of 0 or more, one above 0 at least');
  }
  return (tokens, random) => {
    let draw = random.float() * total;
    const part = parts.find(({ weight }) => (draw -= weight) < 0) ?? (parts.at(-1) as MixturePart);
    const pair = part.noise(tokens, random);
    return part.modeId === undefined ? pair : { ...pair, source: [part.modeId, ...Array.from(pair.source)] };
  };
}

/** Densities and mean lengths of UL2's denoisers (Tay et al. 2022, table 1): regular and extreme. */
export const ul2Spans = [
  { kind: 'R', meanLength: 3, density: 0.15 },
  { kind: 'R', meanLength: 8, density: 0.15 },
  { kind: 'X', meanLength: 3, density: 0.5 },
  { kind: 'X', meanLength: 8, density: 0.5 },
  { kind: 'X', meanLength: 64, density: 0.15 },
  { kind: 'X', meanLength: 64, density: 0.5 },
] as const;

export interface Ul2Options {
  readonly sentinels: readonly number[];
  readonly eos: number;
  /** Mode tokens put before the source, where the vocabulary has them. */
  readonly modes?: Partial<Readonly<Record<'R' | 'X' | 'S', number>>>;
}

/** UL2's mixture of denoisers: seven kinds, each equally often; the seventh (S) is prefix language modelling. */
export function ul2Noise({ sentinels, eos, modes = {} }: Ul2Options): Noise {
  return mixtureNoise([
    ...ul2Spans.map(({ kind, ...span }) => ({
      noise: spanCorruption({ ...span, sentinels, eos }),
      weight: 1,
      modeId: modes[kind],
    })),
    { noise: prefixNoise({ eos }), weight: 1, modeId: modes.S },
  ]);
}

/** Room that UL2's pairs of texts of `length` tokens need. */
export function ul2Lengths(length: number): { source: number; target: number } {
  const lengths = ul2Spans.map((span) => corruptedLengths(length, span));
  // A prefix takes all but one token; a mode token stands before the source.
  return {
    source: 1 + Math.max(length, ...lengths.map(({ source }) => source)),
    target: Math.max(length, ...lengths.map(({ target }) => target)),
  };
}
