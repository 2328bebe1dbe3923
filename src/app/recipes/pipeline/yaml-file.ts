import { LineCounter, type Document, isMap, isNode, isPair, isScalar, parseDocument } from 'yaml';
import type { z } from 'zod';
import { InvalidInput, messageOf, nearest } from '../../../base/core/index.js';
import { checkPipeline } from '../../../stages/data/pipeline/index.js';

/** One thing that is wrong with a YAML file. */
export interface Problem {
  /** Dotted path of the key. */
  readonly key: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly suggestion?: string;
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
