/** One text that is trained on as a whole: tokens of one document never attend to another. */
export interface Document {
  readonly id: string;
  readonly text: string;
  /** File it came from. */
  readonly source: string;
  /** SPDX identifier, where known. */
  readonly licence?: string;
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
  /** `auto` (default): .jsonl and .ndjson are JSON lines, everything else is text; `.gz` is unpacked first. */
  readonly format?: 'auto' | 'text' | 'jsonl';
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
