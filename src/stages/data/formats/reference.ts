import { z } from 'zod';
import { formatBytes } from '../../../base/core/index.js';
import { compressions } from './decompress.js';
import { limitsSchema } from './limits.js';
import { filesOptionsSchema } from './source.js';
import { formatNames, formats } from './table.js';

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n');

const resumes = {
  byte: 'at any document (byte)',
  row: 'at any row',
  part: 'at any sheet',
  none: 'at the file',
} as const;

/** The table of formats for the docs: made from the table that reads them. */
export function formatReference(): string {
  const rows = formatNames.map((name) => {
    const { summary, extensions, documents, cursor, divisible } = formats[name];
    const endings = extensions.map((extension) => `.${extension}`).join(' ') || 'told by content';
    return [`\`${name}\``, endings, summary, documents, `${resumes[cursor]}${divisible ? '; cut into tasks' : ''}`];
  });
  const packed = Object.entries(compressions)
    .map(([name, { ending, tgz }]) =>
      `${name} (${ending.source} ${tgz.source})`.replace(/[\\$]/g, '').replaceAll('|', ' '),
    )
    .join(', ');
  return `${tableOf(['format', 'names', 'what', 'documents', 'resumes'], rows)}\n\nPacked by ${packed}; archives .zip and .tar.`;
}

interface Property {
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string;
}

const propertiesOf = (schema: z.ZodType): [string, Property][] =>
  Object.entries((z.toJSONSchema(schema, { io: 'input' }) as { properties: Record<string, Property> }).properties);

/** The table of the source's options. */
export function optionReference(): string {
  const rows = propertiesOf(filesOptionsSchema)
    .filter(([name]) => name !== 'limits')
    .map(([name, { default: value, description = '' }]) => [
      `\`${name}\``,
      value === undefined ? '' : `\`${JSON.stringify(value)}\``,
      description,
    ]);
  return tableOf(['option', 'default', 'meaning'], rows);
}

/** The table of limits, in the unit of each. */
export function limitReference(): string {
  const rows = propertiesOf(limitsSchema).map(([name, { default: value, description = '' }]) => [
    `\`${name}\``,
    /bytes/i.test(name) ? formatBytes(value as number) : String(value),
    description,
  ]);
  return tableOf(['limit', 'default', 'of what'], rows);
}
