import { InvalidInput } from '../../../base/core/index.js';
import {
  type Command,
  type CommandContext,
  type CommandOption,
  type CommandResult,
  integer,
  oneOf,
} from '../command.js';

interface Options {
  readonly format?: string;
  readonly textField?: string;
  readonly template?: string;
  readonly split?: 'auto' | 'file' | 'paragraphs' | 'separator';
  readonly documentBytes?: number;
  readonly metadataFields?: readonly string[];
  readonly encoding?: string;
  readonly rows?: 'row' | 'table';
  readonly references?: boolean;
  readonly licence?: string;
  readonly access?: 'public' | 'internal' | 'confidential' | 'personal';
  readonly language?: string;
}

const common: readonly CommandOption[] = [
  { flags: '--licence <expression>', description: 'SPDX expression of documents that name none themselves' },
  {
    flags: '--access <class>',
    description: 'who may see the documents: public, internal, confidential or personal',
    parse: oneOf('public', 'internal', 'confidential', 'personal'),
  },
  { flags: '--language <code>', description: 'language of documents that name none themselves' },
  {
    flags: '--split <how>',
    description: 'auto, file, paragraphs (grouped up to --document-bytes) or separator (<|endoftext|>)',
    parse: oneOf('auto', 'file', 'paragraphs', 'separator'),
  },
  { flags: '--document-bytes <n>', description: 'most bytes of a group of paragraphs', parse: integer(64) },
];

/** Reads files, prints their documents as JSON lines, tells what was left out. */
async function readFiles(
  { args, options, cwd, signal, emit, note, onProgress }: CommandContext<Options>,
  format?: string,
): Promise<CommandResult> {
  const { filesSource } = await import('../../../stages/data/formats/index.js');
  if (args.length === 0) {
    throw new InvalidInput('data.files', 'read: expected files, folders, globs or s3://bucket/prefix, got none');
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const source = filesSource({ ...given, files: [...args], ...(format ? { format } : {}) } as never, { folder: cwd });
  const tasks = await source.tasks(signal);
  const total = tasks.reduce((sum, task) => sum + (task.bytes ?? 0), 0);
  let documents = 0;
  let bytes = 0;
  let done = 0;
  const rejects: { source: string; line?: number; reason: string }[] = [];
  let rejected = 0;
  for (const task of tasks) {
    const onReject = (reject: { source: string; line?: number; reason: string }): void => {
      rejected++;
      if (rejects.length < 100) rejects.push(reject);
      note(`${reject.source}${reject.line === undefined ? '' : `:${reject.line}`}: ${reject.reason}`);
    };
    for await (const { document } of source.read(task, { onReject, signal })) {
      documents++;
      bytes += Buffer.byteLength(document.text);
      emit(document);
    }
    done += task.bytes ?? 0;
    onProgress({ stage: 'read', done, total, unit: 'bytes', figures: { documents: String(documents) } });
  }
  await source.close?.();
  const result = { ok: rejected === 0, files: tasks.length, documents, bytes, rejected, rejects };
  return { exitCode: rejected > 0 ? 1 : 0, result };
}

const argument = [{ name: '[files...]', description: 'files, folders, globs and s3://bucket/prefix' }];

export const read: Command<Options> = {
  name: 'read',
  summary: 'Read files of any format into documents.',
  example: 'abovo data read notes/ report.docx table.csv --text-field body --json',
  arguments: argument,
  options: [
    {
      flags: '--format <name>',
      description:
        'auto (by content and name), text, markdown, html, jsonl, json, csv, tsv, parquet, pdf, docx, epub, xlsx, ixbrl or jats',
    },
    { flags: '--text-field <name>', description: 'field or column that holds the text (default: text)' },
    { flags: '--template <text>', description: 'text of several fields: "{title}: {body}"' },
    { flags: '--metadata-fields <names...>', description: 'fields kept as metadata; * keeps all' },
    { flags: '--rows <how>', description: 'tables: a document a row, or one a table', parse: oneOf('row', 'table') },
    { flags: '--encoding <label>', description: 'of text files: a label, or auto to detect it (default: utf-8)' },
    { flags: '--references', description: 'JATS articles: keep the list of references' },
    ...common,
  ],
  run: (context) => readFiles(context),
};

export const pdf: Command<Options> = {
  name: 'pdf',
  summary: 'Read the text of PDF files in reading order: columns, notes, without repeated headers and page numbers.',
  example: 'abovo data pdf papers/*.pdf --json',
  arguments: argument,
  options: common,
  run: (context) => readFiles(context, 'pdf'),
};
