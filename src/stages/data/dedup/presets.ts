import type { ShingleOptions } from './shingles.js';

/** Settings of MinHash-LSH that a field has agreed on. */
export interface MinHashPreset extends ShingleOptions {
  readonly bands: number;
  readonly rows: number;
}

/**
 * `datatrove`: FineWeb's (5 words, 14 x 8). `curator`: NeMo Curator's (24 characters of the raw text, 20 x 13). `marin`: Marin's
 * (5 characters of the normalized text, 26 x 11, the first 500,000 characters). `recall`: ours, for collections in which a pair at
 * 0.8 must not be missed (5 words, 20 x 6: 0.998 at 0.8, but 0.92 at 0.7, so candidates are worth checking).
 */
export const minHashPresets = {
  datatrove: { unit: 'words', size: 5, normalize: true, bands: 14, rows: 8 },
  curator: { unit: 'characters', size: 24, normalize: false, bands: 20, rows: 13 },
  marin: { unit: 'characters', size: 5, normalize: true, mostCharacters: 500_000, bands: 26, rows: 11 },
  recall: { unit: 'words', size: 5, normalize: true, bands: 20, rows: 6 },
} as const satisfies Record<string, MinHashPreset>;

export type MinHashPresetName = keyof typeof minHashPresets;

/** Probability that two texts of Jaccard similarity s share a bucket: 1 - (1 - s^rows)^bands (Leskovec et al., Mining of Massive Datasets, 3.4). */
export function bandCurve(similarity: number, { bands, rows }: Pick<MinHashPreset, 'bands' | 'rows'>): number {
  return 1 - (1 - similarity ** rows) ** bands;
}
