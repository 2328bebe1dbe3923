import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { type PipelineInput, sourceEntrySchema, stepEntrySchema } from '../../../stages/data/pipeline/index.js';
import { checkYaml, invalid, pipelineProblems, readYaml } from './yaml-file.js';

const projectFileName = 'abovo.yaml';

/** A file that holds a pipeline and nothing else. */
const pipelineSchema = z.strictObject({
  sources: z.array(sourceEntrySchema).min(1),
  steps: z.array(stepEntrySchema).optional(),
  seed: z.int().min(0).max(2147483647).optional(),
  workers: z.int().min(0).max(1024).optional(),
});

/** A pipeline and where it stands. */
export interface LoadedPipeline {
  /** Where relative paths start. */
  readonly folder: string;
  readonly name: string;
  readonly input: PipelineInput;
  readonly workers?: number;
}

/**
 * The pipeline of a project (`data.sources` and `data.steps` of its `abovo.yaml`) or of a YAML file with the keys `sources`,
 * `steps`, `seed` and `workers`. Errors: `InvalidInput` with everything that is wrong, each with line and column.
 */
export async function loadPipeline(path: string): Promise<LoadedPipeline> {
  const at = resolve(path);
  const info = await stat(at).catch(() => undefined);
  if (info?.isDirectory() || basename(at) === projectFileName) {
    // A project's schema knows every stage of a model's life; a pipeline alone starts without them.
    const { loadProject } = await import('../project-file.js');
    const { folder, name, project } = await loadProject(info?.isDirectory() ? at : dirname(at));
    const { sources, steps, workers } = project.data;
    if (!sources) {
      throw new InvalidInput('pipeline.missing', `read ${at}: expected data.sources in ${projectFileName}, found none`);
    }
    return { folder, name, input: { sources, steps, seed: project.seed ?? 1 }, workers };
  }
  let text: string;
  try {
    text = await readFile(at, 'utf8');
  } catch (error) {
    throw new InvalidInput('pipeline.missing', `read ${at}: ${messageOf(error)}`, { path: at }, error);
  }
  const read = readYaml(text);
  if ('problems' in read) throw invalid(read.problems, at);
  const folder = dirname(at);
  const outer = checkYaml(read, pipelineSchema, (keys) => (keys.length === 0 ? Object.keys(pipelineSchema.shape) : []));
  const inner = await pipelineProblems(read.data, folder, read, []);
  const problems = [...outer.problems.filter(({ key }) => !/^(sources|steps)(\.|$)/.test(key)), ...inner];
  if (problems.length > 0) throw invalid(problems, at);
  const { sources, steps, seed = 1, workers } = outer.value!;
  return { folder, name: basename(at).replace(/\.ya?ml$/, ''), input: { sources, steps, seed }, workers };
}
