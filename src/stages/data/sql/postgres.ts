import { type Database, type OpenOptions, type Row, type TableColumn, optional, sqlError } from './database.js';

/** Statements at fault: syntax, names, types, rights, values, time limits (classes 22, 42, 57014, 25). */
const callers = /^(22|42|25|57014|0A|3F)/;

/** `bool` is the one type whose text form (t, f) nobody would want to read. */
const booleanType = 16;

export async function openPostgres({ url, timeoutSeconds }: OpenOptions): Promise<Database> {
  const { default: pg } = await optional('pg', () => import('pg'));
  const secret = passwordOf(url);
  const fail = (error: unknown) =>
    sqlError('postgres', error, callers.test(String((error as { code?: string }).code ?? '')), secret);
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'abovo',
    // Text as the server spells it: a Date would lose microseconds, a number would lose digits.
    types: { getTypeParser: (id: number) => (value: string) => (id === booleanType ? value === 't' : value) },
  });
  // A connection lost between two pages is reported by the next query.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(`set statement_timeout = ${Math.ceil(timeoutSeconds * 1000)}`);
    await client.query('start transaction isolation level repeatable read read only');
  } catch (error) {
    await client.end().catch(() => undefined);
    throw fail(error);
  }
  const query = async (text: string, values: readonly unknown[]) => {
    try {
      return await client.query(text, [...values]);
    } catch (error) {
      throw fail(error);
    }
  };
  return {
    rows: async (sql, values) => (await query(sql, values)).rows as Row[],
    columns: async (sql) =>
      (await query(`select * from (${sql}) as q limit 0`, [])).fields.map(({ name }: { name: string }) => ({ name })),
    placeholder: (n) => `$${n}`,
    quote: (name) => `"${name.replaceAll('"', '""')}"`,
    describe: async () =>
      (
        await query(
          `select n.nspname || '.' || c.relname as "table", coalesce(obj_description(c.oid, 'pg_class'), '') as "tableComment",
             a.attname as "column", format_type(a.atttypid, a.atttypmod) as "type", not a.attnotnull as "nullable",
             coalesce(col_description(c.oid, a.attnum), '') as "comment"
           from pg_class c join pg_namespace n on n.oid = c.relnamespace
             join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
           where c.relkind in ('r', 'v', 'm', 'p', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
             and n.nspname not like 'pg\\_toast%' and has_table_privilege(c.oid, 'select')
           order by 1, a.attnum`,
          [],
        )
      ).rows as TableColumn[],
    close: () => client.end(),
  };
}

export function passwordOf(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url).password) || undefined;
  } catch {
    return undefined;
  }
}
