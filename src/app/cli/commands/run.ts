import { resolve } from 'node:path';
import type { Command } from '../command.js';
import { type RunProjectOptions, minutesOption, overrideOption, runAndReport } from '../run-project.js';

export const command: Command<RunProjectOptions> = {
  name: 'run',
  summary: 'Run a project from text to a measured model; what is there already is not made again.',
  example: 'abovo run my-project --minutes 60',
  arguments: [{ name: '[project]', description: 'folder of abovo.yaml (default: here)' }],
  options: [
    minutesOption,
    { flags: '--only <stage>', description: 'run this stage alone' },
    { flags: '--until <stage>', description: 'stop after this stage' },
    overrideOption,
  ],
  async run(context) {
    const result = await runAndReport(resolve(context.cwd, context.args[0] ?? '.'), context.options, context);
    return { exitCode: result.ok ? 0 : 1, result };
  },
};
