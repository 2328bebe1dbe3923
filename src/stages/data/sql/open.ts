import { InvalidInput } from '../../../base/core/index.js';
import type { Database, OpenOptions } from './database.js';
import { openDuckdb } from './duckdb.js';
import { openMysql } from './mysql.js';
import type { SqlOptions } from './options.js';
import { openPostgres } from './postgres.js';
import { openSqlite } from './sqlite.js';

const openers: Readonly<Record<SqlOptions['database'], (options: OpenOptions) => Promise<Database>>> = {
  postgres: openPostgres,
  mysql: openMysql,
  sqlite: openSqlite,
  duckdb: openDuckdb,
};

/** Errors: `InvalidInput` where the environment variable is not set; `Unavailable` where nothing answers. */
export function openDatabase({ database, url, urlVariable, timeoutSeconds }: SqlOptions): Promise<Database> {
  const address = url ?? process.env[urlVariable as string];
  if (address === undefined || address === '') {
    throw new InvalidInput(
      'sql.address',
      `sql: expected the address of the database in the environment variable ${urlVariable}, got none; export ${urlVariable}=…`,
      { urlVariable },
    );
  }
  return openers[database]({ url: address, timeoutSeconds });
}
