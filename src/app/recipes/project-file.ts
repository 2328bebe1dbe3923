import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LineCounter, type Document, isMap, isNode, isPair, isScalar, parseDocument } from 'yaml';
import type { z } from 'zod';
import { InvalidInput, messageOf, nearest } from '../../base/core/index.js';
import { checkPipeline } from '../../stages/data/pipeline/index.js';
import { type Project, projectJsonSchema, projectSchema } from './schema.js';

export const projectFileName = 'abovo.yaml';
const maxBytes = 1_000_000;

/** One thing that is wrong with `abovo.yaml`. */
export interface Problem {
  /** Dotted path of the key. */
  readonly key: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly suggestion?: string;
}

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

/** What is wrong with the sources and steps in a file. `at` leads to their section. */
export async function pipelineProblems(
  section: unknown,
  folder: string,
  { document, counter }: ReadYaml,
  at: readonly string[],
): Promise<Problem[]> {
  const { problems } = await checkPipeline(section, folder);
  return problems.map(({ path, message }) => {
    const whole = [...at, ...path];
    const { line, col } = counter.linePos(offsetOf(document, whole));
    return { key: whole.join('.'), line: line || 1, column: col || 1, message };
  });
}

/** An error that names all problems of a file. */
export function invalid(problems: readonly Problem[], path: string): InvalidInput {
  const lines = problems.map(
    ({ line, column, key, message, suggestion }) =>
      `  ${path}:${line}:${column}: ${key ? `${key}: ` : ''}${message}${suggestion ? `; did you mean "${suggestion}"?` : ''}`,
  );
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new InvalidInput('project.invalid', `${count} in ${path}:\n${lines.join('\n')}`, { problems });
}

/** Checks the text of an `abovo.yaml`; `path` is used in messages. */
export function parseProject(text: string, path: string = projectFileName): Project {
  const { project, problems } = checkProject(text);
  if (project) return project;
  throw invalid(problems, path);
}

/** A YAML file, read: its data and where each value stands. */
export interface ReadYaml {
  readonly data: unknown;
  readonly document: Document.Parsed;
  readonly counter: LineCounter;
}

/** Data of a YAML text, or why it is none. */
export function readYaml(text: string): ReadYaml | { readonly problems: readonly Problem[] } {
  const counter = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, merge: false });
    if (document.errors.length > 0) {
      const problems = document.errors.map(({ pos, message }) => {
        const { line, col } = counter.linePos(pos[0]);
        return { key: '', line: line || 1, column: col || 1, message };
      });
      return { problems };
    }
    return { data: document.toJS({ maxAliasCount: 100 }) as unknown, document, counter };
  } catch (error) {
    // Nesting beyond the parser's stack, or aliases that would grow without end.
    return { problems: [{ key: '', line: 1, column: 1, message: `this is not usable YAML: ${messageOf(error)}` }] };
  }
}

/** Checks the data of a file against a schema; `known` are the keys at a path. */
export function checkYaml<T>(
  read: ReadYaml,
  schema: z.ZodType<T>,
  known: (path: readonly (string | number)[]) => string[],
): { readonly value?: T; readonly problems: readonly Problem[] } {
  const checked = schema.safeParse(read.data ?? {}, { reportInput: true });
  if (checked.success) return { value: checked.data, problems: [] };
  const problems = checked.error.issues
    .flatMap((issue) => describe(issue, read, known))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  return { problems };
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

function describe(
  issue: z.core.$ZodIssue,
  { document, counter }: ReadYaml,
  keysOf: (path: readonly (string | number)[]) => string[],
): Problem[] {
  const path = issue.path as (string | number)[];
  const at = (where: (string | number)[], key?: string): { line: number; column: number } => {
    const { line, col } = counter.linePos(offsetOf(document, where, key));
    return { line: line || 1, column: col || 1 };
  };
  if (issue.code === 'unrecognized_keys') {
    const known = keysOf(path);
    return issue.keys.map((key) => {
      const suggestion = nearest(key, known);
      const message = suggestion || known.length === 0 ? 'unknown key' : `unknown key; known are ${known.join(', ')}`;
      return { key: [...path, key].join('.'), ...at(path, key), message, suggestion };
    });
  }
  const problem = { key: path.join('.'), ...at(path) };
  if (issue.code === 'invalid_value') {
    const words = issue.values.map(String);
    const suggestion = typeof issue.input === 'string' ? nearest(issue.input, words) : undefined;
    return [{ ...problem, message: `expected ${words.join(' or ')}, got ${show(issue.input)}`, suggestion }];
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [{ ...problem, message: `expected ${issue.expected}, it is missing` }];
  }
  if (issue.code === 'custom') return [{ ...problem, message: issue.message }];
  const message = issue.message.replace(/^Invalid input: /, '').replace(/^Too (small|big): /, '');
  const got = issue.input !== null && typeof issue.input === 'object' ? '' : `, got ${show(issue.input)}`;
  return [{ ...problem, message: message.includes('got ') ? message : message.replace(/, received .*$/, '') + got }];
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

/** Offset in the text of the value at `path`, or of the key `key` in the mapping there; the nearest parent's if absent. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[], key?: string): number {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (key !== undefined && isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key);
    if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
  }
  if (isNode(node) && node.range) return node.range[0];
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1), String(path.at(-1)));
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
