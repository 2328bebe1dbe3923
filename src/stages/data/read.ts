/// <reference lib="es2024.string" />
import { basename } from 'node:path';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import type { DataSource, Document, Reject } from './document.js';
import { resolveFiles } from './files.js';
import { byteLines, decoded } from './lines.js';
import { endOfText, groupParagraphs, splitAtSeparator } from './text.js';

export interface ReadOptions {
  /** Folder that relative paths start from. Default: the current one. */
  readonly folder?: string;
  /** Told of every file and record that is left out; `Rejects` keeps them. */
  readonly onReject?: (reject: Reject) => void;
  readonly signal?: AbortSignal;
}

const notUtf8 = 'not UTF-8 text';

/**
 * Documents of text and JSONL files in the order of the sources and file names, streamed. Files and records that are not
 * UTF-8, not JSON or without text go to `onReject`.
 * Errors: `InvalidInput` where a path is missing or no document is left in the end.
 */
export async function* readDocuments(
  sources: readonly DataSource[],
  { folder = process.cwd(), onReject, signal }: ReadOptions = {},
): AsyncGenerator<Document> {
  const rejects: Reject[] = [];
  let rejected = 0;
  let read = 0;
  const reject = (item: Reject) => {
    rejected++;
    if (rejects.length < 3) rejects.push(item);
    onReject?.(item);
  };
  for (const source of sources) {
    for (const path of await resolveFiles(source.files, folder)) {
      signal?.throwIfAborted();
      const isLines = /\.(jsonl|ndjson)(\.gz)?$/i.test(path);
      const lines = source.format === 'jsonl' || (source.format !== 'text' && isLines);
      for await (const document of lines ? readRecords(path, source, reject) : readText(path, source, reject)) {
        if (document.text.trim() === '') continue;
        read++;
        yield document;
      }
    }
  }
  if (read === 0) {
    const why = rejects.map((item) => `${item.source}${item.line ? `:${item.line}` : ''}: ${item.reason}`).join('; ');
    const files = sources.flatMap((source) => source.files).join(', ');
    throw new InvalidInput(
      'data.empty',
      `read: expected text in ${files}, got none${rejected > 0 ? ` (${rejected} left out: ${why})` : ''}; give files that hold UTF-8 text`,
      { rejected },
    );
  }
}

/** Why a whole file cannot be read as text, if it cannot; and whether it has a separator. */
async function inspect(path: string, separator: string): Promise<{ problem?: string; separated: boolean }> {
  let tail = '';
  let separated = false;
  try {
    for await (const text of decoded(path)) {
      if (text.includes('\0')) return { problem: 'binary data (a zero byte)', separated };
      separated ||= (tail + text).includes(separator);
      tail = text.slice(-separator.length);
    }
    return { separated };
  } catch (error) {
    if (error instanceof TypeError || (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      return { problem: notUtf8, separated };
    }
    return { problem: messageOf(error), separated };
  }
}

async function* readText(path: string, source: DataSource, reject: (reject: Reject) => void): AsyncGenerator<Document> {
  const { split = 'auto', separator = endOfText, documentBytes = 8192, licence } = source;
  // One look ahead, so that a file is taken as a whole or not at all.
  const { problem, separated } = await inspect(path, separator);
  if (problem) {
    reject({ source: path, reason: problem });
    return;
  }
  const texts =
    split === 'separator' || (split === 'auto' && separated)
      ? splitAtSeparator(decoded(path), separator)
      : split === 'file'
        ? wholeFile(decoded(path))
        : groupParagraphs(decoded(path), documentBytes);
  let number = 0;
  for await (const text of texts) yield { id: `${basename(path)}:${++number}`, text, source: path, licence };
}

async function* wholeFile(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const part of parts) text += part;
  yield text;
}

async function* readRecords(
  path: string,
  source: DataSource,
  reject: (reject: Reject) => void,
): AsyncGenerator<Document> {
  const { textField = 'text' } = source;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;
  try {
    for await (const bytes of byteLines(path)) {
      line++;
      const record = parseLine(bytes, decoder, textField);
      if (record === undefined) continue;
      if (typeof record === 'string') {
        reject({ source: path, line, reason: record });
        continue;
      }
      const id = typeof record.id === 'string' || typeof record.id === 'number' ? String(record.id) : undefined;
      const licence = [record.licence, record.license].find((item) => typeof item === 'string') ?? source.licence;
      yield {
        id: id ?? `${basename(path)}:${line}`,
        text: record[textField] as string,
        source: path,
        licence: licence as string | undefined,
      };
    }
  } catch (error) {
    // A damaged archive: what came before stands, the rest is left out.
    if (error instanceof InvalidInput) throw error;
    reject({ source: path, line: line + 1, reason: messageOf(error) });
  }
}

/** A record with text, the reason why there is none, or `undefined` for an empty line. */
function parseLine(
  bytes: Uint8Array,
  decoder: TextDecoder,
  textField: string,
): Record<string, unknown> | string | undefined {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return notUtf8;
  }
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `not JSON: ${messageOf(error)}`;
  }
  if (typeof value !== 'object' || value === null) return 'not a JSON object';
  const record = value as Record<string, unknown>;
  if (typeof record[textField] !== 'string') return `no string in field ${JSON.stringify(textField)}`;
  // JSON may spell half a surrogate pair, which no UTF-8 text holds.
  if (!(record[textField] as string).isWellFormed()) return 'a lone surrogate in the text';
  return record;
}
