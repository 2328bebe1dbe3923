import type { Command } from '../command.js';
import { decode, encode } from '../tokenizer-code.js';
import { importRanks } from '../tokenizer-import.js';
import { report } from '../tokenizer-report.js';
import { train } from '../tokenizer-train.js';

export const command: Command = {
  name: 'tokenizer',
  summary: 'Train tokenizers, compare them, import them; encode texts, decode ids.',
  example: 'abovo tokenizer train --vocab-size 8000 --input corpus.txt --out tokenizer.json',
  subcommands: [train, encode, decode, report, importRanks] as readonly Command[],
};
