import { InvalidInput, Unavailable, messageOf } from '../../../base/core/index.js';

/** A row: values as the database spells them (numbers beyond 2^53, times and decimals as text, so that nothing is rounded). */
export type Row = Readonly<Record<string, unknown>>;

export interface TableColumn {
  readonly table: string;
  readonly tableComment: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly comment: string;
}

/** One open connection that only reads. */
export interface Database {
  /** Rows of a page, at most as many as its `limit`. `values` fill the placeholders in order. */
  rows(sql: string, values: readonly unknown[]): Promise<readonly Row[]>;
  /** Names of the columns and, where a placeholder must be cast to compare with them, their types. */
  columns(sql: string): Promise<ReadonlyArray<{ readonly name: string; readonly cast?: string }>>;
  /** Placeholder number n, from 1. */
  placeholder(n: number): string;
  /** A name in quotes. */
  quote(name: string): string;
  /** Columns of the tables the connection sees, in order of table and column. */
  describe(): Promise<readonly TableColumn[]>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly url: string;
  /** A statement that takes longer is stopped. */
  readonly timeoutSeconds: number;
}

/** Imports an optional package. Errors: `Unavailable` with the command that installs it. */
export async function optional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new Unavailable(
      'package.missing',
      `sql: expected the package ${name}, got none; npm install ${name}`,
      { name },
      error,
    );
  }
}

/** What a database said, as ours: the caller's where the statement is at fault, the world's where the connection is. */
export function sqlError(what: string, error: unknown, caller: boolean, secret?: string): Error {
  const said = messageOf(error) || String((error as { code?: string })?.code ?? 'no message');
  const message = `${what}: ${secret ? said.replaceAll(secret, '***') : said}`;
  return caller
    ? new InvalidInput('sql.statement', `${message}; mend the query`, {})
    : new Unavailable('sql.connection', `${message}; see that the database is up and reachable`, {});
}

/** Path of `sqlite:notes.db` or `duckdb:///data/notes.duckdb`. */
export function pathOf(url: string): string {
  return decodeURIComponent(url.replace(/^[a-z]+:(\/\/)?/, ''));
}
