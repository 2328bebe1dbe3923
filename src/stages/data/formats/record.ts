import type { Json } from '../../../base/core/index.js';
import type { AccessClass } from '../document.js';
import { fillTemplate, namesOf, parseTemplate } from '../template.js';
import type { Found, FormatOptions } from './reader.js';

type Row = Readonly<Record<string, unknown>>;

/** Any value of a table or JSON as text: dates as ISO 8601, objects as JSON, nothing for null. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  if (typeof value === 'object') return JSON.stringify(jsonOf(value));
  return String(value);
}

/** Any value as JSON: big integers and bytes as text, dates as ISO 8601. */
export function jsonOf(value: unknown, depth = 0): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (depth > 32 || typeof value !== 'object') return null;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(value as ArrayLike<unknown>, (item) => jsonOf(item, depth + 1));
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item, depth + 1)]));
}

const accessClasses: readonly string[] = ['public', 'internal', 'confidential', 'personal'];
const string = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.isWellFormed() ? value : undefined;

export interface RecordReader {
  /** Fields that are looked at, all where undefined: other columns need not be read. */
  readonly fields: readonly string[] | undefined;
  /** Fields without which there is no text. */
  readonly needed: readonly string[];
  /** The document of a record, or the reason why there is none. `json` says that its values came from JSON and need no copy. */
  read(row: Row, json?: boolean): Mutable<Found> | string;
}

/** A document in the hands of its reader, which adds place and cursor. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const known = ['id', 'title', 'url', 'time', 'language', 'licence', 'license', 'access', 'subject', 'metadata'];

/** How records (JSON lines, rows of tables) become documents. Errors: `InvalidInput` for a broken template. */
export function recordReader(options: FormatOptions): RecordReader {
  const { textField, idField = 'id', timeField = 'time', subjectField = 'subject', metadataFields } = options;
  const template = options.template === undefined ? undefined : parseTemplate(options.template);
  const needed = template ? namesOf(template) : [textField];
  const all = metadataFields.includes('*');
  const used = new Set([...needed, idField, timeField, subjectField, ...known]);
  return {
    needed,
    fields: all ? undefined : [...new Set([...used, ...metadataFields])],
    read(row, json = false) {
      let text: string;
      if (template) {
        const missing = needed.find((field) => !Object.hasOwn(row, field));
        if (missing !== undefined) return `no field ${JSON.stringify(missing)} for the template`;
        text = fillTemplate(template, (field) => textOf(row[field]));
      } else {
        const value = Object.hasOwn(row, textField) ? row[textField] : undefined;
        if (typeof value !== 'string') return `no string in field ${JSON.stringify(textField)}`;
        text = value;
      }
      // JSON may spell half a surrogate pair, which no UTF-8 text holds.
      if (!text.isWellFormed()) return 'a lone surrogate in the text';
      const found: Mutable<Found> = { text };
      const id = row[idField];
      if (typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint') found.id = String(id);
      // Fields that are not there are not set: a document a line makes millions of objects.
      const take = (field: 'title' | 'url' | 'time' | 'language' | 'licence' | 'subject', value: unknown): void => {
        if (value === undefined) return;
        const said = string(
          value instanceof Date || typeof value === 'number' || typeof value === 'bigint' ? textOf(value) : value,
        );
        if (said !== undefined) found[field] = said;
      };
      take('title', row.title);
      take('url', row.url);
      take('time', row[timeField]);
      take('language', row.language);
      take('licence', row.licence ?? row.license);
      take('subject', row[subjectField]);
      const { access } = row;
      if (typeof access === 'string' && accessClasses.includes(access)) found.access = access as AccessClass;
      const own = row.metadata;
      const kept = all ? Object.keys(row).filter((key) => !used.has(key)) : metadataFields;
      let metadata: Record<string, Json> | undefined;
      if (typeof own === 'object' && own !== null && !Array.isArray(own)) {
        metadata = (json && kept.length === 0 ? own : jsonOf(own)) as Record<string, Json>;
      }
      for (const key of kept) {
        if (!Object.hasOwn(row, key)) continue;
        metadata ??= {};
        metadata[key] = jsonOf(row[key]);
      }
      if (metadata && Object.keys(metadata).length > 0) found.metadata = metadata;
      return found;
    },
  };
}
