import type { Command } from '../command.js';
import { erase } from '../data/erase.js';
import { pii } from '../data/pii.js';

/** Each verb is a file `../data/<verb>.ts`; what is heavy is imported inside its `run`. */
export const command: Command = {
  name: 'data',
  summary: 'Collect, clean, filter, deduplicate and inspect text; each step is a verb of its own.',
  example: 'abovo data language --input texts.jsonl --json',
  subcommands: [erase, pii] as readonly Command[],
};
