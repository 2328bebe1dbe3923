/**
 * Pipelines as files: YAML with the place of every value, so that all mistakes are told at once with line and column.
 *
 * @module
 * @example
 * ```ts no-run
 * import { loadPipeline } from 'abovo/recipes';
 * const { input, folder } = await loadPipeline('web.yaml');
 * ```
 */
export { loadPipeline } from './pipeline-file.js';
export type { LoadedPipeline } from './pipeline-file.js';
export { checkYaml, invalid, pipelineProblems, readYaml } from './yaml-file.js';
export type { Problem, ReadYaml } from './yaml-file.js';
