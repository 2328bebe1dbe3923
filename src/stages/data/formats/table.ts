import { csv, tsv } from './delimited.js';
import { docx } from './docx.js';
import { epub } from './epub.js';
import { ixbrl } from './ixbrl.js';
import { jats } from './jats.js';
import { json, jsonLines } from './json-lines.js';
import { html, markdown } from './markdown.js';
import { parquet } from './parquet.js';
import { pdf } from './pdf/index.js';
import { plainText } from './plain-text.js';
import type { FormatName, FormatReader } from './reader.js';
import { xlsx } from './xlsx.js';

/** Every format and how it is read; the docs' table is made from this one. */
export const formats: Readonly<Record<FormatName, FormatReader>> = {
  text: plainText,
  markdown,
  html,
  jsonl: jsonLines,
  json,
  csv,
  tsv,
  parquet,
  pdf,
  docx,
  epub,
  xlsx,
  ixbrl,
  jats,
};

export const formatNames = Object.keys(formats) as FormatName[];

/** The format that a name's ending tells, if any. */
export function formatOfName(name: string): FormatName | undefined {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (extension === undefined) return undefined;
  return formatNames.find((format) => formats[format].extensions.includes(extension));
}
