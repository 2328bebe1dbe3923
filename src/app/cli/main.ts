import { setMaxListeners } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Command as Program, CommanderError, Option } from 'commander';
import { AbovoError, InvalidInput, Unavailable, messageOf, nearest } from '../../base/core/index.js';
import type { Command, CommandContext, CommandResult } from './command.js';
import { createProgress } from './progress.js';

/** Order of the verbs in help; others follow by name. */
const life =
  'new plan rate run start report chat generate embed score eval serve import export pull push tokenizer vectors artifacts lineage doctor'.split(
    ' ',
  );
const folder = new URL('./commands/', import.meta.url);

/** Names of the verbs, in the order of a model's life: one file in `commands` each. */
export function verbNames(): string[] {
  const rank = (name: string): number => (life.includes(name) ? life.indexOf(name) : life.length);
  return readdirSync(folder)
    .filter((file) => /^[a-z-]+\.(js|ts)$/.test(file))
    .map((file) => file.slice(0, -3))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** Loads a verb's file; nothing of it is read before, so `abovo --version` stays fast. */
export async function loadVerb(name: string): Promise<Command> {
  const file = readdirSync(folder).find((entry) => entry === `${name}.js` || entry === `${name}.ts`);
  if (!file) {
    const names = verbNames();
    const near = nearest(name, names);
    throw new InvalidInput(
      'verb.unknown',
      `abovo has no verb "${name}"${near ? `; did you mean "${near}"?` : ''} Verbs: ${names.join(', ')}`,
    );
  }
  return ((await import(new URL(file, folder).href)) as { command: Command }).command;
}

/** Version of the package. */
export function packageVersion(): string {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Where the command line writes; tests give their own. */
export interface Streams {
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { isTTY?: boolean };
}

interface Ending {
  exitCode: 0 | 1 | 2;
  result?: object;
}

/**
 * Runs one verb and resolves to the exit code: 0 done, 1 failed, 2 the caller's mistake. With `--json` the last line on
 * standard output is one JSON object, also for an error: `{"ok":false,"error":{"code","message",…}}`.
 */
export async function main(
  argv: readonly string[],
  streams: Streams = { stdout: process.stdout, stderr: process.stderr },
): Promise<number> {
  const json = argv.includes('--json');
  const display = createProgress(streams.stderr);
  const abort = new AbortController();
  // Every request in flight listens to it.
  setMaxListeners(0, abort.signal);
  const onSignal = (signal: NodeJS.Signals): void => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort(
      new Unavailable('interrupted', `interrupted by ${signal}; the same command goes on where this one stopped`),
    );
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const ending: Ending = { exitCode: 0 };
  try {
    const program = await build(argv, streams, (command, args, options) =>
      runVerb(command, args, options, json, streams, abort.signal, display).then((result) => {
        ending.exitCode = result?.exitCode ?? 0;
        ending.result = result?.result;
      }),
    );
    await program.parseAsync([...argv], { from: 'user' });
    display.pause();
    if (json && ending.result) streams.stdout.write(`${JSON.stringify(ending.result)}\n`);
    return ending.exitCode;
  } catch (thrown) {
    display.pause();
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const error = abort.signal.aborted && !(thrown instanceof InvalidInput) ? abort.signal.reason : thrown;
    return report(error, json, streams);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function runVerb(
  command: Command,
  args: readonly string[],
  options: Record<string, unknown>,
  json: boolean,
  { stdout, stderr }: Streams,
  signal: AbortSignal,
  display: ReturnType<typeof createProgress>,
): Promise<CommandResult | void> {
  const human = json ? stderr : stdout;
  const context: CommandContext<Record<string, unknown>> = {
    args,
    options,
    json,
    cwd: process.cwd(),
    signal,
    print: (text) => void (display.pause(), human.write(text.endsWith('\n') ? text : `${text}\n`)),
    write: (text) => void human.write(text),
    emit: (record) => void stdout.write(`${JSON.stringify(record)}\n`),
    note: (text) => void (display.pause(), stderr.write(`${text}\n`)),
    onProgress: (progress) => display.onProgress(progress),
  };
  return command.run!(context);
}

type Run = (command: Command, args: readonly string[], options: Record<string, unknown>) => Promise<void>;

async function build(argv: readonly string[], streams: Streams, run: Run): Promise<Program> {
  const program = new Program('abovo')
    .description("A language model's whole life, from real text to a served model.")
    .version(packageVersion(), '-V, --version')
    .option('--json', 'print the result as one JSON object on the last line')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void streams.stdout.write(text), writeErr: () => undefined })
    .addHelpText(
      'after',
      '\nExample:\n  abovo new demo && abovo run demo\n\nExit codes: 0 done, 1 failed, 2 your mistake.',
    );
  const verb = argv.find((word) => !word.startsWith('-'));
  if (verb === undefined) {
    if (argv.some((word) => word === '--version' || word === '-V')) return program;
    for (const name of verbNames()) add(program, await loadVerb(name), run);
    return program;
  }
  add(program, await loadVerb(verb), run);
  return program;
}

function add(parent: Program, command: Command, run: Run): void {
  const program = parent
    .command(command.name)
    .description(command.summary)
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .option('--json', 'print the result as one JSON object on the last line')
    .addHelpText('after', `\nExample:\n  ${command.example}`);
  for (const argument of command.arguments ?? []) program.argument(argument.name, argument.description);
  for (const spec of command.options ?? []) {
    const option = new Option(spec.flags, spec.description);
    const { parse } = spec;
    if (parse) {
      option.argParser((text: string, previous: unknown) => {
        try {
          const value = parse(text);
          if (!option.variadic) return value;
          return Array.isArray(previous) && previous !== spec.default ? [...(previous as unknown[]), value] : [value];
        } catch (error) {
          throw error instanceof InvalidInput
            ? new InvalidInput(error.code, `${option.long ?? spec.flags}: ${error.message}`, error.fields, error)
            : error;
        }
      });
    }
    if (spec.default !== undefined) option.default(spec.default);
    if (spec.required) option.makeOptionMandatory();
    program.addOption(option);
  }
  if (command.subcommands) {
    for (const sub of command.subcommands) add(program, sub, run);
    return;
  }
  if (command.passThrough) program.allowUnknownOption().allowExcessArguments();
  program.action(() => run(command, program.args, program.opts()));
}

function report(error: unknown, json: boolean, { stdout, stderr }: Streams): number {
  const exitCode = error instanceof AbovoError ? error.exitCode : error instanceof CommanderError ? 2 : 1;
  const known = error instanceof AbovoError || error instanceof CommanderError;
  const message = messageOf(error).replace(/^error: /, '');
  stderr.write(`abovo: ${message}\n`);
  if (error instanceof CommanderError) stderr.write('Add --help to see what can be given.\n');
  const wanted = process.env.ABOVO_DEBUG || !known;
  if (wanted && error instanceof Error && error.stack) stderr.write(`${error.stack}\n`);
  if (json) {
    const code =
      error instanceof AbovoError || error instanceof CommanderError
        ? error.code.replace(/^commander\./, 'usage.')
        : 'internal';
    const fields = error instanceof AbovoError ? error.fields : {};
    stdout.write(`${JSON.stringify({ ok: false, error: { code, message, ...fields } })}\n`);
  }
  return exitCode;
}
