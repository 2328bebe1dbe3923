import { createReadStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createGunzip } from 'node:zlib';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import type { CommandOption } from '../command.js';

/** A line of a JSONL file: a record with a text, or the reason why it is none. */
export type TextRecord =
  | {
      readonly line: number;
      readonly text: string;
      readonly record: Readonly<Record<string, unknown>>;
      readonly bytes: number;
    }
  | { readonly line: number; readonly error: string; readonly bytes: number };

/** Longest line taken; a longer one costs itself alone. */
const longestLine = 64 * 1024 * 1024;

export interface TextRecordOptions {
  readonly input: string;
  readonly field: string;
}

export const textRecordOptions: readonly CommandOption[] = [
  { flags: '--input <file>', description: 'JSONL, .gz or not; - reads standard input', required: true },
  { flags: '--field <name>', description: 'field that holds the text', default: 'text' },
];

async function* linesOf(path: string): AsyncGenerator<Buffer | undefined> {
  const file = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
  let chunks: AsyncIterable<Buffer> = file as AsyncIterable<Buffer>;
  if (/\.gz$/i.test(path)) {
    const unpacked = createGunzip();
    file.on('error', (error: Error) => unpacked.destroy(error));
    chunks = file.pipe(unpacked);
  }
  let pending: Buffer[] = [];
  let size = 0;
  let tooLong = false;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const last = chunk.subarray(from, end);
      if (tooLong || size + last.length > longestLine) yield undefined;
      else yield pending.length === 0 ? last : Buffer.concat([...pending, last]);
      [pending, size, tooLong, from] = [[], 0, false, end + 1];
    }
    const rest = chunk.subarray(from);
    size += rest.length;
    if (size > longestLine) [pending, tooLong] = [[], true];
    else if (rest.length > 0) pending.push(Buffer.from(rest));
  }
  if (tooLong) yield undefined;
  else if (size > 0) yield Buffer.concat(pending);
}

/** Records of a JSONL file, streamed. Errors: `InvalidInput` where the file cannot be read. */
export async function* textRecords(
  { input, field }: TextRecordOptions,
  { cwd, signal }: { readonly cwd: string; readonly signal?: AbortSignal },
): AsyncGenerator<TextRecord> {
  const path = input === '-' ? '-' : resolve(cwd, input);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;
  try {
    for await (const bytes of linesOf(path)) {
      signal?.throwIfAborted();
      line++;
      if (!bytes) {
        yield { line, error: `a line of more than ${longestLine} bytes`, bytes: longestLine };
        continue;
      }
      const size = bytes.length + 1;
      let value: unknown;
      try {
        const text = decoder.decode(bytes);
        if (text.trim() === '') continue;
        value = JSON.parse(text);
      } catch (error) {
        yield {
          line,
          error: error instanceof TypeError ? 'not UTF-8 text' : `not JSON: ${messageOf(error)}`,
          bytes: size,
        };
        continue;
      }
      const record = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
      const text = record[field];
      if (typeof text === 'string') yield { line, text, record, bytes: size };
      else
        yield {
          line,
          error: `expected a text in "${field}", got ${text === undefined ? 'none' : typeof text}`,
          bytes: size,
        };
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new InvalidInput('data.input', `read ${input}: expected a JSONL file, ${messageOf(error)}`, { input }, error);
  }
}

/** Bytes of an input file, for progress; undefined where it is not a plain file. */
export function sizeOf(input: string, cwd: string): number | undefined {
  if (input === '-' || /\.gz$/i.test(input)) return undefined;
  return statSync(resolve(cwd, input), { throwIfNoEntry: false })?.size;
}

/** `id` of a record, where it has one, to stand before what was found. */
export function idOf(record: Readonly<Record<string, unknown>>): { id?: unknown } {
  return record.id === undefined ? {} : { id: record.id };
}
