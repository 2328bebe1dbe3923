/**
 * The verbs of the command line: `main` runs one, `Command` is the shape of each.
 *
 * @module
 * @example
 * ```ts
 * import { main } from 'abovo/cli';
 * await main(['--version']); // 0
 * ```
 */
export { main } from './main.js';
export { verbReference } from './reference.js';
export { integer, number, oneOf } from './command.js';
export type { Command, CommandArgument, CommandContext, CommandOption, CommandResult } from './command.js';
