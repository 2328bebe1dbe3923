import type { Command } from '../command.js';
import { command as language } from '../data/language.js';
import { command as quality } from '../data/quality.js';
import { command as safety } from '../data/safety.js';
import { command as trainClassifier } from '../data/train-classifier.js';

/** Each verb is a file `../data/<verb>.ts`; what is heavy is imported inside its `run`. */
export const command: Command = {
  name: 'data',
  summary: 'Collect, clean, filter, deduplicate and inspect text; each step is a verb of its own.',
  example: 'abovo data language --input texts.jsonl --json',
  subcommands: [language, quality, safety, trainClassifier] as readonly Command[],
};
