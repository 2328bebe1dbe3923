import { correlations, cosine } from '../../model/classic/index.js';
import type { SimilarityPair, SimilarityScore } from '../../model/classic/index.js';
import type { EmbedTextOptions, TextEmbedder } from '../../model/generation/index.js';

export interface TextSimilarity extends SimilarityScore {
  /** Share of the pairs that count, 0 to 1. */
  readonly coverage: number;
  /** Cosine of each pair, in their order; null where the pair is left out. */
  readonly cosines: readonly (number | null)[];
}

export interface TextSimilarityOptions extends Omit<EmbedTextOptions, 'normalize'> {
  readonly onProgress?: (done: number, total: number) => void;
}

/** Texts embedded together. */
const piece = 256;

/**
 * Correlation of the cosines of a model's vectors of texts with people's judgement of the pairs. Each text is embedded
 * once. A pair is left out where a text has no token, or more than the model reads (`truncate` cuts it instead).
 */
export async function scoreTextPairs(
  embedder: Pick<TextEmbedder, 'countTokens' | 'embed' | 'maxTokens'>,
  pairs: readonly SimilarityPair[],
  { onProgress, ...options }: TextSimilarityOptions = {},
): Promise<TextSimilarity> {
  const longest = options.truncate ? Number.POSITIVE_INFINITY : embedder.maxTokens;
  const fits = (text: string): boolean => {
    const tokens = embedder.countTokens(text);
    return tokens > 0 && tokens <= longest;
  };
  const texts = [...new Set(pairs.flatMap(([a, b]) => [a, b]))].filter(fits);
  const vectors = new Map<string, Float32Array>();
  for (let from = 0; from < texts.length; from += piece) {
    const some = texts.slice(from, from + piece);
    // The cosine is one of lengths, whatever they are.
    const made = await embedder.embed(some, { ...options, normalize: false });
    for (const [i, text] of some.entries()) vectors.set(text, made.vectors[i] as Float32Array);
    onProgress?.(vectors.size, texts.length);
  }
  const cosines = pairs.map(([a, b]) => {
    const [va, vb] = [vectors.get(a), vectors.get(b)];
    return va && vb ? cosine(va, vb) : null;
  });
  const judged = pairs.flatMap(([, , score], i) => (cosines[i] === null ? [] : [[cosines[i] as number, score]]));
  const [ours, theirs] = [judged.map((pair) => pair[0] as number), judged.map((pair) => pair[1] as number)];
  return {
    ...correlations(ours, theirs),
    pairs: ours.length,
    unknown: pairs.length - ours.length,
    coverage: pairs.length === 0 ? 0 : ours.length / pairs.length,
    cosines,
  };
}
