import { type Json, messageOf } from '../../../base/core/index.js';
import type { AccessClass, Document } from '../document.js';

const accessClasses: readonly unknown[] = ['public', 'internal', 'confidential', 'personal'] satisfies AccessClass[];
/** Fields of a document that a record may bring under their own names. */
const texts = ['url', 'title', 'time', 'language', 'subject'] as const;

export interface RecordOptions {
  readonly textField: string;
  readonly idField: string;
  /** Keep what a document has no field for as metadata. */
  readonly metadata: boolean;
}

/** The document in a line of JSON, or why there is none. `id` is for records that bring none. */
export function recordDocument(line: string, options: RecordOptions, source: string, id: string): Document | string {
  const { textField, idField } = options;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `not JSON: ${messageOf(error).slice(0, 200)}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  const {
    [textField]: text,
    [idField]: own,
    source: from,
    licence,
    license,
    access,
    metadata,
    ...rest
  } = value as Record<string, unknown>;
  if (typeof text !== 'string') return `no string in field ${JSON.stringify(textField)}`;
  // JSON may spell half a surrogate pair, which no UTF-8 text holds.
  if (!text.isWellFormed()) return 'a lone surrogate in the text';
  const document: Record<string, unknown> = {
    id: typeof own === 'string' ? own : typeof own === 'number' ? String(own) : id,
    text,
    source: typeof from === 'string' ? from : source,
  };
  const named = [licence, license].find((item) => typeof item === 'string' && item !== '');
  if (named !== undefined) document.licence = named;
  if (accessClasses.includes(access)) document.access = access;
  for (const field of texts) {
    if (typeof rest[field] !== 'string') continue;
    document[field] = rest[field];
    delete rest[field];
  }
  if (options.metadata) {
    const kept: Record<string, unknown> = { ...(isRecord(metadata) ? metadata : {}), ...rest };
    if (Object.keys(kept).length > 0) document.metadata = kept as Record<string, Json>;
  }
  return document as unknown as Document;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
