/**
 * Complete runs: the schema of `abovo.yaml`, what it derives, and the stages from text to a measured model.
 *
 * @module
 * @example
 * ```ts
 * import { corpusFiles } from 'abovo/recipes';
 * corpusFiles.train; // 'train.jsonl'
 * ```
 */
export { corpusFiles } from './corpus-module.js';
export type {
  CorpusContext,
  CorpusDocument,
  CorpusModule,
  CorpusSummary,
  SamplePrompt,
  SourceLicence,
  WritingTask,
} from './corpus-module.js';
export { checkProject, loadProject, parseProject, projectFileName } from './project-file.js';
export type { LoadedProject, Problem } from './project-file.js';
export { projectJsonSchema, projectSchema } from './schema.js';
export type { Project } from './schema.js';
