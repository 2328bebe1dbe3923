import { resolve } from 'node:path';
import { type Command, integer } from '../command.js';
import { type RuntimeOptions, runtimeOptions } from '../generation-options.js';
import { serveModel } from '../serve-model.js';

interface Options extends RuntimeOptions {
  readonly host?: string;
  readonly port?: number;
  readonly maxSequences?: number;
  readonly override?: string;
  readonly apiKeyEnv?: readonly string[];
  readonly events?: string;
}

export const command: Command<Options> = {
  name: 'serve',
  summary: 'Serve a model: OpenAI’s API, and a chat page.',
  example: 'abovo serve demo --port 8080',
  arguments: [{ name: '[folder]', description: 'project or model folder (default: here)' }],
  options: [
    {
      flags: '-p, --port <number>',
      description: 'port (default: 8080; 0 takes any free one)',
      parse: integer(0, 65_535),
    },
    { flags: '--host <address>', description: 'address to listen on (default: 127.0.0.1); others need API keys' },
    { flags: '--api-key-env <names...>', description: 'environment variables that hold API keys' },
    { flags: '--max-sequences <number>', description: 'answers written at once (default: 8)', parse: integer(1, 256) },
    { flags: '--override <reason>', description: 'serve although release thresholds are unmet; lineage records why' },
    { flags: '--events <folder>', description: 'event log (default: .abovo/events of a project)' },
    ...runtimeOptions,
  ],
  async run(context) {
    const { args, options, cwd } = context;
    const { events, ...rest } = options;
    const ended = await serveModel(
      {
        path: resolve(cwd, args[0] ?? '.'),
        ...rest,
        ...(events === undefined ? {} : { events: resolve(cwd, events) }),
      },
      context,
    );
    return { result: { ok: true, ...ended } };
  },
};
