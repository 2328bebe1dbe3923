import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../../../base/core/index.js';
import type { Json } from '../../../base/core/index.js';
import { type Document, type Reject, readDocuments, resolveFiles } from '../../../stages/data/index.js';

/** Bytes of a line that is still read. */
const longestLine = 64 * 1024 * 1024;
/** Bytes that a line may end with: a longer one is skipped, not gathered. */
const newline = 10;

export interface DocumentLinesOptions {
  readonly textField?: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onReject: (reject: Reject) => void;
}

/** Documents of JSON lines with all they know of themselves (title, time, language, access, metadata), and of text files. */
export async function* readDocumentLines(
  files: readonly string[],
  { textField = 'text', folder, signal, onReject }: DocumentLinesOptions,
): AsyncGenerator<Document> {
  for (const path of await resolveFiles(files, folder)) {
    if (!/\.(jsonl|ndjson)(\.gz)?$/i.test(path)) {
      yield* readDocuments([{ files: [path] }], { folder, signal, onReject });
      continue;
    }
    for await (const { value, line } of readRecordLines(path, { signal, onReject })) {
      const document = documentOf(value, textField, path, line);
      if (typeof document !== 'string') yield document;
      else onReject({ source: path, line, reason: document });
    }
  }
}

/** JSON values of a file with one on each line; a line that is none costs itself alone. */
export async function* readRecordLines(
  path: string,
  { signal, onReject }: Pick<DocumentLinesOptions, 'signal' | 'onReject'>,
): AsyncGenerator<{ readonly value: unknown; readonly line: number }> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;
  for await (const bytes of lines(path, signal)) {
    line++;
    if (typeof bytes === 'string') {
      onReject({ source: path, line, reason: bytes });
      continue;
    }
    try {
      const text = decoder.decode(bytes);
      if (text.trim() !== '') yield { value: JSON.parse(text) as unknown, line };
    } catch (error) {
      onReject({
        source: path,
        line,
        reason: error instanceof SyntaxError ? `not JSON: ${messageOf(error)}` : 'not UTF-8 text',
      });
    }
  }
}

/** Lines as bytes, or why there are none. */
async function* lines(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array | string> {
  let pending: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of bytesOf(path)) {
      signal.throwIfAborted();
      let from = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
        pending.push(chunk.subarray(from, end));
        size += end - from;
        yield size > longestLine ? `a line of more than ${longestLine} bytes` : Buffer.concat(pending);
        pending = [];
        size = 0;
        from = end + 1;
      }
      size += chunk.length - from;
      if (size <= longestLine) pending.push(chunk.subarray(from));
      else pending = [];
    }
    if (size > 0) yield size > longestLine ? `a line of more than ${longestLine} bytes` : Buffer.concat(pending);
  } catch (error) {
    if (signal.aborted) throw error;
    yield messageOf(error);
  }
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  if (!/\.gz$/i.test(path)) {
    yield* file as AsyncIterable<Uint8Array>;
    return;
  }
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  yield* file.pipe(unpacked) as AsyncIterable<Uint8Array>;
}

function documentOf(value: unknown, textField: string, path: string, line: number): Document | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  const record = value as Record<string, unknown>;
  const text = record[textField];
  if (typeof text !== 'string') return `no string in field ${JSON.stringify(textField)}`;
  if (!text.isWellFormed()) return 'a lone surrogate in the text';
  const string = (name: string): string | undefined =>
    typeof record[name] === 'string' ? (record[name] as string) : undefined;
  const { id, access, metadata } = record;
  return {
    id: typeof id === 'string' || typeof id === 'number' ? String(id) : `${basename(path)}:${line}`,
    text,
    source: string('source') ?? path,
    licence: string('licence') ?? string('license'),
    url: string('url'),
    title: string('title'),
    time: string('time'),
    language: string('language'),
    access: accessClasses.find((name) => name === access),
    subject: string('subject'),
    metadata:
      typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)
        ? (metadata as Readonly<Record<string, Json>>)
        : undefined,
  };
}

const accessClasses = ['public', 'internal', 'confidential', 'personal'] as const;
