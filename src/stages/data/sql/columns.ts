import { InvalidInput, nearest } from '../../../base/core/index.js';

/** A value of a row as text: dates, numbers and JSON as the database spells them; nothing where it is null. */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Errors: `InvalidInput` naming a column that the rows do not have. */
export function checkColumns(wanted: readonly string[], present: readonly string[], what: string): void {
  const absent = wanted.filter((name) => !present.includes(name));
  if (absent.length === 0) return;
  const near = nearest(absent[0] as string, present);
  throw new InvalidInput(
    'data.column',
    `${what}: expected columns of the query (${present.join(', ')}), got ${absent.join(', ')}${near ? `; did you mean ${near}?` : ''}`,
    { absent, present },
  );
}
