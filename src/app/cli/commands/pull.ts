import { resolve } from 'node:path';
import { formatBytes } from '../../../base/core/index.js';
import { pullModel } from '../../../model/exchange/index.node.js';
import type { Command } from '../command.js';
import { hubOptions, hubOf } from '../hub-options.js';
import type { HubCommandOptions } from '../hub-options.js';

interface Options extends HubCommandOptions {
  readonly out?: string;
  readonly revision?: string;
  readonly include?: readonly string[];
}

export const command: Command<Options> = {
  name: 'pull',
  summary: 'Take a model from the Hugging Face Hub; a pull that was stopped goes on.',
  example: 'abovo pull org/name --out name',
  arguments: [{ name: '<repository>', description: 'org/name' }],
  options: [
    { flags: '--out <dir>', description: 'folder to write (default: the name)' },
    { flags: '--revision <name>', description: 'branch, tag or commit (default: main)' },
    { flags: '--include <globs...>', description: 'further files to take' },
    ...hubOptions,
  ],
  async run({ args, options, cwd, signal, print, onProgress }) {
    const name = args[0] as string;
    const pulled = await pullModel(name, {
      ...hubOf(options),
      out: resolve(cwd, options.out ?? (name.split('/').at(-1) as string)),
      ...(options.revision === undefined ? {} : { revision: options.revision }),
      ...(options.include === undefined ? {} : { include: options.include }),
      signal,
      onProgress,
    });
    print(`${pulled.repository} → ${pulled.out}: ${pulled.files.length} files, ${formatBytes(pulled.bytes)} read now`);
    return { result: { ok: true, ...pulled } };
  },
};
