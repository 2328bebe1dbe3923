import { z } from 'zod';
import { limitsSchema } from './limits.js';
import type { FormatName, FormatOptions } from './reader.js';
import { formatNames } from './table.js';
import { endOfText } from './text.js';

const name = z.string().min(1);

/** What every reader may be told; part of the options of the source `files`. */
export const formatOptionsSchema = z.strictObject({
  textField: name.default('text').describe('field or column that holds the text'),
  template: name.optional().describe('text of several fields: "{title}\\n\\n{body}"; {{ and }} are braces'),
  idField: name.optional().describe('field or column that names a record (default: id)'),
  subjectField: name.optional().describe('field or column with the key of the person a record is about'),
  timeField: name.optional().describe('field or column that says when a record was written (default: time)'),
  metadataFields: z.array(name).default([]).describe('fields kept as metadata; "*" keeps all'),
  split: z
    .enum(['auto', 'file', 'paragraphs', 'separator'])
    .default('auto')
    .describe('how text becomes documents; paragraphs also cuts books, PDFs and the like'),
  separator: name.default(endOfText).describe('what stands between documents of a text'),
  documentBytes: z.int().min(64).default(8192).describe('most bytes of a document that is grouped from paragraphs'),
  encoding: name.default('utf-8').describe('of text files: a label, or auto to detect it'),
  delimiter: z.string().length(1).optional().describe('between fields of CSV (default: told by the first lines)'),
  columns: z.array(name).optional().describe('names of CSV columns, where the file has no line of them'),
  rows: z.enum(['row', 'table']).optional().describe('tables: a document a row (CSV), or one a table (XLSX)'),
  references: z.boolean().default(false).describe('JATS: keep the list of references'),
  limits: limitsSchema.describe('how far a stranger’s file is followed'),
});

export const formatSchema = z.enum(['auto', ...(formatNames as [FormatName, ...FormatName[]])]);

/** Options with their defaults. Errors: a `ZodError` for values that no reader knows. */
export function formatOptions(options: z.input<typeof formatOptionsSchema> = {}): FormatOptions {
  return formatOptionsSchema.parse(options);
}
