/**
 * What sources and steps of the data pipeline are: each is a definition, created anew in every worker.
 *
 * @module
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { defineStep } from 'abovo/data/pipeline';
 * export const shortest = defineStep({
 *   kind: 'document', name: 'shortest', summary: 'Drops short texts.', version: 1,
 *   options: z.object({ characters: z.number() }),
 *   create: ({ characters }) => ({
 *     apply: (document) => (document.text.length < characters ? { drop: 'short' } : document),
 *   }),
 * });
 * ```
 */
export { defineSource } from './source.js';
export type { ReadContext, Source, SourceContext, SourceDefinition, SourceItem, SourceTask } from './source.js';
export { defineStep, isDrop } from './step.js';
export type {
  CorpusStep,
  CorpusStepDefinition,
  DecideContext,
  DocumentStep,
  DocumentStepDefinition,
  Drop,
  Outcome,
  StepContext,
  StepDefinition,
  Summary,
  Verdict,
} from './step.js';
