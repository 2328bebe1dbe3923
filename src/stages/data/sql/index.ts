/**
 * Rows of databases as documents: Postgres, MySQL and MariaDB, SQLite, DuckDB.
 *
 * @module
 * @example
 * ```ts
 * import { compileTemplate } from 'abovo/data/sql';
 * compileTemplate('{name} costs {price}.').fill({ name: 'An egg', price: 0.4 }); // 'An egg costs 0.4.'
 * ```
 */
import { sqlSource } from './source.js';

export { pageStatement, sqlSource } from './source.js';
export { schemaDocuments } from './schema-documents.js';
export { sqlOptions } from './options.js';
export type { SqlOptions } from './options.js';
export { checkColumns, compileTemplate } from './template.js';
export type { Template } from './template.js';

/** Kinds of sources in this room, for the pipeline's table. */
export const sources = [sqlSource] as const;
