import { fileURLToPath } from 'node:url';
import { type Command, integer } from '../command.js';
import { type RuntimeOptions, runtimeOptions } from '../generation-options.js';
import { type RunProjectOptions, minutesOption, overrideOption, runAndReport } from '../run-project.js';
import { serveModel } from '../serve-model.js';

interface Options extends RuntimeOptions, RunProjectOptions {
  readonly serve: boolean;
  readonly host?: string;
  readonly port?: number;
}

const example = fileURLToPath(new URL('../../../../examples/lexicographer', import.meta.url));

export const command: Command<Options> = {
  name: 'start',
  summary: 'Run the example from text to a served model and stay up; what npm start does.',
  example: 'abovo start --no-serve --json',
  options: [
    { flags: '--no-serve', description: 'end after the run instead of serving the model' },
    minutesOption,
    overrideOption,
    {
      flags: '-p, --port <number>',
      description: 'port (default: 8080; 0 takes any free one)',
      parse: integer(0, 65_535),
    },
    { flags: '--host <address>', description: 'address to listen on (default: 127.0.0.1); others need API keys' },
    ...runtimeOptions,
  ],
  async run(context) {
    const { serve, minutes, override, ...rest } = context.options;
    const result = await runAndReport(example, { minutes, override }, context);
    if (!serve || !result.ok) return { exitCode: result.ok ? 0 : 1, result };
    const ended = await serveModel({ path: example, override, ...rest }, context);
    return { result: { ...result, ...ended } };
  },
};
