import { basename } from 'node:path';
import { messageOf } from '../../../base/core/index.js';
import type { Json } from '../../../base/core/index.js';
import { type Document, type Reject, jsonLines, readDocuments, resolveFiles } from '../../../stages/data/index.js';

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
    if (!/\.(jsonl|ndjson)(\.(gz|bz2|zst))?$/i.test(path)) {
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

/** JSON values of a file with one on each line; a line that is none costs itself alone, and a damaged file what follows the damage. */
export async function* readRecordLines(
  path: string,
  { signal, onReject }: Pick<DocumentLinesOptions, 'signal' | 'onReject'>,
): AsyncGenerator<{ readonly value: unknown; readonly line: number }> {
  let last = 0;
  try {
    for await (const item of jsonLines(path, signal)) {
      last = item.line;
      if (item.error === undefined) yield { value: item.value, line: last };
      else onReject({ source: path, line: last, reason: item.error });
    }
  } catch (error) {
    if (signal.aborted) throw error;
    onReject({ source: path, line: last + 1, reason: messageOf(error) });
  }
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
