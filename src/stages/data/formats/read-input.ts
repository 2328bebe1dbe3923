import { InvalidInput, type Json, Unavailable, messageOf } from '../../../base/core/index.js';
import { type Input, headOf, memoryInput } from './bytes.js';
import { compressionOf, unpackedInput } from './decompress.js';
import { kindOf, sniffBytes, zipKind } from './detect.js';
import { Unreadable } from './limits.js';
import type { FormatContext, FormatName, FormatOptions, Found } from './reader.js';
import type { Mutable } from './record.js';
import { formats } from './table.js';
import { tarEntries } from './tar.js';
import { groupParagraphs } from './text.js';
import { ZipArchive, unsafeName } from './zip.js';

/** A document and the file it was found in: inside of an archive, the path goes on after the archive's. */
export interface FoundIn extends Found {
  readonly file: string;
}

export interface InputContext {
  readonly options: FormatOptions;
  /** `auto` tells formats by content and name. */
  readonly format: FormatName | 'auto';
  /** Of `auto`: text formats other than JSON lines are taken as they are written. */
  readonly plain?: boolean;
  readonly cursor?: Json;
  readonly part?: readonly [number, number];
  reject(reject: { readonly file: string; readonly line?: number; readonly reason: string }): void;
  readonly signal?: AbortSignal;
}

/** Inside of an archive: which entry, and where in it. */
interface EntryCursor {
  readonly entry: number;
  readonly inner?: Json;
}

function entryCursor(cursor: Json | undefined): EntryCursor | undefined {
  if (typeof cursor !== 'object' || cursor === null || !('entry' in cursor)) return undefined;
  return typeof cursor.entry === 'number' ? { entry: cursor.entry, inner: cursor.inner } : undefined;
}

const asWritten: ReadonlySet<string> = new Set(['markdown', 'html', 'jsonl', 'json', 'csv', 'tsv', 'ixbrl', 'jats']);

/**
 * Documents of a file, whatever it is: unpacked first, archives entry by entry. What cannot be read goes to `reject`
 * and costs itself alone. Errors: `InvalidInput` for mistakes in the options, `AbortError`.
 */
export async function* readInput(input: Input, context: InputContext, nesting = 0): AsyncGenerator<FoundIn> {
  const { options, reject, signal } = context;
  const { limits } = options;
  let current = input;
  try {
    let level = nesting;
    let head = await headOf(current, sniffBytes);
    for (let packed = compressionOf(head); packed; packed = compressionOf(head)) {
      if (++level > limits.nesting) throw new Unreadable(`packed more than ${limits.nesting} times`);
      current = unpackedInput(current, packed, limits);
      head = await headOf(current, sniffBytes);
    }
    const told = context.format === 'auto' ? kindOf(current.name, head) : context.format;
    const kind = context.plain && asWritten.has(told) && !/\.(jsonl|ndjson)$/i.test(current.name) ? 'text' : told;
    if (kind === 'tar') yield* readTar(current, context, level, input.name);
    else if (kind === 'zip') {
      const archive = await ZipArchive.open(current, limits);
      const office = zipKind(archive.entries.map((entry) => entry.name));
      if (office) yield* readFormat(current, office, context, input.name);
      else yield* readZip(archive, context, level, input.name);
    } else yield* readFormat(current, kind, context, input.name);
  } catch (error) {
    if (error instanceof InvalidInput || signal?.aborted) throw error;
    // A store that does not answer says nothing about the file: the run stops, and a later one reads it.
    if (error instanceof Unavailable && error.code === 'data.s3') throw error;
    reject({ file: input.name, reason: messageOf(error) });
  }
}

