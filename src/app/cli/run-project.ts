import { relative } from 'node:path';
import { builders, measureTraining, runProject, showRun, writeReport } from '../recipes/index.js';
import type { RunResult } from '../recipes/index.js';
import { type CommandContext, type CommandOption, number } from './command.js';

export interface RunProjectOptions {
  readonly minutes?: number;
  readonly only?: string;
  readonly until?: string;
  readonly override?: string;
}

export const minutesOption: CommandOption = {
  flags: '--minutes <number>',
  description: 'pretrain for this long, whatever abovo.yaml says',
  parse: number(0.001, 1e5),
};
export const overrideOption: CommandOption = {
  flags: '--override <reason>',
  description: 'accept unmet release thresholds; the reason is recorded',
};

/** Runs a project, writes its report where the run is complete, and prints what came out. */
export async function runAndReport(
  folder: string,
  options: RunProjectOptions,
  { signal, onProgress, note, print, cwd }: Pick<CommandContext, 'signal' | 'onProgress' | 'note' | 'print' | 'cwd'>,
): Promise<RunResult & { readonly report?: string }> {
  const { minutes, only, until, override } = options;
  const result = await runProject(folder, {
    minutes,
    only,
    until,
    override,
    measure: measureTraining,
    builders,
    signal,
    onProgress,
    note,
  });
  print(showRun(result));
  if (result.artifacts.evaluation === undefined) return result;
  const report = await writeReport(folder);
  print(`Report: ${relative(cwd, report) || report}`);
  return { ...result, report };
}
