import { statSync } from 'node:fs';
import { resolve } from 'node:path';
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

export interface TextRecordOptions {
  readonly input: string;
  readonly field: string;
}

export const textRecordOptions: readonly CommandOption[] = [
  {
    flags: '--input <file>',
    description: 'JSONL, packed (.gz, .bz2, .zst) or not; - reads standard input',
    required: true,
  },
  { flags: '--field <name>', description: 'field that holds the text', default: 'text' },
];

/** Records of a JSONL file, streamed. Errors: `InvalidInput` where the file cannot be read. */
export async function* textRecords(
  { input, field }: TextRecordOptions,
  { cwd, signal }: { readonly cwd: string; readonly signal?: AbortSignal },
): AsyncGenerator<TextRecord> {
  const { jsonLines } = await import('../../../stages/data/index.js');
  const source = input === '-' ? (process.stdin as AsyncIterable<Buffer>) : resolve(cwd, input);
  try {
    for await (const item of jsonLines(source, signal)) {
      const { line, bytes } = item;
      if (item.error !== undefined) {
        yield { line, bytes, error: item.error };
        continue;
      }
      const { value } = item;
      const record = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
      const text = record[field];
      if (typeof text === 'string') yield { line, text, record, bytes };
      else
        yield { line, bytes, error: `expected a text in "${field}", got ${text === undefined ? 'none' : typeof text}` };
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new InvalidInput('data.input', `read ${input}: expected a JSONL file, ${messageOf(error)}`, { input }, error);
  }
}

/** Bytes of an input file, for progress; undefined where it is not a plain file. */
export function sizeOf(input: string, cwd: string): number | undefined {
  if (input === '-' || /\.(gz|bz2|zst)$/i.test(input)) return undefined;
  return statSync(resolve(cwd, input), { throwIfNoEntry: false })?.size;
}

/** `id` of a record, where it has one, to stand before what was found. */
export function idOf(record: Readonly<Record<string, unknown>>): { id?: unknown } {
  return record.id === undefined ? {} : { id: record.id };
}
