import { existsSync } from 'node:fs';
import { InvalidInput } from '../../../base/core/index.js';
import { type Database, type OpenOptions, type Row, type TableColumn, optional, pathOf, sqlError } from './database.js';

/** DuckDB: its own files, and whatever a query reads beside them (Parquet, CSV). */
export async function openDuckdb({ url }: OpenOptions): Promise<Database> {
  const { DuckDBInstance } = await optional('@duckdb/node-api', () => import('@duckdb/node-api'));
  const path = pathOf(url);
  if (path !== ':memory:' && !existsSync(path)) {
    throw new InvalidInput('sql.file', `duckdb: expected a database file, got none at ${path}`, { path });
  }
  const fail = (error: unknown) => sqlError(`duckdb ${path}`, error, true);
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw fail(error);
    }
  };
  const instance = await attempt(() =>
    DuckDBInstance.create(path, path === ':memory:' ? {} : { access_mode: 'READ_ONLY' }),
  );
  const connection = await attempt(() => instance.connect());
  const read = (sql: string, values: readonly unknown[]) =>
    attempt(() => connection.runAndReadAll(sql, values as never));
  return {
    // Numbers beyond 2^53, decimals and times as text.
    rows: async (sql, values) => (await read(sql, values)).getRowObjectsJson() as Row[],
    columns: async (sql) => {
      const reader = await read(`select * from (${sql}) as q limit 0`, []);
      return reader.columnNames().map((name, i) => ({ name, cast: String(reader.columnType(i)) }));
    },
    placeholder: (n) => `$${n}`,
    quote: (name) => `"${name.replaceAll('"', '""')}"`,
    describe: async () =>
      (
        await read(
          `select c.schema_name || '.' || c.table_name as "table", coalesce(t.comment, '') as "tableComment", c.column_name as "column",
             c.data_type as "type", c.is_nullable as "nullable", coalesce(c.comment, '') as "comment"
           from duckdb_columns() c left join (select database_name, schema_name, table_name, comment from duckdb_tables()) t
             using (database_name, schema_name, table_name)
           where not c.internal order by 1, c.column_index`,
          [],
        )
      ).getRowObjectsJson() as unknown as TableColumn[],
    close: async () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
