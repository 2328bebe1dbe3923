import { closeSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import { type Json, Unavailable, messageOf } from '../../../base/core/index.js';
import { sha256File } from '../../../base/core/index.node.js';
import { resolveFiles } from '../files.js';
import { type FileSpec, type FilesOptions, filesOptions, isPacked, unpacked } from './file-task.js';
import { recordDocument } from './jsonl-record.js';
import { type FileLine, fileLines, utf8Text } from './lines.js';
import { type ReadContext, type SourceDefinition, type SourceItem, type SourceTask, defineSource } from './source.js';
import { type Stretch, textStretches, textTask } from './text-files.js';

const isLines = (path: string, { format }: FilesOptions): boolean =>
  format === 'jsonl' || (format !== 'text' && /\.(jsonl|ndjson)(\.gz)?$/i.test(path));

/** A 256th of all, 4 to 64 MB: how far large files are cut, so that several workers read one file. */
export function stretchBytes(total: number): number {
  return Math.min(64_000_000, Math.max(4_000_000, Math.ceil(total / 256)));
}

const filesSource = defineSource<FilesOptions>({
  kind: 'files',
  summary: 'Text and JSON lines, packed or not; large files are read by several workers.',
  version: 1,
  options: filesOptions,
  create(given, { folder }) {
    const found = async (): Promise<{ path: string; name: string; size: number }[]> => {
      const files = [];
      for (const path of await resolveFiles(given.files, folder)) {
        const name = relative(folder, path).split(sep).join('/');
        const plain = name.startsWith('..') || isAbsolute(name) ? path.split(sep).slice(-2).join('/') : name;
        files.push({ path, name: plain, size: (await stat(path)).size });
      }
      return files;
    };
    return {
      async tasks() {
        const files = await found();
        const most = stretchBytes(files.reduce((sum, { size }) => sum + size, 0));
        const tasks: SourceTask[] = [];
        for (const { path, name, size } of files) {
          const lines = isLines(path, given);
          const stretches: Stretch[] =
            isPacked(path) || size <= most || (!lines && given.split === 'file')
              ? [{ start: 0, end: size }]
              : lines
                ? lineStretches(size, most)
                : await textStretches(path, size, most, given);
          for (const { start, end } of stretches) {
            const spec: FileSpec = { path, name, size, lines, start, end };
            const id = stretches.length === 1 ? path : `${path}@${start}`;
            tasks.push({ id, spec: spec as unknown as Json, bytes: end - start });
          }
        }
        return tasks;
      },
      async identity() {
        const hashes: Json[] = [];
        for (const { path, name } of await found()) hashes.push({ name, sha256: await sha256File(path) });
        return hashes;
      },
      async *read(task, context) {
        const spec = task.spec as unknown as FileSpec;
        const { size } = await stat(spec.path);
        if (size !== spec.size) {
          throw new Unavailable(
            'pipeline.changed',
            `read ${spec.path}: it had ${spec.size} bytes when the run began, now ${size}; start a new run`,
            { path: spec.path },
          );
        }
        if (spec.lines) yield* readLines(spec, given, context);
        else yield* textTask(spec, given, context);
      },
    };
  },
});

/** Equal stretches; the lines of each are those that begin in it. */
function lineStretches(size: number, most: number): Stretch[] {
  const count = Math.ceil(size / most);
  return Array.from({ length: count }, (_, i) => ({
    start: Math.floor((size * i) / count),
    end: Math.floor((size * (i + 1)) / count),
  }));
}

interface LineCursor {
  readonly offset: number;
  readonly line: number;
}

async function* readLines(spec: FileSpec, given: FilesOptions, context: ReadContext): AsyncGenerator<SourceItem> {
  const { path, name, start, end, size } = spec;
  const packed = isPacked(path);
  const cursor = context.cursor as LineCursor | undefined;
  const whole = start === 0 && end === size;
  // A stretch begins with the first line that begins in it: the one that reaches into it belongs to the stretch before.
  const from = cursor?.offset ?? (start === 0 ? 0 : lineStart(path, start, end));
  let line = cursor?.line ?? 0;
  let begin = from;
  const lines = packed
    ? unpackedLines(path, given, context)
    : fileLines(path, { start: from, end, limit: given.maxRecordBytes });
  for await (const { bytes, end: next } of lines) {
    context.signal?.throwIfAborted();
    line++;
    // Lines before a stretch are not counted, so a record of one is called by the place of its first byte.
    const at = begin;
    const place = whole ? `${line}` : `@${at}`;
    const reject = (reason: string): void =>
      context.onReject({
        source: path,
        ...(whole ? { line } : {}),
        reason: whole ? reason : `at byte ${at}: ${reason}`,
      });
    begin = next;
    const text = bytes && utf8Text(bytes);
    if (bytes === undefined) reject(`a line of more than ${given.maxRecordBytes} bytes`);
    else if (text === undefined) reject('not UTF-8 text');
    else if (text.trim() !== '') {
      const document = recordDocument(text, given, path, `${name}${whole ? ':' : ''}${place}`);
      if (typeof document === 'string') reject(document);
      else if (document.text.trim() !== '')
        yield packed
          ? { document }
          : { document, cursor: { offset: next, line } satisfies LineCursor as unknown as Json };
    }
  }
}

/** Start of the first line that begins in [at, end), else `end`: a line that goes through several stretches is no cause to read them twice. */
function lineStart(path: string, at: number, end: number): number {
  const file = openSync(path, 'r');
  try {
    const block = Buffer.allocUnsafe(1 << 18);
    // From the byte before: if that is a line break, a line begins at `at` itself.
    for (let from = at - 1; from < end; ) {
      const read = readSync(file, block, 0, block.length, from);
      if (read === 0) break;
      const stop = block.subarray(0, read).indexOf(10);
      if (stop >= 0) return Math.min(from + stop + 1, end);
      from += read;
    }
    return end;
  } finally {
    closeSync(file);
  }
}

/** Lines of a packed file. A damaged archive costs what comes after the damage. */
async function* unpackedLines(path: string, given: FilesOptions, context: ReadContext): AsyncGenerator<FileLine> {
  let pending: Buffer[] = [];
  let size = 0;
  let position = 0;
  try {
    for await (const chunk of unpacked(path, given.maxUnpackedBytes)) {
      let from = 0;
      for (let stop = chunk.indexOf(10); stop >= 0; stop = chunk.indexOf(10, from)) {
        const piece = chunk.subarray(from, stop);
        const long = size + piece.length > given.maxRecordBytes;
        const bytes = long ? undefined : pending.length === 0 ? piece : Buffer.concat([...pending, piece]);
        pending = [];
        size = 0;
        from = stop + 1;
        yield { bytes, end: position + from };
      }
      size += chunk.length - from;
      if (size > given.maxRecordBytes) pending = [];
      else if (from < chunk.length) pending.push(chunk.subarray(from));
      position += chunk.length;
    }
  } catch (error) {
    context.onReject({ source: path, reason: `damaged archive: ${messageOf(error)}; what follows is left out` });
    return;
  }
  if (size > 0) yield { bytes: size > given.maxRecordBytes ? undefined : Buffer.concat(pending), end: position };
}

/** Sources of text and JSON lines on this machine's disks. */
export const sources: readonly SourceDefinition[] = [filesSource];
