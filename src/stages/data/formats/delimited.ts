import { Readable } from 'node:stream';
import { messageOf } from '../../../base/core/index.js';
import { type Input, headOf } from './bytes.js';
import { utf8Input } from './encoding.js';
import { Unreadable, endsTask } from './limits.js';
import { markdownTable } from './markup.js';
import type { FormatContext, FormatReader, Found } from './reader.js';
import { recordReader } from './record.js';

/** The candidate that the first lines hold most often, outside quotes and in equal numbers. */
export function guessDelimiter(head: string): string {
  const lines = head
    .replace(/"(?:[^"]|"")*"/g, '')
    .split(/\r?\n/)
    .slice(0, 20)
    .filter(Boolean);
  let best = ',';
  let most = 0;
  for (const candidate of [',', ';', '\t', '|']) {
    const counts = lines.map((line) => line.split(candidate).length - 1);
    const first = counts[0] ?? 0;
    const alike = counts.filter((count) => count === first).length / Math.max(1, counts.length);
    const score = first * alike;
    if (score > most) {
      most = score;
      best = candidate;
    }
  }
  return best;
}

/** Byte after the last record, records and lines before it. */
type RowCursor = readonly [byte: number, rows: number, lines: number];

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly bytes: number; readonly lines: number };
}

async function* rowsOf(
  input: Input,
  start: number,
  delimiter: string,
  { options, reject, signal }: FormatContext,
): AsyncGenerator<Parsed> {
  const { parse } = await import('csv-parse');
  const most = options.limits.recordBytes;
  const parser = parse({
    delimiter,
    info: true,
    bom: start === 0,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: most,
    // A quote in the middle of a bare field is a character of it; tabs are hardly ever quoted at all.
    relax_quotes: true,
    ...(delimiter === '\t' ? { quote: null } : {}),
    skip_records_with_error: true,
    on_skip: (error) => {
      reject(error ? error.message : 'a broken record');
      return undefined;
    },
  });
  const source = Readable.from(input.stream(start), { objectMode: true, highWaterMark: 2 });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const row of parser) {
      signal?.throwIfAborted();
      yield row as Parsed;
    }
  } finally {
    source.destroy();
    parser.destroy();
  }
}

const uniqueNames = (names: readonly string[]): string[] => {
  const seen = new Map<string, number>();
  return names.map((name, i) => {
    const base = name.trim() || `column${i + 1}`;
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return count === 1 ? base : `${base}_${count}`;
  });
};

async function* read(file: Input, context: FormatContext, fixed?: string): AsyncGenerator<Found> {
  const { options, cursor, reject } = context;
  const input = await utf8Input(file, options.encoding);
  const head = Buffer.from(await headOf(input, 1 << 16));
  if (head.includes(0)) throw new Unreadable('binary data (a zero byte)');
  const delimiter = options.delimiter ?? fixed ?? guessDelimiter(head.toString('utf8'));
  let columns = options.columns ? uniqueNames(options.columns) : undefined;
  let headerBytes = 0;
  let headerLines = 0;
  if (!columns) {
    for await (const { record, info } of rowsOf(input, 0, delimiter, context)) {
      columns = uniqueNames(record);
      headerBytes = info.bytes;
      headerLines = info.lines;
      break;
    }
    if (!columns) throw new Unreadable('an empty table');
  }
  if (options.rows === 'table') {
    if (cursor !== undefined) return;
    const rows: string[][] = [];
    let size = 0;
    for await (const { record } of rowsOf(input, headerBytes, delimiter, context)) {
      size += record.reduce((sum, cell) => sum + cell.length, 0);
      if (size > options.limits.recordBytes) throw new Unreadable('a table over the limit recordBytes; use rows: row');
      rows.push([...record]);
    }
    yield { text: markdownTable([columns, ...rows]), cursor: true };
    return;
  }
  const records = recordReader(options);
  const absent = records.needed.find((name) => !columns.includes(name));
  if (absent !== undefined) {
    throw new Unreadable(
      `no column ${JSON.stringify(absent)} (has ${columns.slice(0, 20).join(', ')}): name it with textField or template`,
    );
  }
  const resumed = Array.isArray(cursor) ? (cursor as unknown as RowCursor) : undefined;
  const [start, rowsBefore, linesBefore] = resumed ?? [headerBytes, 0, headerLines];
  let row = rowsBefore;
  let lines = linesBefore;
  try {
    for await (const { record, info } of rowsOf(input, start, delimiter, context)) {
      row++;
      const line = lines + 1;
      lines = linesBefore + info.lines;
      if (record.length !== columns.length) {
        reject(`${record.length} fields where the table has ${columns.length} columns`, line);
        continue;
      }
      const found = records.read(Object.fromEntries(columns.map((name, i) => [name, record[i]])));
      if (typeof found === 'string') reject(found, line);
      else if (found.text.includes('\uFFFD')) reject('not UTF-8 text', line);
      else yield { ...found, place: row, line, cursor: [start + info.bytes, row, lines] };
    }
  } catch (error) {
    if (endsTask(error) || context.signal?.aborted) throw error;
    reject(`${messageOf(error)}: the rest of the table is left out`, lines + 1);
  }
}

export const csv: FormatReader = {
  summary: 'CSV with a line of column names; comma, semicolon, tab or bar is told by the first lines',
  extensions: ['csv'],
  documents: 'one a row from `textField` or `template`; `rows: table` makes the table one document',
  cursor: 'row',
  read: (input, context) => read(input, context),
};

export const tsv: FormatReader = {
  summary: 'values between tabs, never quoted',
  extensions: ['tsv', 'tab'],
  documents: 'as of CSV',
  cursor: 'row',
  read: (input, context) => read(input, context, '\t'),
};
