import { resolve } from 'node:path';
import { formatBytes } from '../../../base/core/index.js';
import { pushModel } from '../../../model/exchange/index.node.js';
import { findModel } from '../../recipes/index.js';
import type { Command } from '../command.js';
import { hubOptions, hubOf } from '../hub-options.js';
import type { HubCommandOptions } from '../hub-options.js';

interface Options extends HubCommandOptions {
  readonly to: string;
  readonly public?: boolean;
  readonly message?: string;
  readonly include?: readonly string[];
  readonly which?: 'tuned' | 'base';
  readonly override?: string;
}

export const command: Command<Options> = {
  name: 'push',
  summary: 'Send a model to the Hugging Face Hub, private unless told otherwise.',
  example: 'HF_TOKEN=… abovo push demo --to org/name',
  arguments: [{ name: '[folder]', description: 'project or model folder (default: here)' }],
  options: [
    { flags: '--to <repository>', description: 'org/name', required: true },
    { flags: '--public', description: 'make a new repository public' },
    { flags: '--message <text>', description: 'title of the commit' },
    { flags: '--include <globs...>', description: 'further files to send' },
    { flags: '--which <stage>', description: 'tuned or base model of a project (default: tuned if there is one)' },
    { flags: '--override <reason>', description: 'push although release thresholds are unmet; lineage records why' },
    ...hubOptions,
  ],
  async run({ args, options, cwd, signal, print }) {
    const { folder } = await findModel(resolve(cwd, args[0] ?? '.'), {
      gate: true,
      ...(options.which ? { which: options.which } : {}),
      ...(options.override === undefined ? {} : { override: options.override }),
    });
    const pushed = await pushModel(folder, options.to, {
      ...hubOf(options),
      private: !options.public,
      ...(options.message === undefined ? {} : { message: options.message }),
      ...(options.include === undefined ? {} : { include: options.include }),
      signal,
    });
    print(
      `${folder} → ${pushed.repository}: ${pushed.files.length} files, ${formatBytes(pushed.bytes)}, ${pushed.commit}`,
    );
    return { result: { ok: true, ...pushed } };
  },
};
