import { resolve } from 'node:path';
import { loadProject, makePlan, measureTraining, planJson, showPlan } from '../../recipes/index.js';
import { type Command, number } from '../command.js';

export const command: Command<{ minutes?: number }> = {
  name: 'plan',
  summary: 'Show every derived setting, the controls asked for, and what a run will take; nothing runs.',
  example: 'abovo plan my-project --minutes 60',
  arguments: [{ name: '[project]', description: 'folder of abovo.yaml (default: here)' }],
  options: [
    {
      flags: '--minutes <number>',
      description: 'pretrain for this long, whatever abovo.yaml says',
      parse: number(0.001, 1e5),
    },
  ],
  async run({ args, options, cwd, signal, onProgress, print }) {
    const loaded = await loadProject(resolve(cwd, args[0] ?? '.'));
    const plan = await makePlan(loaded, { measure: measureTraining, minutes: options.minutes, signal, onProgress });
    print(showPlan(plan));
    return { result: planJson(plan) };
  },
};
