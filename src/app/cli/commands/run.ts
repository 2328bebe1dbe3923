import { resolve } from 'node:path';
import { builders, measureTraining, runProject, showRun, writeReport } from '../../recipes/index.js';
import { type Command, number } from '../command.js';

interface Options {
  minutes?: number;
  only?: string;
  until?: string;
  override?: string;
}

export const command: Command<Options> = {
  name: 'run',
  summary: 'Run a project from text to a measured model; what is there already is not made again.',
  example: 'abovo run my-project --minutes 60',
  arguments: [{ name: '[project]', description: 'folder of abovo.yaml (default: here)' }],
  options: [
    {
      flags: '--minutes <number>',
      description: 'pretrain for this long, whatever abovo.yaml says',
      parse: number(0.001, 1e5),
    },
    { flags: '--only <stage>', description: 'run this stage alone' },
    { flags: '--until <stage>', description: 'stop after this stage' },
    { flags: '--override <reason>', description: 'accept unmet release thresholds; the reason is recorded' },
  ],
  async run({ args, options, cwd, signal, onProgress, print, note }) {
    const project = resolve(cwd, args[0] ?? '.');
    const result = await runProject(project, {
      ...options,
      measure: measureTraining,
      builders,
      signal,
      onProgress,
      note,
    });
    print(showRun(result));
    const report = result.artifacts.evaluation === undefined ? undefined : await writeReport(project);
    if (report) print(`Report card: ${report}`);
    return { exitCode: result.ok ? 0 : 1, result: { ...result, report } };
  },
};
