/**
 * Rows of databases as documents: Postgres, MySQL and MariaDB, SQLite, DuckDB.
 *
 * @module
 * @example
 * ```ts
 * import { schemaDocuments } from 'abovo/data/sql';
 * const id = { table: 'eggs', tableComment: 'What was laid', column: 'id', type: 'bigint', nullable: false, comment: '' };
 * schemaDocuments([id])[0].title; // 'eggs'
 * ```
 */
import { sqlSource } from './source.js';

export { pageStatement, sqlSource } from './source.js';
export { schemaDocuments } from './schema-documents.js';
export { sqlOptions } from './options.js';
export type { SqlOptions } from './options.js';

/** Kinds of sources in this room, for the pipeline's table. */
export const sources = [sqlSource] as const;
