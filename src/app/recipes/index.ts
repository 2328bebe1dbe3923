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
export { builders } from './builders.js';
export { readEvaluationData } from './build-evaluation.js';
export { corpusFiles } from './corpus-module.js';
export type {
  CorpusContext,
  CorpusDocument,
  CorpusModule,
  CorpusSummary,
  PreferencePair,
  SamplePrompt,
  SourceLicence,
  WritingTask,
} from './corpus-module.js';
export type { Setting } from './derive.js';
export { findRate } from './find-rate.js';
export type { FindRateOptions, RateSweep } from './find-rate.js';
export { measureTraining } from './measure.js';
export { newProject } from './new-project.js';
export type { NewProject } from './new-project.js';
export { makePlan, stageNames } from './plan.js';
export type { Plan, PlanOptions, PlannedStage, StageName } from './plan.js';
export { forecastOf } from './plan-state.js';
export { loadPipeline } from './pipeline/index.js';
export type { LoadedPipeline, Problem } from './pipeline/index.js';
export { checkProject, loadProject, parseProject, projectFileName } from './project-file.js';
export type { LoadedProject } from './project-file.js';
export { runProject } from './run.js';
export type { BuildStage, Builders, RunOptions, RunResult, StageContext } from './run.js';
export { keyReference } from './reference.js';
export { gatherReport, writeReport } from './report-gather.js';
export type { ReportInput } from './report-input.js';
export { findModel, readRunState } from './run-state.js';
export type { FindModelOptions, ModelFolder, RunMetrics, RunState } from './run-state.js';
export { projectJsonSchema, projectSchema } from './schema.js';
export type { Project } from './schema.js';
export { planJson, showPlan } from './show-plan.js';
export { showRun } from './show-run.js';
