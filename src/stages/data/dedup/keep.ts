import { z } from 'zod';
import type { Document } from '../document.js';

/** Which copy stays. Where two are equal by the rule, the first in the order of the corpus. */
export const keepSchema = z
  .union([
    z.enum(['longest', 'newest', 'first']),
    z.strictObject({ highest: z.string().min(1).describe('Number in the metadata, e.g. a quality score.') }),
    z.strictObject({ sources: z.array(z.string().min(1)).min(1).describe('Best first; the rest come after them.') }),
  ])
  .default('longest')
  .describe('Copy that stays: the longest, the newest, the first, the one with the highest number, or by source.');
export type Keep = z.infer<typeof keepSchema>;

/** What the copy with the greatest number is kept by. */
export function keepScore(keep: Keep): (document: Document) => number {
  if (keep === 'longest') return (document) => document.text.length;
  if (keep === 'first') return () => 0;
  if (keep === 'newest') {
    return ({ time }) => {
      const at = time === undefined ? Number.NaN : Date.parse(time);
      return Number.isNaN(at) ? Number.NEGATIVE_INFINITY : at;
    };
  }
  if ('highest' in keep) {
    return ({ metadata }) => {
      const value = metadata && Object.hasOwn(metadata, keep.highest) ? metadata[keep.highest] : undefined;
      return typeof value === 'number' ? value : Number.NEGATIVE_INFINITY;
    };
  }
  const places = new Map(keep.sources.map((source, i) => [source, -i]));
  return ({ source }) => places.get(source) ?? Number.NEGATIVE_INFINITY;
}

/** What becomes of copies. */
export const actionSchema = z
  .enum(['drop', 'mark'])
  .default('drop')
  .describe(
    'drop takes copies out; mark keeps them and writes the id of the best one into metadata.cluster (data.split.by: cluster).',
  );
export type CopyAction = z.infer<typeof actionSchema>;

export const withinSchema = z
  .string()
  .min(1)
  .optional()
  .describe('Compare only documents with the same `source`, or the same value of this metadata field; default: all.');

/** A 32-bit key of the group that a document is compared within. */
export function groupKey(within: string | undefined): (document: Document) => number {
  if (within === undefined) return () => 0;
  return (document) => {
    const { metadata } = document;
    const value =
      within === 'source' ? document.source : metadata && Object.hasOwn(metadata, within) ? metadata[within] : null;
    const text = JSON.stringify(value);
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return hash;
  };
}
