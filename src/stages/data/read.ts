import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import type { DataSource, Document, Reject } from './document.js';
import { documentOf, formatOptions, localInput, readInput, resolveFiles } from './formats/index.js';

export interface ReadOptions {
  /** Folder that relative paths start from. Default: the current one. */
  readonly folder?: string;
  /** Told of every file and record that is left out; `Rejects` keeps them. */
  readonly onReject?: (reject: Reject) => void;
  readonly signal?: AbortSignal;
}

/**
 * Documents of files in the order of the sources and file names, streamed. What cannot be read goes to `onReject`: a bad record
 * costs itself alone. Errors: `InvalidInput` where a path is missing or no document is left in the end.
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
    for (const path of await resolveFiles(source.files, folder, reject)) {
      signal?.throwIfAborted();
      for await (const document of readFile(path, source, reject, signal)) {
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

async function* readFile(
  path: string,
  { textField, split, separator, documentBytes, format = 'auto', licence }: DataSource,
  onReject: (reject: Reject) => void,
  signal?: AbortSignal,
): AsyncGenerator<Document> {
  const options = formatOptions({ textField, split, separator, documentBytes });
  const input = localInput(path, (await stat(path)).size);
  const reject = ({ file, ...rest }: { file: string; line?: number; reason: string }) =>
    onReject({ source: file, ...rest });
  let number = 0;
  for await (const found of readInput(input, { options, format, plain: format === 'auto', reject, signal })) {
    number++;
    yield documentOf(found, found.id ?? `${basename(found.file)}:${found.line ?? number}`, { licence });
  }
}
