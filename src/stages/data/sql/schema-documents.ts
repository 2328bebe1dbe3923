import type { Document } from '../document.js';
import type { TableColumn } from './database.js';

/** A text about each table: what it is for and what its columns mean, as far as the database says. */
export function schemaDocuments(
  columns: readonly TableColumn[],
  wanted?: readonly string[],
): Array<Omit<Document, 'source'>> {
  const tables = new Map<string, TableColumn[]>();
  for (const column of columns) {
    const short = column.table.replace(/^.*\./, '');
    if (wanted && !wanted.includes(column.table) && !wanted.includes(short)) continue;
    const list = tables.get(column.table);
    if (list) list.push(column);
    else tables.set(column.table, [column]);
  }
  return [...tables].map(([table, list]) => {
    const comment = list[0]?.tableComment ?? '';
    const lines = list.map(
      (column) =>
        `- ${column.column}: ${column.type}${column.nullable ? ', may be empty' : ''}${column.comment ? `. ${column.comment}` : ''}`,
    );
    const text = [`Table ${table}`, ...(comment ? ['', comment] : []), '', 'Columns:', ...lines].join('\n');
    return { id: `schema/${table}`, title: table, text, metadata: { kind: 'schema' } };
  });
}
