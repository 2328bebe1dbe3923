import type { Json } from '../../../base/core/index.js';
import type { AccessClass, TextSplit } from '../document.js';
import type { Input } from './bytes.js';
import type { Limits } from './limits.js';

/** Formats that are read. `formats` in `table.ts` has a row for each. */
export type FormatName =
  | 'text'
  | 'markdown'
  | 'html'
  | 'jsonl'
  | 'json'
  | 'csv'
  | 'tsv'
  | 'parquet'
  | 'pdf'
  | 'docx'
  | 'epub'
  | 'xlsx'
  | 'ixbrl'
  | 'jats';

/** What a file's text becomes, and which fields of a record mean what. */
export interface FormatOptions {
  /** Field or column that holds the text. Default `text`. */
  readonly textField: string;
  /** Text made of several fields: `{title}\n\n{body}`; `{{` and `}}` are braces. */
  readonly template?: string;
  readonly idField?: string;
  readonly subjectField?: string;
  readonly timeField?: string;
  /** Fields kept as metadata; `['*']` keeps all that are not used otherwise. */
  readonly metadataFields: readonly string[];
  readonly split: TextSplit;
  readonly separator: string;
  /** Most bytes of a document that is grouped from paragraphs. */
  readonly documentBytes: number;
  /** `utf-8` (strict; UTF-16 by its byte order mark), another label, or `auto`: detected. */
  readonly encoding: string;
  /** CSV: what stands between fields; by default told by the first line. */
  readonly delimiter?: string;
  /** CSV: names of the columns where the file has no line of them. */
  readonly columns?: readonly string[];
  /** Tables: one document a `row` (CSV's default), or one for the whole `table` or sheet (XLSX's default). */
  readonly rows?: 'row' | 'table';
  /** JATS: keep the list of references. */
  readonly references: boolean;
  readonly limits: Limits;
}

/** A document as a reader finds it; the source adds where it came from, licence and access. */
export interface Found {
  readonly text: string;
  /** Place in the file, where it holds several documents: row, byte, sheet. Part of the id. */
  readonly place?: number | string;
  /** Number of its line, where it has one. */
  readonly line?: number;
  readonly id?: string;
  readonly title?: string;
  readonly url?: string;
  readonly time?: string;
  readonly language?: string;
  readonly licence?: string;
  readonly access?: AccessClass;
  readonly subject?: string;
  readonly metadata?: Readonly<Record<string, Json>>;
  /** Where reading can go on after it. */
  readonly cursor?: Json;
}

export interface FormatContext {
  readonly options: FormatOptions;
  /** Cursor of the last document that an earlier run kept. */
  readonly cursor?: Json;
  /** Part of the file: documents that begin in these bytes. */
  readonly part?: readonly [number, number];
  /** Told of each record that costs itself alone. */
  reject(reason: string, line?: number): void;
  readonly signal?: AbortSignal;
}

/** One way to read a file. An `Unreadable`, or any other error, costs the whole file and says why. */
export interface FormatReader {
  /** One line for the table in the docs. */
  readonly summary: string;
  /** Endings of names, without the dot. */
  readonly extensions: readonly string[];
  /** What a document is, for the docs. */
  readonly documents: string;
  /** What the cursor counts; `none`: read again from the beginning. */
  readonly cursor: 'byte' | 'row' | 'part' | 'none';
  /** Large files can be cut into parts that are read apart. */
  readonly divisible?: boolean;
  /** Where a part that begins at a byte really begins. */
  partStart?(input: Input, place: number, options: FormatOptions): Promise<number>;
  read(input: Input, context: FormatContext): AsyncIterable<Found>;
}
