import { relative } from 'node:path';
import { newProject } from '../../recipes/index.js';
import type { Command } from '../command.js';

export const command: Command<{ data?: string[] }> = {
  name: 'new',
  summary: 'Make a project: your own text files, or a small demonstration.',
  example: 'abovo new shakespeare --data plays/*.txt',
  arguments: [{ name: '<folder>', description: 'folder to make; its name becomes the name of the model' }],
  options: [{ flags: '--data <files...>', description: 'text or JSONL files to train on (globs are allowed)' }],
  async run({ args, options, cwd, print }) {
    const { folder, files } = await newProject(args[0], { data: options.data, cwd });
    const shown = relative(cwd, folder) || '.';
    print(`Made ${shown} with ${files.join(' and ')}.\nNext: abovo plan ${shown} && abovo run ${shown}`);
    return { result: { ok: true, folder, files } };
  },
};
