/**
 * Deduplication: exact, near (MinHash-LSH), by substring, by sentence, by meaning; steps of the pipeline and plain functions.
 *
 * @module
 * @example
 * ```ts
 * import { deduplicate, minHashStep } from 'abovo/data/dedup';
 * const text = 'The hen laid an egg in the nest behind the barn, and nobody saw it for a week.';
 * const documents = [
 *   { id: 'a', source: 's', text },
 *   { id: 'b', source: 's', text: text.toUpperCase() },
 *   { id: 'c', source: 's', text: 'Nothing of the kind has been seen here before, they said at once.' },
 * ];
 * const { kept, verdicts } = await deduplicate(documents, minHashStep());
 * kept.map((document) => document.id); // ['a', 'c']
 * verdicts[0]?.detail; // 'copy of a'
 * ```
 */
import type { StepDefinition } from '../pipeline/index.js';
import { exactDedup } from './exact.js';
import { minHashDedup } from './minhash.js';
import { semanticDedup } from './semantic.js';
import { sentenceDedup } from './sentence-dedup.js';
import { substringDedup } from './substring-dedup.js';

export { deduplicate, verdictsOf } from './deduplicate.js';
export { withoutRanges } from '../pipeline/apply-verdict.js';
export type { DeduplicateOptions } from './deduplicate.js';
export { averageVectors } from './embed.js';
export type { Embed } from './embed.js';
export { exactStep, normalizedHasher, rawHash } from './exact.js';
export type { ExactOptions } from './exact.js';
export type { Keep } from './keep.js';
export { minHashSettings, minHashSignatures, minHashStep, textSimilarity } from './minhash.js';
export type { MinHashOptions } from './minhash.js';
export { nearDuplicateClusters } from './near-duplicates.js';
export { bandCurve, minHashPresets } from './presets.js';
export type { MinHashPreset, MinHashPresetName } from './presets.js';
export { RecordSorter } from './record-sorter.js';
export type { RecordSorterOptions } from './record-sorter.js';
export { semanticVerdicts } from './semantic.js';
export type { SemanticOptions } from './semantic.js';
export { sentenceStep } from './sentence-dedup.js';
export type { SentenceOptions } from './sentence-dedup.js';
export { sentenceSpans } from './sentences.js';
export { agreement, jaccard } from './signature.js';
export { substringStep } from './substring-dedup.js';
export type { SubstringOptions } from './substring-dedup.js';
export { UnionFind } from './union-find.js';
export { WordScanner } from './words.js';
export type { ScannedWords } from './words.js';

/** Steps of this room for the pipeline's table. */
export const steps: readonly StepDefinition[] = [
  exactDedup,
  minHashDedup,
  substringDedup,
  sentenceDedup,
  semanticDedup,
];
