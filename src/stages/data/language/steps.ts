import { z } from 'zod';
import type { Document } from '../document.js';
import { type StepDefinition, defineStep } from '../pipeline/index.js';
import { languageCode } from './codes.js';
import { type DetectedLanguage, loadLanguageDetector } from './detector.js';

const table = z.enum(['extrasmall', 'small', 'medium', 'large']).default('large');
const round = (score: number): number => Math.round(score * 1e4) / 1e4;

/** The document with its language and, in the metadata, how sure that is. A language that its source states stays. */
function annotated(document: Document, { language, score }: DetectedLanguage, overwrite: boolean): Document {
  const metadata = { ...document.metadata, languageScore: round(score) };
  if (document.language !== undefined && !overwrite) {
    return { ...document, metadata: { ...metadata, detectedLanguage: language } };
  }
  return language === 'und' ? { ...document, metadata } : { ...document, language, metadata };
}

const languageOptions = z.strictObject({
  /** Replace a language that the source states. */
  overwrite: z.boolean().default(false),
  table,
});

const languageStep = defineStep<z.infer<typeof languageOptions>>({
  kind: 'document',
  name: 'language',
  summary: 'Writes the language of each document (ISO 639-1, else 639-3) and its probability.',
  version: 1,
  options: languageOptions,
  async create({ overwrite, table }) {
    const detector = await loadLanguageDetector({ table });
    return { apply: (document) => annotated(document, detector.detect(document.text), overwrite) };
  },
});

const filterOptions = z.strictObject({
  /** Languages to keep; any where absent. Names of other standards (`eng`, `zh-Hans`) are understood. */
  keep: z.array(z.string().min(1)).min(1).optional(),
  /** Least probability. FineWeb takes 0.65 (of fastText’s). */
  threshold: z.number().min(0).max(1).default(0.65),
  /** Keep what has fewer letters than this unseen: there is too little to tell. */
  shortest: z.int().min(0).default(0),
  table,
});

const languageFilter = defineStep<z.infer<typeof filterOptions>>({
  kind: 'document',
  name: 'languageFilter',
  summary: 'Keeps documents that are surely in one of the given languages; 0.65 is FineWeb’s threshold.',
  version: 1,
  options: filterOptions,
  async create({ keep, threshold, shortest, table }) {
    const detector = await loadLanguageDetector({ table });
    const wanted = keep && new Set(keep.map(languageCode));
    return {
      apply(document) {
        if (shortest > 0 && (document.text.match(/\p{L}/gu)?.length ?? 0) < shortest) return document;
        const found = detector.detect(document.text);
        // A document in two kept languages is as welcome as one in either: their probabilities add up.
        let score = wanted && !wanted.has(found.language) ? 0 : found.score;
        if (wanted) for (const other of found.others) if (wanted.has(other.language)) score += other.score;
        if (score < threshold) {
          const seen = `${found.language} ${found.score.toFixed(2)}`;
          return wanted && !wanted.has(found.language)
            ? { drop: 'language', detail: `${seen} is not among ${[...wanted].slice(0, 10).join(' ')}` }
            : { drop: 'languageScore', detail: `${seen} < ${threshold}` };
        }
        return annotated(document, found, false);
      },
    };
  },
});

export const steps: readonly StepDefinition[] = [languageStep, languageFilter];
