import { InvalidInput, type Json } from '../../../base/core/index.js';
import type { Document } from '../document.js';
import { type ReadContext, type Source, type SourceItem, defineSource } from '../pipeline/index.js';
import type { Database, Row } from './database.js';
import { openDatabase } from './open.js';
import { type SqlOptions, sqlOptions } from './options.js';
import { schemaDocuments } from './schema-documents.js';
import { type TemplatePart, fillTemplate, namesOf, parseTemplate } from '../template.js';
import { asText, checkColumns } from './columns.js';

/** Key of a row as JSON: a bigint becomes `{"integer": "…"}`, so that the database compares it as a number again. */
function keyToJson(value: unknown, column: string): Json {
  if (typeof value === 'bigint') return { integer: String(value) };
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new InvalidInput(
    'sql.key',
    `sql: expected key columns of text, numbers or times, got ${value === null ? 'an empty value' : typeof value} in ${column}`,
    { column },
  );
}

function keyFromJson(value: Json): unknown {
  if (typeof value === 'object' && value !== null && 'integer' in value) return BigInt(String(value.integer));
  return value;
}

const fill = (template: readonly TemplatePart[], row: Row) => fillTemplate(template, (column) => asText(row[column]));

const keysOf = ({ key }: SqlOptions): readonly string[] => (typeof key === 'string' ? [key] : (key ?? []));

const statementOf = ({ query }: SqlOptions): string => (query as string).trim().replace(/;\s*$/, '');

/**
 * A page of rows behind a key, by keyset: each page is as fast as the first, and rows that come or go meanwhile shift no
 * other. With several columns (a, b) > (x, y) is written out, as not every planner uses an index for row values.
 */
export function pageStatement(
  database: Pick<Database, 'quote' | 'placeholder'>,
  query: string,
  keys: ReadonlyArray<{ readonly name: string; readonly cast?: string | undefined }>,
  after: readonly unknown[] | undefined,
  limit: number,
): { readonly sql: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const bind = (index: number): string => {
    values.push(after?.[index]);
    const place = database.placeholder(values.length);
    const cast = keys[index]?.cast;
    return cast ? `cast(${place} as ${cast})` : place;
  };
  const column = (index: number) => `q.${database.quote(keys[index]?.name as string)}`;
  const present = keys.map((_, i) => `${column(i)} is not null`);
  const behind = after
    ? keys.map((_, last) => {
        const equal = keys.slice(0, last).map((_key, i) => `${column(i)} = ${bind(i)}`);
        return [...equal, `${column(last)} > ${bind(last)}`].join(' and ');
      })
    : [];
  const where = [...present, ...(behind.length > 0 ? [`(${behind.map((part) => `(${part})`).join(' or ')})`] : [])];
  const order = keys.map((_, i) => column(i)).join(', ');
  return {
    sql: `select * from (${query}) as q where ${where.join(' and ')} order by ${order} limit ${limit}`,
    values,
  };
}

/** Refuses keys that are not unique (rows between two pages would be lost) and counts rows without one. */
async function checkKeys(database: Database, query: string, keys: readonly string[]): Promise<number> {
  const quoted = keys.map((key) => `q.${database.quote(key)}`);
  const twice = await database.rows(
    `select count(*) as n from (${query}) as q where ${quoted.map((key) => `${key} is not null`).join(' and ')} group by ${quoted.join(', ')} having count(*) > 1 limit 1`,
    [],
  );
  if (twice.length > 0) {
    throw new InvalidInput(
      'sql.key',
      `sql: expected a key that is unique, got several rows with the same ${keys.join(', ')}; add a column to key`,
      { keys },
    );
  }
  const [row] = await database.rows(
    `select count(*) as n from (${query}) as q where ${quoted.map((key) => `${key} is null`).join(' or ')}`,
    [],
  );
  return Number(row?.n ?? 0);
}

