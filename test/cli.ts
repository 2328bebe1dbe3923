import { PassThrough } from 'node:stream';
import { main } from '../src/app/cli/main.js';

/** What a verb printed and how it ended. */
export interface CliCall {
  readonly code: number;
  /** Standard output as it stands. */
  readonly text: string;
  /** Its lines as JSON: records, and with `--json` the result as the last. */
  readonly lines: ReadonlyArray<Record<string, unknown>>;
  readonly stderr: string;
}

/** Runs `abovo …` in this process. Lines that are no JSON are an error only where `lines` is read. */
export async function callCli(...argv: readonly string[]): Promise<CliCall> {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const printed = { stdout: '', stderr: '' };
  // Read while it runs: a verb that prints much waits for its reader.
  for (const name of ['stdout', 'stderr'] as const) {
    streams[name].setEncoding('utf8').on('data', (part: string) => {
      printed[name] += part;
    });
  }
  const code = await main([...argv], streams);
  return {
    code,
    text: printed.stdout,
    stderr: printed.stderr,
    get lines() {
      const lines = printed.stdout.split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}
