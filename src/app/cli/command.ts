import type { OnProgress } from '../../base/contract/index.js';
import { InvalidInput } from '../../base/core/index.js';

/** One option of a verb, in commander's spelling: `-p, --port <number>`, `--no-serve`, `--input <files...>`. */
export interface CommandOption {
  readonly flags: string;
  readonly description: string;
  /** Turns the text into the option's value; throws `InvalidInput`. See `integer`, `number` and `oneOf`. */
  readonly parse?: (text: string) => unknown;
  readonly default?: unknown;
  readonly required?: boolean;
}

/** A positional argument: `<file>` must be given, `[project]` may be, `[files...]` collects. */
export interface CommandArgument {
  readonly name: string;
  readonly description: string;
}

/** What a verb is given to do its work. */
export interface CommandContext<Options extends object = Record<string, unknown>> {
  /** Positional arguments in order, as given. */
  readonly args: readonly string[];
  /** Values of the options under their camel-case names: `--max-tokens 5` is `maxTokens`. */
  readonly options: Options;
  /** Whether `--json` was given. */
  readonly json: boolean;
  readonly cwd: string;
  /** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process. */
  readonly signal: AbortSignal;
  /** For people: a line (or lines) on standard output, on standard error with `--json`. */
  print(text: string): void;
  /** Raw text on standard output without a line break (streamed tokens); on standard error with `--json`. */
  write(text: string): void;
  /** A record: one line of JSON on standard output, with or without `--json`. */
  emit(record: object): void;
  /** A remark on standard error. */
  note(text: string): void;
  /** Shows where a long job stands: a bar on a terminal, else a line every few seconds. */
  readonly onProgress: OnProgress;
}

/** How a verb ended: its exit code (0 unless said otherwise) and what `--json` prints as the last line. */
export interface CommandResult {
  readonly exitCode?: 0 | 1 | 2;
  readonly result?: object;
}

/** A verb of the command line: one file `commands/<verb>.ts` exports one as `command`. */
export interface Command<Options extends object = object> {
  readonly name: string;
  /** One sentence for the list of verbs. */
  readonly summary: string;
  /** A command line that can be typed as it stands, without the leading `$`. */
  readonly example: string;
  readonly arguments?: readonly CommandArgument[];
  readonly options?: readonly CommandOption[];
  /** Verbs under this one (`artifacts list`); a command with these has no `run` of its own. */
  readonly subcommands?: readonly Command[];
  /** Options this verb does not know are kept in `args` instead of being refused. */
  readonly passThrough?: boolean;
  run?(context: CommandContext<Options>): Promise<CommandResult | void>;
}

function refuse(what: string, text: string): never {
  throw new InvalidInput('option.value', `expected ${what}, got ${JSON.stringify(text)}`);
}

/** Parser of a whole number in a range. */
export function integer(min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range =
    max === Number.MAX_SAFE_INTEGER
      ? min === Number.MIN_SAFE_INTEGER
        ? 'a whole number'
        : `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`;
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text.trim()) || value < min || value > max) refuse(range, text);
    return value;
  };
}

/** Parser of a finite number in a range. */
export function number(min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max) {
      refuse(Number.isFinite(min) || Number.isFinite(max) ? `a number from ${min} to ${max}` : 'a number', text);
    }
    return value;
  };
}

/** Parser of one word out of a list. */
export function oneOf<T extends string>(...words: readonly T[]): (text: string) => T {
  return (text) => ((words as readonly string[]).includes(text) ? (text as T) : refuse(words.join(' or '), text));
}

/** Parser of a size in bytes with a unit of powers of 1000: `500MB`, `2GB`, `4096`. */
export function bytes(): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)\s*([kMGT]?)B?$/.exec(text.trim());
    const value = match ? Math.round(Number(match[1]) * 1000 ** ['', 'k', 'M', 'G', 'T'].indexOf(match[2])) : 0;
    if (!(value > 0 && Number.isSafeInteger(value))) refuse('a size such as 500MB or 2GB', text);
    return value;
  };
}
