import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { InvalidInput } from '../../../base/core/index.js';

/** Options of the source `files`. */
export const filesOptions = z.strictObject({
  files: z.array(z.string().min(1)).min(1).describe('Paths, folders and globs, relative to the project.'),
  format: z
    .enum(['auto', 'text', 'jsonl'])
    .default('auto')
    .describe('auto: .jsonl and .ndjson are JSON lines, all else is text; .gz is unpacked first.'),
  textField: z.string().min(1).default('text').describe('Field of a JSON line that holds the text.'),
  idField: z.string().min(1).default('id').describe('Field of a JSON line that holds the id.'),
  metadata: z.boolean().default(true).describe('Keep the other fields of a JSON line as metadata.'),
  split: z
    .enum(['auto', 'file', 'paragraphs', 'separator'])
    .default('auto')
    .describe('How text becomes documents; auto: at <|endoftext|> where a file has it, else paragraphs.'),
  separator: z.string().min(1).default('<|endoftext|>').describe('Stands between documents of a text.'),
  documentBytes: z.int().min(16).default(8192).describe('Most bytes of a document made of paragraphs.'),
  maxRecordBytes: z.int().min(1).default(32_000_000).describe('Longer lines are left out.'),
  maxUnpackedBytes: z.int().min(1).default(1e11).describe('An archive that unpacks to more is cut off there.'),
});

export type FilesOptions = z.output<typeof filesOptions>;

/** What reading a task of files needs: a file, or a stretch of one. */
export interface FileSpec {
  readonly path: string;
  /** Name in ids: the path relative to the project. */
  readonly name: string;
  /** Size of the file when the tasks were listed: another one then is refused. */
  readonly size: number;
  readonly lines: boolean;
  readonly start: number;
  readonly end: number;
}

export const isPacked = (path: string): boolean => /\.gz$/i.test(path);

/** Bytes of a packed file, at most so many. */
export async function* unpacked(path: string, most: number): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  file.on('error', (error) => gunzip.destroy(error));
  let size = 0;
  try {
    for await (const chunk of file.pipe(gunzip) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new InvalidInput('pipeline.unpacked', `it unpacks to more than ${most} bytes`);
      yield chunk;
    }
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}
