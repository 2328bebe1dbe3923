import type { Command, CommandOption } from './command.js';
import { loadVerb, verbNames } from './main.js';

const cell = (text: string): string => text.replaceAll('|', '\\|');

function optionsOf(options: readonly CommandOption[] | undefined): string {
  return (options ?? []).map(({ flags }) => `\`${cell(flags)}\``).join(', ');
}

/** The verbs as a Markdown table, from the commands themselves. */
export async function verbReference(): Promise<string> {
  const rows: string[] = [];
  const add = (command: Command, prefix: string): void => {
    const name = `${prefix}${command.name}`;
    if (command.subcommands) {
      for (const sub of command.subcommands) add(sub, `${name} `);
      return;
    }
    const called = [name, ...(command.arguments ?? []).map((argument) => argument.name)].join(' ');
    rows.push(`| \`${cell(called)}\` | ${cell(command.summary)} | ${optionsOf(command.options)} |`);
  };
  for (const name of verbNames()) add(await loadVerb(name), '');
  return ['| verb | does | options |', '|---|---|---|', ...rows].join('\n');
}
