import { z } from 'zod';
import { InvalidInput, type Json, canonicalJson, messageOf } from '../../../base/core/index.js';
import { sha256 } from '../../../base/core/index.node.js';
import type { AccessClass } from '../document.js';
import type { SourceDefinition } from './source.js';
import type { StepDefinition } from './step.js';
import { findSource, findStep, unknownName } from './table.js';

/** A source as it stands in `abovo.yaml`: its kind, what holds for all kinds, and the options of its kind. */
export const sourceEntrySchema = z
  .looseObject({
    kind: z.string().min(1).describe('Kind of the source, or a module of your own: ./my-source.js#name.'),
    name: z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'expected letters, digits, ".", "_" or "-"')
      .optional()
      .describe('Name in counts and reports; default: the kind.'),
    licence: z.string().min(1).optional().describe('SPDX expression for documents that name none themselves.'),
    access: z
      .enum(['public', 'internal', 'confidential', 'personal'])
      .optional()
      .describe('Who may see its documents.'),
  })
  .describe('A source of documents; the other keys are the options of its kind.');

/** A step as it stands in `abovo.yaml`: a name, or a name with options. */
export const stepEntrySchema = z
  .union([
    z.string().min(1),
    z
      .record(z.string().min(1), z.json())
      .refine((entry) => Object.keys(entry).length === 1, 'expected one step, as in "- language: { keep: [en] }"'),
  ])
  .describe('A step: its name, or its name with options.');

export type SourceEntry = z.input<typeof sourceEntrySchema>;
export type StepEntry = z.input<typeof stepEntrySchema>;

/** A source, complete: plain data that travels to workers. */
export interface SourceSpec {
  readonly kind: string;
  /** Unique among the sources: what counts and rejects go by. */
  readonly label: string;
  readonly options: Json;
  readonly licence?: string;
  readonly access?: AccessClass;
  readonly version: number;
  readonly code?: string;
}

/** A step, complete: plain data that travels to workers. */
export interface StepSpec {
  readonly name: string;
  /** Unique among the steps: the second `language` is `language-2`. */
  readonly label: string;
  readonly kind: 'document' | 'corpus';
  readonly options: Json;
  readonly version: number;
  readonly code?: string;
}

export interface PipelineSpec {
  readonly sources: readonly SourceSpec[];
  readonly steps: readonly StepSpec[];
  readonly seed: number;
}

/** One thing that is wrong with a pipeline; `path` leads to it below the section (`steps.2.language.keep`). */
export interface SpecProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface PipelineInput {
  readonly sources: readonly SourceEntry[];
  readonly steps?: readonly StepEntry[];
  readonly seed?: number;
}

const labelOf = (name: string, taken: Set<string>): string => {
  const base =
    name
      .replace(/^.*[/\\]/, '')
      .replace(/^[^#]*#/, '')
      .replace(/[^\w.-]+/g, '-') || 'step';
  let label = base;
  for (let n = 2; taken.has(label); n++) label = `${base}-${n}`;
  taken.add(label);
  return label;
};

function optionProblems(
  path: readonly (string | number)[],
  definition: Pick<StepDefinition | SourceDefinition, 'options'>,
  options: unknown,
): SpecProblem[] {
  const checked = definition.options.safeParse(options);
  if (checked.success) return [];
  return checked.error.issues.map((issue) => ({
    path: [...path, ...(issue.path as (string | number)[])],
    message: issue.code === 'unrecognized_keys' ? `unknown option ${issue.keys.join(', ')}` : issue.message,
  }));
}

/**
 * Checks the sources and steps of a pipeline against their definitions: the complete pipeline, or everything that is
 * wrong with it. `folder` is where modules and relative paths start.
 */
export async function checkPipeline(
  input: unknown,
  folder: string,
): Promise<{ readonly spec?: PipelineSpec; readonly problems: readonly SpecProblem[] }> {
  const problems: SpecProblem[] = [];
  const { sources: sourceEntries, steps: stepEntries, seed } = (input ?? {}) as Record<string, unknown>;
  const sources: SourceSpec[] = [];
  const steps: StepSpec[] = [];
  if (!Array.isArray(sourceEntries) || sourceEntries.length === 0) {
    problems.push({ path: ['sources'], message: 'expected a list of sources, each with its kind' });
  }
  const sourceLabels = new Set<string>();
  for (const [i, raw] of (Array.isArray(sourceEntries) ? sourceEntries : []).entries()) {
    const checked = sourceEntrySchema.safeParse(raw);
    if (!checked.success) {
      for (const issue of checked.error.issues) {
        problems.push({ path: ['sources', i, ...(issue.path as (string | number)[])], message: issue.message });
      }
      continue;
    }
    const { kind, name, licence, access, ...options } = checked.data;
    const found = await attempt(() => findSource(kind, folder), ['sources', i, 'kind'], unknownName('source', kind));
    if ('problem' in found) {
      problems.push(found.problem);
      continue;
    }
    const { definition, code } = found.value;
    problems.push(...optionProblems(['sources', i], definition, options));
    const label = labelOf(name ?? kind, sourceLabels);
    sources.push({ kind, label, options: options as Json, licence, access, version: definition.version, code });
  }
  const stepLabels = new Set<string>();
  if (stepEntries !== undefined && !Array.isArray(stepEntries)) {
    problems.push({ path: ['steps'], message: 'expected a list of steps' });
  }
  for (const [i, raw] of (Array.isArray(stepEntries) ? stepEntries : []).entries()) {
    const checked = stepEntrySchema.safeParse(raw);
    if (!checked.success) {
      problems.push({ path: ['steps', i], message: 'expected the name of a step, or "name: { options }"' });
      continue;
    }
    const [name, options] = typeof checked.data === 'string' ? [checked.data, {}] : Object.entries(checked.data)[0];
    const path = typeof checked.data === 'string' ? ['steps', i] : ['steps', i, name];
    const found = await attempt(() => findStep(name, folder), path, unknownName('step', name));
    if ('problem' in found) {
      problems.push(found.problem);
      continue;
    }
    const { definition, code } = found.value;
    problems.push(...optionProblems(path, definition, options ?? {}));
    const { kind, version } = definition;
    steps.push({ name, label: labelOf(name, stepLabels), kind, options: (options ?? {}) as Json, version, code });
  }
  if (problems.length > 0) return { problems };
  return { spec: { sources, steps, seed: typeof seed === 'number' ? seed : 1 }, problems };
}

async function attempt<T>(
  load: () => Promise<T>,
  path: readonly (string | number)[],
  unknown: string | undefined,
): Promise<{ value: T } | { problem: SpecProblem }> {
  if (unknown !== undefined) return { problem: { path, message: unknown } };
  try {
    return { value: await load() };
  } catch (error) {
    return { problem: { path, message: messageOf(error) } };
  }
}

/** The complete pipeline. Errors: `InvalidInput` `pipeline.invalid` with everything that is wrong, at once. */
export async function completePipeline(input: PipelineInput, folder: string): Promise<PipelineSpec> {
  const { spec, problems } = await checkPipeline(input, folder);
  if (spec) return spec;
  const lines = problems.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  const what = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  throw new InvalidInput('pipeline.invalid', `${what} in the pipeline:\n${lines.join('\n')}`, { problems });
}

/** Hash of what decides a pipeline's output, beside the data itself. */
export function specDigest(spec: PipelineSpec): string {
  return sha256(canonicalJson(spec)).slice(0, 32);
}
