import { InvalidInput, nearest } from '../../../base/core/index.js';

/** A text with `{column}` places; `{{` and `}}` are braces. */
export interface Template {
  /** Columns it names, each once. */
  readonly columns: readonly string[];
  /** The text of a row; null and absent values are empty. */
  fill(row: Readonly<Record<string, unknown>>): string;
}

/** Errors: `InvalidInput` where a brace is left open. */
export function compileTemplate(text: string): Template {
  const literals: string[] = [];
  const places: string[] = [];
  let literal = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if ((character === '{' || character === '}') && text[at + 1] === character) {
      literal += character;
      at++;
    } else if (character === '{') {
      const end = text.indexOf('}', at);
      const name = end < 0 ? '' : text.slice(at + 1, end);
      if (name === '' || name.includes('{')) refuse(text, at, 'a column name and } after {');
      literals.push(literal);
      places.push(name);
      literal = '';
      at = end;
    } else if (character === '}') refuse(text, at, 'a single } only after {');
    else literal += character;
  }
  const last = literal;
  return {
    columns: [...new Set(places)],
    fill: (row) => literals.map((part, i) => part + asText(row[places[i] as string])).join('') + last,
  };
}

function refuse(text: string, at: number, expected: string): never {
  throw new InvalidInput(
    'data.template',
    `template: expected ${expected}, got ${JSON.stringify(text.slice(at, at + 20))}; write {{ and }} for braces`,
    { at },
  );
}

/** A value of a row as text: dates, numbers and JSON as the database spells them. */
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
