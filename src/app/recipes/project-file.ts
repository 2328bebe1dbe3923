import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { z } from 'zod';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import { type Problem, type ReadYaml, checkYaml, invalid, pipelineProblems, readYaml } from './pipeline/index.js';
import { type Project, projectJsonSchema, projectSchema } from './schema.js';

export const projectFileName = 'abovo.yaml';
const maxBytes = 1_000_000;

export interface LoadedProject {
  /** Folder of `abovo.yaml`. */
  readonly folder: string;
  readonly name: string;
  readonly project: Project;
}

/**
 * Reads and checks the `abovo.yaml` of a project.
 *
 * @throws InvalidInput `project.invalid` with every problem at once, each with line, column and a suggestion.
 */
export async function loadProject(folder: string): Promise<LoadedProject> {
  const root = resolve(folder);
  const path = join(root, projectFileName);
  const text = await readProjectText(path);
  const { project, problems } = await checkWhole(text, root);
  if (!project) throw invalid(problems, path);
  return { folder: root, name: project.name ?? (basename(root).replace(/[^\w.-]+/g, '-') || 'model'), project };
}

async function readProjectText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new InvalidInput(
      'project.missing',
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `read ${path}: there is no such file; "abovo new NAME --data FILES..." makes a project`
        : `read ${path}: ${messageOf(error)}`,
      { path },
      error,
    );
  }
  if (bytes.length > maxBytes) {
    throw new InvalidInput('project.invalid', `read ${path}: expected at most ${maxBytes} bytes, got ${bytes.length}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new InvalidInput('project.invalid', `read ${path}: expected UTF-8 text`, { path }, error);
  }
}

/** The project and what is wrong with it, the options of its sources and steps included. */
async function checkWhole(text: string, folder: string): Promise<{ project?: Project; problems: readonly Problem[] }> {
  const { project, problems, read } = checkProject(text);
  const data = (read?.data as { data?: { sources?: unknown; seed?: unknown } } | undefined)?.data;
  if (data?.sources === undefined) return { project, problems };
  const inner = await pipelineProblems(data, folder, read!, ['data']);
  if (inner.length === 0) return { project, problems };
  // The schema says less about sources and steps than their definitions do.
  const outer = problems.filter(({ key }) => !/^data\.(sources|steps)\./.test(key));
  return { problems: [...outer, ...inner].sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** Checks the text of an `abovo.yaml`; `path` is used in messages. */
export function parseProject(text: string, path: string = projectFileName): Project {
  const { project, problems } = checkProject(text);
  if (project) return project;
  throw invalid(problems, path);
}

/** The project in `text`, or everything that is wrong with it, in order of lines. */
export function checkProject(text: string): {
  readonly project?: Project;
  readonly problems: readonly Problem[];
  readonly read?: ReadYaml;
} {
  const read = readYaml(text);
  if ('problems' in read) return read;
  const { value, problems } = checkYaml(read, projectSchema as unknown as z.ZodType<Project>, keysAt);
  return { project: value, problems, read };
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

let schema: SchemaNode | undefined;

/** Keys the schema knows at a path. */
function keysAt(path: readonly (string | number)[]): string[] {
  schema ??= projectJsonSchema() as SchemaNode;
  let node: SchemaNode | undefined = schema;
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[part];
  return Object.keys(node?.properties ?? {});
}
