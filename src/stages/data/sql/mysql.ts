import { type Database, type OpenOptions, type Row, type TableColumn, optional, sqlError } from './database.js';
import { passwordOf } from './postgres.js';

/** MySQL's and MariaDB's errors whose cause is the connection, not the statement. */
const lost = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|PROTOCOL_|ER_ACCESS_DENIED|ER_CON_|ER_HOST|ER_DBACCESS)/;

/** Column types of the wire protocol: BIGINT and DECIMAL. */
const longLong = 8;
const newDecimal = 246;

/** MySQL and MariaDB. */
export async function openMysql({ url, timeoutSeconds }: OpenOptions): Promise<Database> {
  const mysql = await optional('mysql2', () => import('mysql2/promise'));
  const secret = passwordOf(url);
  const fail = (error: unknown) =>
    sqlError('mysql', error, !lost.test(String((error as { code?: string }).code ?? '')), secret);
  const connection = await mysql
    .createConnection({
      uri: url.replace(/^mariadb:/, 'mysql:'),
      connectTimeout: 10_000,
      charset: 'utf8mb4',
      // As the server spells them: a Date would lose microseconds and its zone, a number digits.
      dateStrings: true,
      supportBigNumbers: true,
      jsonStrings: true,
      multipleStatements: false,
      infileStreamFactory: () => {
        throw new Error('LOAD DATA LOCAL is refused');
      },
    } as Parameters<typeof mysql.createConnection>[0])
    .catch((error: unknown) => Promise.reject(fail(error)));
  connection.on('error', () => undefined);
  const query = async (text: string, values: readonly unknown[]) => {
    try {
      return await connection.query(text, [...values]);
    } catch (error) {
      throw fail(error);
    }
  };
  // MariaDB counts seconds, MySQL milliseconds; each knows only its own name.
  await connection
    .query(`set session max_statement_time = ${timeoutSeconds}`)
    .catch(() => connection.query(`set session max_execution_time = ${Math.ceil(timeoutSeconds * 1000)}`))
    .catch((error: unknown) => Promise.reject(fail(error)));
  await query('set session transaction isolation level repeatable read', []);
  await query('start transaction with consistent snapshot, read only', []);
  return {
    rows: async (sql, values) => ((await query(sql, values))[0] as Row[]).map(textRow),
    columns: async (sql) =>
      (await query(`select * from (${sql}) as q limit 0`, []))[1].map(({ name, columnType }) => {
        // A number too long for JavaScript travels as text, which must not be compared as a double.
        const cast = columnType === longLong ? 'decimal(20)' : columnType === newDecimal ? 'decimal(65,30)' : undefined;
        return cast ? { name, cast } : { name };
      }),
    placeholder: () => '?',
    quote: (name) => `\`${name.replaceAll('`', '``')}\``,
    describe: async () =>
      (
        (
          await query(
            `select concat(c.table_schema, '.', c.table_name) as \`table\`, t.table_comment as \`tableComment\`,
               c.column_name as \`column\`, c.column_type as \`type\`, c.is_nullable as \`nullable\`, c.column_comment as \`comment\`
             from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
             where c.table_schema not in ('mysql', 'information_schema', 'performance_schema', 'sys')
             order by 1, c.ordinal_position`,
            [],
          )
        )[0] as Array<Omit<TableColumn, 'nullable'> & { nullable: string }>
      ).map((column) => ({ ...column, nullable: column.nullable === 'YES' })),
    close: () => connection.end(),
  };
}

/** Binary columns that hold UTF-8 become text; others stay bytes and are refused where they are used. */
function textRow(row: Row): Row {
  const values = Object.entries(row).map(([name, value]) => [name, Buffer.isBuffer(value) ? utf8(value) : value]);
  return Object.fromEntries(values);
}

function utf8(bytes: Buffer): string | Buffer {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes;
  }
}
