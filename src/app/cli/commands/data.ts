import type { Command } from '../command.js';
import { command as inspect } from '../data/inspect.js';
import { command as run } from '../data/run.js';

/** Each verb is a file `../data/<verb>.ts`; what is heavy is imported inside its `run`. */
export const command: Command = {
  name: 'data',
  summary: 'Collect, clean, filter, deduplicate and inspect text; each step is a verb of its own.',
  example: 'abovo data run my-project --workers 2',
  subcommands: [run, inspect] as readonly Command[],
};
