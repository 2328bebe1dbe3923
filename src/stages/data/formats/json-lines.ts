import { messageOf } from '../../../base/core/index.js';
import { wholeOf } from './bytes.js';
import { decodeText, notUtf8, utf8Input } from './encoding.js';
import { Unreadable, endsTask } from './limits.js';
import type { FormatReader, Found } from './reader.js';
import { recordReader } from './record.js';
import { lineBatches, lineStart } from './text.js';

const strict = new TextDecoder('utf-8', { fatal: true });

/** The object of a line, the reason why there is none, or `undefined` for an empty line. */
function parseLine(bytes: Uint8Array): Record<string, unknown> | string | undefined {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return notUtf8;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (text.trim() === '') return undefined;
    return `not JSON: ${messageOf(error)}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  return value as Record<string, unknown>;
}

/** Where a line ends: its byte, and its number where the file was read from its beginning. */
type LineCursor = readonly [end: number, line: number];
const isCursor = (cursor: unknown): cursor is LineCursor =>
  Array.isArray(cursor) && typeof cursor[0] === 'number' && typeof cursor[1] === 'number';

export const jsonLines: FormatReader = {
  summary: 'JSON lines',
  extensions: ['jsonl', 'ndjson'],
  documents: 'one a line: `textField` or `template`; `id`, `title`, `url`, `time`, `language`, `licence` where given',
  cursor: 'byte',
  divisible: true,
  partStart: lineStart,
  async *read(file, { options, cursor, part, reject, signal }): AsyncGenerator<Found> {
    const input = await utf8Input(file, options.encoding);
    const records = recordReader(options);
    const [start, firstLine] = isCursor(cursor) ? cursor : [part?.[0] ?? 0, 0];
    if (part && start >= part[1]) return;
    // Lines of a later part have no numbers: what stands before it is not read.
    const counted = isCursor(cursor) ? firstLine >= 0 : start === 0;
    let line = firstLine;
    let begin = start;
    const { recordBytes } = options.limits;
    try {
      for await (const batch of lineBatches(input.stream(start, part?.[1]), recordBytes, start)) {
        signal?.throwIfAborted();
        for (const { bytes, end } of batch) {
          if (counted) line++;
          const number = counted ? line : undefined;
          const place = begin;
          begin = end;
          const row = bytes ? parseLine(bytes) : `a line of more than ${recordBytes} bytes`;
          if (row === undefined) continue;
          const found = typeof row === 'string' ? row : records.read(row, true);
          if (typeof found === 'string') {
            reject(counted ? found : `${found} (at byte ${place})`, number);
            continue;
          }
          found.place = place;
          if (counted) found.line = line;
          found.cursor = [end, counted ? line : -1];
          yield found;
        }
      }
    } catch (error) {
      // A damaged archive: what came before stands, the rest is left out.
      if (counted && !signal?.aborted && !endsTask(error)) reject(messageOf(error), line + 1);
      else throw error;
    }
  },
};

export const json: FormatReader = {
  summary: 'JSON: a list of records, or one record',
  extensions: ['json'],
  documents: 'one a record, as of JSON lines',
  cursor: 'row',
  async *read(file, { options, cursor, reject }): AsyncGenerator<Found> {
    const input = await utf8Input(file, options.encoding);
    const decoded = decodeText(await wholeOf(input, options.limits.fileBytes));
    if ('problem' in decoded) throw new Unreadable(decoded.problem);
    let value: unknown;
    try {
      value = JSON.parse(decoded.text);
    } catch (error) {
      throw new Unreadable(`not JSON: ${messageOf(error)}`);
    }
    const records = recordReader(options);
    const rows = Array.isArray(value) ? value : [value];
    for (let i = typeof cursor === 'number' ? cursor : 0; i < rows.length; i++) {
      const row: unknown = rows[i];
      const found =
        typeof row === 'object' && row !== null && !Array.isArray(row)
          ? records.read(row as Record<string, unknown>)
          : 'not a JSON object';
      if (typeof found === 'string') reject(`record ${i + 1}: ${found}`);
      else yield { ...found, place: i + 1, cursor: i + 1 };
    }
  },
};
