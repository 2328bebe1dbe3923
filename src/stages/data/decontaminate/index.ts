/**
 * Decontamination: finds what of evaluation sets stands in documents, says which item leaked where, and takes it out.
 *
 * @module
 * @example
 * ```ts
 * import { ContaminationIndex, LeakReport, decontaminateStep } from 'abovo/data/decontaminate';
 * const question = 'How many eggs are left if the hen lays twelve and the fox takes seven of them?';
 * const index = new ContaminationIndex([{ set: 'eggs', id: '1', text: question }]);
 * const report = new LeakReport(index);
 * const step = decontaminateStep(index, { action: 'cut' }, report.add);
 * const document = { id: 'page', source: 's', text: `Exam! ${question} Think.` };
 * (await step.apply(document)).text; // 'Exam! ? Think.'
 * report.sets()[0].found[0].share; // 1
 * ```
 */
import type { StepDefinition } from '../pipeline/index.js';
import { decontaminate } from './decontaminate.js';

export { ContaminationIndex } from './contamination-index.js';
export type { EvaluationItem, IndexOptions, Leak } from './contamination-index.js';
export { decontaminateStep } from './decontaminate.js';
export type { DecontaminateOptions } from './decontaminate.js';
export { LeakReport } from './leak-report.js';
export type { LeakedItem, LeakedPlace, LeakedSet } from './leak-report.js';
export { readEvaluationItems } from './read-items.js';
export type { EvaluationFiles } from './read-items.js';

/** Steps of this room for the pipeline's table. */
export const steps: readonly StepDefinition[] = [decontaminate];
