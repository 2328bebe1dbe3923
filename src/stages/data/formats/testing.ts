import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import type { Document, Reject } from '../document.js';
import { memoryInput } from './bytes.js';
import { type formatOptionsSchema, formatOptions } from './options.js';
import { type FoundIn, readInput } from './read-input.js';
import type { FormatName } from './reader.js';
import { type filesOptionsSchema, filesSource } from './source.js';
import type { S3Environment } from './s3.js';

/** Helpers of this room's tests. */
export const goldenFolder = fileURLToPath(new URL('../../../../test/golden/files/', import.meta.url));

export const golden = (name: string): Buffer => readFileSync(join(goldenFolder, name));

/** Documents and rejects of bytes under a name. */
export async function readBytes(
  name: string,
  bytes: Uint8Array | string,
  options: z.input<typeof formatOptionsSchema> & { format?: FormatName | 'auto' } = {},
): Promise<{ found: FoundIn[]; rejects: { file: string; line?: number; reason: string }[] }> {
  const { format = 'auto', ...rest } = options;
  const found: FoundIn[] = [];
  const rejects: { file: string; line?: number; reason: string }[] = [];
  const input = memoryInput(name, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  const reject = (item: { file: string; line?: number; reason: string }) => rejects.push(item);
  for await (const item of readInput(input, { options: formatOptions(rest), format, reject })) found.push(item);
  return { found, rejects };
}

/** Documents and rejects of the source `files`, task by task; `stopAfter` kills and resumes each task after so many documents. */
export async function readSource(
  options: z.input<typeof filesOptionsSchema>,
  { folder, env, stopAfter }: { folder: string; env?: S3Environment; stopAfter?: number },
): Promise<{ documents: Document[]; rejects: Reject[]; tasks: string[] }> {
  const source = filesSource(options, { folder, env });
  const documents: Document[] = [];
  const rejects: Reject[] = [];
  const tasks = await source.tasks();
  for (const task of tasks) {
    let cursor: never | undefined;
    for (let done = false; !done; ) {
      done = true;
      let kept = documents.length;
      let since = 0;
      for await (const item of source.read(task, { cursor, onReject: (reject) => rejects.push(reject) })) {
        documents.push(item.document);
        since++;
        if (item.cursor === undefined) continue;
        kept = documents.length;
        cursor = item.cursor as never;
        if (stopAfter !== undefined && since >= stopAfter) {
          done = false;
          break;
        }
      }
      // What came after the last cursor is read again.
      if (!done) documents.length = kept;
    }
  }
  return { documents, rejects, tasks: tasks.map((task) => task.id) };
}
