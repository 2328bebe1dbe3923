import { z } from 'zod';

const name = z.string().min(1);

/** Options of the source `sql`. */
export const sqlOptions = z
  .strictObject({
    database: z.enum(['postgres', 'mysql', 'sqlite', 'duckdb']).describe('mysql is MariaDB too.'),
    url: z
      .string()
      .optional()
      .describe('postgres://user@host/db, mysql://…, sqlite:file.db or duckdb:file.duckdb, without a password.'),
    urlVariable: name.optional().describe('Environment variable that holds the address, with its password.'),
    query: name.optional().describe('One select statement; each row becomes a document.'),
    key: z
      .union([name, z.array(name).min(1)])
      .optional()
      .describe('Columns that order the rows and are unique together; pages and resumed runs go by them.'),
    template: z.string().optional().describe('Text of a row: {column} is its value, {{ and }} are braces.'),
    title: z.string().optional().describe('Template of the title.'),
    id: z.string().optional().describe('Template of the id; default: the key.'),
    documentUrl: z.string().optional().describe('Template of the address that readers of the document are sent to.'),
    metadata: z.array(name).default([]).describe('Columns kept as metadata.'),
    timeColumn: name.optional(),
    languageColumn: name.optional(),
    subjectColumn: name.optional().describe('Key of the person that a row is about, for erasure.'),
    describe: z
      .union([z.boolean(), z.array(name)])
      .default(false)
      .describe('Documents about tables, columns and their comments: of all tables, or of these.'),
    pageRows: z.int().min(1).max(100_000).default(1000).describe('Rows per page.'),
    timeoutSeconds: z.number().positive().default(300).describe('A statement that takes longer is stopped.'),
    maxCharacters: z.int().min(1).default(10_000_000).describe('A longer text is left out.'),
    licence: z.string().optional().describe('SPDX expression.'),
    access: z.enum(['public', 'internal', 'confidential', 'personal']).default('internal'),
  })
  .superRefine((options, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if ((options.url === undefined) === (options.urlVariable === undefined))
      issue('url', 'expected either url or urlVariable');
    if (options.url !== undefined && /^[a-z]+:\/\/[^/@]*:[^/@]+@/i.test(options.url))
      issue(
        'url',
        'expected no password in the file; put the address into an environment variable and name it in urlVariable',
      );
    if (options.query === undefined && options.describe === false) issue('query', 'expected a query, or describe');
    if (options.query !== undefined) {
      if (options.key === undefined) issue('key', 'expected the unique columns that order the rows');
      if (options.template === undefined) issue('template', 'expected a text with {column} places');
    }
  });

export type SqlOptions = z.infer<typeof sqlOptions>;
