import type { Json } from '../../base/core/index.js';

/** Who may see a document; the strictest class of what went in follows into data sets and models. */
export type AccessClass = 'public' | 'internal' | 'confidential' | 'personal';

/** One text that is trained on as a whole: tokens of one document never attend to another. */
export interface Document {
  /** Unique in its source, the same in every run. */
  readonly id: string;
  readonly text: string;
  /** File, address or table it came from. */
  readonly source: string;
  /** SPDX expression, where known. */
  readonly licence?: string;
  readonly url?: string;
  readonly title?: string;
  /** When it was written or fetched, ISO 8601. */
  readonly time?: string;
  /** ISO 639-1, else ISO 639-3. */
  readonly language?: string;
  readonly access?: AccessClass;
  /** Key of the person whom the record is about; `abovo data erase --subject` looks for it. */
  readonly subject?: string;
  /** Whatever else a source or a step knows (byline, scores, image references, commit); kept in the output. */
  readonly metadata?: Readonly<Record<string, Json>>;
}

/** A file or record that was left out, and why. */
export interface Reject {
  readonly source: string;
  /** Line of the record, from 1; absent where the whole file was left out. */
  readonly line?: number;
  readonly reason: string;
}

/** How a plain text becomes documents. */
export type TextSplit =
  /** At `<|endoftext|>` where the file has it, else `paragraphs`. */
  | 'auto'
  /** The whole file is one document. */
  | 'file'
  /** Paragraphs (ended by blank lines) are grouped up to `documentBytes`. */
  | 'paragraphs'
  /** At every separator. */
  | 'separator';

/** Files of one kind. */
export interface DataSource {
  /** Paths, folders and globs (`*`, `**`, `?`, `{a,b}`), relative to `folder` of the options. */
  readonly files: readonly string[];
  /**
   * `auto` (default): .jsonl and .ndjson are JSON lines; PDF, DOCX, EPUB, XLSX, Parquet and archives are told by their first bytes;
   * everything else is text as it is written. Packed files are unpacked first.
   */
  readonly format?: 'auto' | 'text' | 'jsonl' | 'markdown' | 'html' | 'json' | 'csv' | 'tsv';
  /** Field of a JSON line that holds the text. Default `text`. */
  readonly textField?: string;
  readonly split?: TextSplit;
  readonly separator?: string;
  /** Most bytes of a document that is grouped from paragraphs. Default 8192. */
  readonly documentBytes?: number;
  /** Licence of documents that name none themselves. */
  readonly licence?: string;
}

/** UTF-8 bytes of a text. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