async function* readFormat(
  input: Input,
  format: FormatName,
  { options, cursor, part, reject, signal }: InputContext,
  file: string,
): AsyncGenerator<FoundIn> {
  const reader = formats[format];
  const context: FormatContext = {
    options,
    cursor,
    part,
    signal,
    reject: (reason, line) => reject({ file, reason, ...(line === undefined ? {} : { line }) }),
  };
  const regroup = options.split === 'paragraphs' && format !== 'text';
  for await (const found of reader.read(input, context)) {
    signal?.throwIfAborted();
    if (!/\S/.test(found.text)) continue;
    if (!regroup) {
      // Readers make each document anew: it is marked instead of copied.
      const marked = found as Mutable<FoundIn>;
      marked.file = file;
      yield marked;
    } else {
      let number = 0;
      const { cursor: next, place, id, ...rest } = found;
      const bytes = Buffer.from(found.text);
      for await (const span of groupParagraphs(memoryInput(file, bytes).stream(), options.documentBytes)) {
        const text = Buffer.from(span.bytes).toString('utf8');
        const where = place === undefined ? ++number : `${place}:${++number}`;
        if (text.trim() === '') continue;
        yield {
          ...rest,
          text,
          file,
          place: where,
          ...(id === undefined ? {} : { id: `${id}:${number}` }),
          // Only after the last piece can reading go on with the next document.
          ...(span.end === bytes.length ? { cursor: next } : {}),
        };
      }
    }
  }
}

const hiddenName = (name: string) => name.split('/').some((part) => /^\.[^.]/.test(part) || part === '__MACOSX');

async function* readZip(
  archive: ZipArchive,
  context: InputContext,
  nesting: number,
  file: string,
): AsyncGenerator<FoundIn> {
  const { limits } = context.options;
  const start = entryCursor(context.cursor);
  if (nesting + 1 > limits.nesting)
    throw new Unreadable(`archives inside each other more than ${limits.nesting} times`);
  // In the order of their names, so that documents do not depend on how the archive was made.
  const entries = archive.entries
    .filter((entry) => !entry.name.endsWith('/') && !hiddenName(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const claimed = entries.reduce((sum, entry) => sum + entry.size, 0);
  if (claimed > limits.unpackedBytes) throw new Unreadable(`unpacks to ${claimed} bytes: over the limit unpackedBytes`);
  for (let i = start?.entry ?? 0; i < entries.length; i++) {
    const entry = entries[i]!;
    const name = `${file}/${entry.name}`;
    const unsafe = unsafeName(entry.name);
    if (unsafe) {
      context.reject({ file, reason: `entry ${JSON.stringify(entry.name.slice(0, 200))}: ${unsafe}` });
      continue;
    }
    const inner = entryContext(context, i === start?.entry ? start.inner : undefined);
    yield* withCursor(readInput(archive.input(entry, name), inner, nesting + 1), i);
  }
}

async function* readTar(input: Input, context: InputContext, nesting: number, file: string): AsyncGenerator<FoundIn> {
  const { limits } = context.options;
  const start = entryCursor(context.cursor);
  if (nesting + 1 > limits.nesting)
    throw new Unreadable(`archives inside each other more than ${limits.nesting} times`);
  for await (const { name, index, input: inside, problem } of tarEntries(input, limits, start?.entry ?? 0)) {
    const unsafe = problem ?? unsafeName(name);
    if (unsafe || !inside) {
      context.reject({ file, reason: `entry ${JSON.stringify(name.slice(0, 200))}: ${unsafe}` });
      continue;
    }
    if (hiddenName(name.replace(/^(\.\/)+/, ''))) continue;
    const inner = entryContext(context, index === start?.entry ? start.inner : undefined);
    const named = { ...inside, name: `${file}/${name.replace(/^(\.\/)+/, '')}` };
    yield* withCursor(readInput(named, inner, nesting + 1), index);
  }
}

const entryContext = (context: InputContext, cursor: Json | undefined): InputContext => ({
  ...context,
  cursor,
  part: undefined,
});

async function* withCursor(found: AsyncIterable<FoundIn>, entry: number): AsyncGenerator<FoundIn> {
  for await (const item of found) {
    const { cursor, ...rest } = item;
    yield cursor === undefined ? rest : { ...rest, cursor: { entry, inner: cursor } };
  }
}
