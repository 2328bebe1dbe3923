/**
 * Sources and steps of the data pipeline, and its runner: from any source to clean documents, streamed, on many workers.
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
export type { Amount, ReadCount, StepCount } from './counts.js';
export { readOutput, readReport } from './output.js';
export type { PipelineReport, PipelineTimes, ShardReport, SourceReport, StepReport } from './report.js';
export { pipelineIdentity, runPipeline } from './run.js';
export type { PipelineOptions, PipelineResult, ShardChoice } from './run.js';
export { checkPipeline, completePipeline, sourceEntrySchema, specDigest, stepEntrySchema } from './spec.js';
export type { PipelineInput, PipelineSpec, SourceEntry, SourceSpec, SpecProblem, StepEntry, StepSpec } from './spec.js';
export { findSource, findStep, sourceKinds, stepNames } from './table.js';
export type { Offer } from './table.js';
export { changesBetween } from './changes.js';
export type { Change } from './changes.js';
export { inspectPipeline, traceJson } from './inspect.js';
export type { InspectOptions, Inspected, Trace } from './inspect.js';
