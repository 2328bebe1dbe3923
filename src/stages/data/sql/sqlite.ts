import { existsSync } from 'node:fs';
import { InvalidInput } from '../../../base/core/index.js';
import { type Database, type OpenOptions, type Row, type TableColumn, optional, pathOf, sqlError } from './database.js';

/** SQLite, compiled to WebAssembly: no server, the file is only read. */
export async function openSqlite({ url }: OpenOptions): Promise<Database> {
  const { Database: Sqlite } = await optional('node-sqlite3-wasm', () => import('node-sqlite3-wasm'));
  const path = pathOf(url);
  if (!existsSync(path)) {
    throw new InvalidInput('sql.file', `sqlite: expected a database file, got none at ${path}`, { path });
  }
  const fail = (error: unknown) => sqlError(`sqlite ${path}`, error, true);
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw fail(error);
    }
  };
  const database = attempt(() => new Sqlite(path, { fileMustExist: true, readOnly: true }));
  const all = (sql: string, values: readonly unknown[]) =>
    attempt(() => database.all(sql, values as never) as unknown as Row[]);
  return {
    rows: async (sql, values) => all(sql, values),
    // One row even of an empty table: its keys are the columns.
    columns: async (sql) =>
      Object.keys(all(`select q.* from (select 1) as base left join (${sql}) as q on false`, [])[0] ?? {}).map(
        (name) => ({ name }),
      ),
    placeholder: () => '?',
    quote: (name) => `"${name.replaceAll('"', '""')}"`,
    describe: async () =>
      all(
        `select m.name as "table", m.sql as "tableComment", p.name as "column", p.type as "type", not p."notnull" as "nullable", '' as "comment"
         from sqlite_master m, pragma_table_info(m.name) p
         where m.type in ('table', 'view') and m.name not like 'sqlite\\_%' escape '\\' order by m.name, p.cid`,
        [],
      ).map((row) => ({ ...row, nullable: Boolean(row.nullable) })) as unknown as TableColumn[],
    close: async () => database.close(),
  };
}
