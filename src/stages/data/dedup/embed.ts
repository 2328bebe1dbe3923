import type { WordVectors } from '../../../model/classic/index.js';

/** Texts to vectors of one length; a text that has none gives zeros. */
export type Embed = (texts: readonly string[]) => Promise<readonly Float32Array[]> | readonly Float32Array[];

const word = /[\p{L}\p{N}]+/gu;
/** Words read of a long text: the topic of a document shows in less. */
const mostWords = 2000;

/**
 * Mean of the vectors of a text's words, each brought to length 1 first, so that frequent words with long vectors do not decide.
 * Words are looked up as they stand, then in lower case.
 */
export function averageVectors(vectors: Pick<WordVectors, 'dim' | 'vector'>): Embed {
  const known = new Map<string, Float32Array | undefined>();
  const lookup = (text: string): Float32Array | undefined => {
    if (known.has(text)) return known.get(text);
    const found = vectors.vector(text) ?? vectors.vector(text.toLowerCase());
    const unit = found ? unitLength(Float32Array.from(found)) : undefined;
    if (known.size > 200_000) known.clear();
    known.set(text, unit);
    return unit;
  };
  return (texts) =>
    texts.map((text) => {
      const sum = new Float32Array(vectors.dim);
      let words = 0;
      for (const [match] of text.matchAll(word)) {
        if (++words > mostWords) break;
        const vector = lookup(match);
        if (vector) for (let i = 0; i < sum.length; i++) sum[i] += vector[i];
      }
      return unitLength(sum);
    });
}

/** Scales to length 1 in place; zeros stay. */
export function unitLength(vector: Float32Array): Float32Array {
  let square = 0;
  for (let i = 0; i < vector.length; i++) square += vector[i] * vector[i];
  const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
  for (let i = 0; i < vector.length; i++) vector[i] *= scale;
  return vector;
}

/** Inner product of row i of `rows` and row j of `others`, rows of `dim` numbers. */
export function product(rows: Float32Array, i: number, others: Float32Array, j: number, dim: number): number {
  let sum = 0;
  for (let d = 0, a = i * dim, b = j * dim; d < dim; d++) sum += rows[a + d] * others[b + d];
  return sum;
}