async function* readRows(options: SqlOptions, name: string, context: ReadContext): AsyncGenerator<SourceItem> {
  const keys = keysOf(options);
  const query = statementOf(options);
  const text = parseTemplate(options.template as string);
  const title = options.title === undefined ? undefined : parseTemplate(options.title);
  const id = options.id === undefined ? undefined : parseTemplate(options.id);
  const url = options.documentUrl === undefined ? undefined : parseTemplate(options.documentUrl);
  const database = await openDatabase(options);
  try {
    const columns = await database.columns(query);
    const { timeColumn, languageColumn, subjectColumn } = options;
    const single = [timeColumn, languageColumn, subjectColumn].filter((column) => column !== undefined);
    const templates = [text, title, id, url].flatMap((template) => (template ? namesOf(template) : []));
    checkColumns(
      [...keys, ...templates, ...options.metadata, ...single],
      columns.map((column) => column.name),
      'sql',
    );
    const columnsOfText = namesOf(text);
    const typed = keys.map((key) => ({ name: key, cast: columns.find((column) => column.name === key)?.cast }));
    const keyless = await checkKeys(database, query, keys);
    if (keyless > 0 && context.cursor === undefined) {
      context.onReject({ source: name, reason: `${keyless} row(s) with an empty ${keys.join(' or ')}` });
    }
    let after = context.cursor === undefined ? undefined : (context.cursor as Json[]).map(keyFromJson);
    for (;;) {
      context.signal?.throwIfAborted();
      const page = pageStatement(database, query, typed, after, options.pageRows);
      const rows = await database.rows(page.sql, page.values);
      for (const row of rows) {
        const key = keys.map((column) => keyToJson(row[column], column));
        const body = fill(text, row);
        const problem = problemOf(row, columnsOfText) ?? problemOfText(body, options.maxCharacters);
        const keyText = keys.map((column) => asText(row[column])).join('/');
        if (problem) context.onReject({ source: `${name}#${keyText}`, reason: problem });
        else if (body.trim() !== '') {
          yield { document: documentOf(row, body, id ? fill(id, row) : keyText), cursor: key };
        }
      }
      if (rows.length < options.pageRows) return;
      const last = rows[rows.length - 1] as Row;
      after = keys.map((column) => keyFromJson(keyToJson(last[column], column)));
    }
  } finally {
    await database.close();
  }

  function documentOf(row: Row, body: string, rowId: string): Document {
    const { timeColumn, languageColumn, subjectColumn, licence, access, metadata } = options;
    const given = (column: string | undefined) => (column === undefined ? undefined : asText(row[column]) || undefined);
    const heading = title && fill(title, row);
    const address = url && fill(url, row);
    const [time, language, subject] = [given(timeColumn), given(languageColumn), given(subjectColumn)];
    return {
      id: rowId,
      text: body,
      source: name,
      access,
      ...(licence === undefined ? {} : { licence }),
      ...(heading ? { title: heading } : {}),
      ...(address ? { url: address } : {}),
      ...(time ? { time } : {}),
      ...(language ? { language } : {}),
      ...(subject ? { subject } : {}),
      ...(metadata.length > 0
        ? { metadata: Object.fromEntries(metadata.map((column) => [column, asText(row[column])])) }
        : {}),
    };
  }
}

function problemOf(row: Row, columns: readonly string[]): string | undefined {
  const binary = columns.find((column) => row[column] instanceof Uint8Array);
  return binary === undefined ? undefined : `binary data in ${binary}`;
}

function problemOfText(text: string, maxCharacters: number): string | undefined {
  if (text.length > maxCharacters) return `a text of ${text.length} characters, more than ${maxCharacters}`;
  return text.isWellFormed() ? undefined : 'a lone surrogate in the text';
}

/** Address without what is secret in it. */
function nameOf({ database, url, urlVariable }: SqlOptions): string {
  return url ?? `${database}:$${urlVariable}`;
}

async function* readSchema(options: SqlOptions, name: string): AsyncGenerator<SourceItem> {
  const { describe, licence, access } = options;
  const database = await openDatabase(options);
  try {
    const columns = await database.describe();
    for (const document of schemaDocuments(columns, Array.isArray(describe) ? describe : undefined)) {
      yield { document: { ...document, source: name, access, ...(licence === undefined ? {} : { licence }) } };
    }
  } finally {
    await database.close();
  }
}

/** Rows of a query as documents, in pages by key; a run that was stopped goes on behind the last row it kept. */
export const sqlSource = defineSource({
  kind: 'sql',
  summary: 'Rows of a query in Postgres, MySQL, MariaDB, SQLite or DuckDB, and what the database says of its tables.',
  version: 1,
  options: sqlOptions,
  create(options): Source {
    const name = nameOf(options);
    return {
      tasks: async () => [
        ...(options.describe === false ? [] : [{ id: 'schema', spec: 'schema' }]),
        ...(options.query === undefined ? [] : [{ id: 'rows', spec: 'rows' }]),
      ],
      read: (task, context) => (task.spec === 'schema' ? readSchema(options, name) : readRows(options, name, context)),
    };
  },
});
