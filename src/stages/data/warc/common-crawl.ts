import { resolve } from 'node:path';
import { z } from 'zod';
import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { InvalidInput, Unavailable, type Json, messageOf } from '../../../base/core/index.js';
import type { HttpClient } from '../../../base/net/index.node.js';
import { resolveFiles } from '../formats/index.js';
import { readLines } from '../lines.js';
import { type ReadContext, type SourceItem, type SourceTask, defineSource } from '../pipeline/index.js';
import { bytesFrom, isUrl, rangeOf } from './bytes.js';
import { type Capture, type CaptureFilter, isWanted, parseCapture } from './cdxj.js';
import { type RecordFilter, documentOf } from './documents.js';
import { readWarc } from './reader.js';
import { clientFor, filterOptions, networkOptions } from './source.js';

/** Captures of one task; ranges of at most so many bytes are read at once, over gaps of at most so many. */
const capturesPerTask = 500;
const mostRange = 8 << 20;
const mostGap = 32 << 10;
const mostLine = 1 << 16;

async function* linesOf(name: string, http: HttpClient | undefined, signal?: AbortSignal): AsyncGenerator<string> {
  if (!isUrl(name)) {
    for await (const line of readLines([name])) yield line.replace(/\r?\n$/, '');
    return;
  }
  const bytes = bytesFrom(name, 0, http, signal);
  const plain: AsyncIterable<Buffer> = /\.gz$/i.test(new URL(name).pathname)
    ? Readable.from(bytes).pipe(createGunzip())
    : (Readable.from(bytes) as AsyncIterable<Buffer>);
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of plain) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    if (rest.length > mostLine)
      throw new InvalidInput('index.line', `read ${name}: expected lines of at most ${mostLine} characters`);
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** Wanted captures of index files and index servers, in the order of files and offsets, each once; lines that are none go to `onBad`. */
export async function readIndex(
  names: readonly string[],
  filter: CaptureFilter,
  {
    http,
    signal,
    onBad,
  }: {
    readonly http?: HttpClient;
    readonly signal?: AbortSignal;
    readonly onBad?: (source: string, reason: string) => void;
  } = {},
): Promise<Capture[]> {
  const found = new Map<string, Capture>();
  for (const name of names) {
    let number = 0;
    for await (const line of linesOf(name, http, signal)) {
      number++;
      if (line.trim() === '' || line.startsWith(' CDX ')) continue;
      const capture = line.length > mostLine ? 'a line that is too long' : parseCapture(line);
      if (typeof capture === 'string') onBad?.(`${name}:${number}`, capture);
      else if (isWanted(capture, filter)) found.set(`${capture.filename} ${capture.offset}`, capture);
    }
  }
  return [...found.values()].sort((a, b) =>
    a.filename < b.filename ? -1 : a.filename > b.filename ? 1 : a.offset - b.offset,
  );
}

interface Spec {
  readonly file: string;
  /** Offset, length and URL of each capture. */
  readonly captures: ReadonlyArray<readonly [number, number, string]>;
  readonly bad?: ReadonlyArray<readonly [string, string]>;
}

function tasksOf(captures: readonly Capture[], bad: ReadonlyArray<readonly [string, string]>): SourceTask[] {
  const tasks: SourceTask[] = [];
  for (let from = 0; from < captures.length; ) {
    const { filename } = captures[from]!;
    let to = from;
    while (to < captures.length && to - from < capturesPerTask && captures[to]!.filename === filename) to++;
    const part = captures.slice(from, to);
    const spec: Spec = {
      file: filename,
      captures: part.map((item) => [item.offset, item.length, item.url] as const),
      ...(from === 0 && bad.length > 0 ? { bad } : {}),
    };
    tasks.push({
      id: `${filename}@${part[0]!.offset}`,
      spec: spec as unknown as Json,
      bytes: part.reduce((sum, item) => sum + item.length, 0),
    });
    from = to;
  }
  return tasks;
}

/** Stretches that are worth one request: captures next to each other are fetched together. */
function groupsOf(
  captures: Spec['captures'],
  from: number,
): Array<{ readonly first: number; readonly last: number; readonly offset: number; readonly length: number }> {
  const groups: Array<{ first: number; last: number; offset: number; length: number }> = [];
  for (let i = from; i < captures.length; i++) {
    const [offset, length] = captures[i]!;
    const group = groups.at(-1);
    const end = offset + length;
    if (group && offset - (group.offset + group.length) <= mostGap && end - group.offset <= mostRange) {
      group.last = i;
      group.length = Math.max(group.length, end - group.offset);
    } else groups.push({ first: i, last: i, offset, length });
  }
  return groups;
}

async function* readCaptures(
  spec: Spec,
  place: string,
  filter: RecordFilter,
  http: HttpClient | undefined,
  { cursor, onReject, signal }: ReadContext,
): AsyncGenerator<SourceItem> {
  if (cursor === undefined) for (const [source, reason] of spec.bad ?? []) onReject({ source, reason });
  const done = typeof cursor === 'number' ? cursor : 0;
  for (const group of groupsOf(spec.captures, done)) {
    let bytes: Uint8Array;
    try {
      bytes = await rangeOf(place, group.offset, group.length, http, signal);
    } catch (error) {
      if (!(error instanceof Unavailable) || error.code !== 'warc.status') throw error;
      for (let i = group.first; i <= group.last; i++)
        onReject({ source: `${spec.file}@${spec.captures[i]![0]}`, reason: messageOf(error) });
      continue;
    }
    for (let i = group.first; i <= group.last; i++) {
      const [offset, length, url] = spec.captures[i]!;
      const source = `${spec.file}@${offset}`;
      const slice = bytes.subarray(offset - group.offset, offset - group.offset + length);
      if (slice.length < length) {
        onReject({ source, reason: `expected ${length} bytes, got ${slice.length} (${url})` });
        continue;
      }
      let records = 0;
      const one = (async function* () {
        yield slice;
      })();
      for await (const record of readWarc(one, {
        from: { offset, index: 0 },
        signal,
        onDamage: ({ reason }) => onReject({ source, reason: `${reason} (${url})` }),
      })) {
        if (++records > 1) break;
        const outcome = documentOf(record, spec.file, filter);
        if ('document' in outcome) yield { document: outcome.document, cursor: i + 1 };
        else if ('reason' in outcome) onReject({ source, reason: `${outcome.reason} (${url})` });
      }
    }
  }
}

export const commonCrawlSource = defineSource({
  kind: 'commonCrawl',
  summary: 'Single pages out of Common Crawl (or any folder of WARC files) by a URL index and ranged reads.',
  version: 1,
  options: z.strictObject({
    index: z
      .array(z.string())
      .min(1)
      .describe('Index files (CDXJ, CDX, .gz) and addresses that an index server answers with JSON lines.'),
    base: z
      .string()
      .default('https://data.commoncrawl.org/')
      .describe('Address or folder that file names of the index start from.'),
    languages: z
      .array(z.string())
      .optional()
      .describe('ISO 639-3 codes; a page passes when the index names one of them.'),
    urlPrefix: z.string().optional(),
    requestIntervalMs: z.number().min(0).default(100).describe('Least time between two requests to the host.'),
    ...filterOptions,
    ...networkOptions,
  }),
  async create(options, { folder }) {
    const { index, base, languages, urlPrefix, requestIntervalMs, userAgent, allowHosts, ...filter } = options;
    const http = await clientFor([...index, base], { userAgent, allowHosts });
    if (http && isUrl(base)) http.setInterval(new URL(base).host, requestIntervalMs);
    return {
      async tasks(signal) {
        const local = index.filter((name) => !isUrl(name));
        const names = [...(local.length > 0 ? await resolveFiles(local, folder) : []), ...index.filter(isUrl)];
        const bad: Array<readonly [string, string]> = [];
        const { statuses = [200], mediaTypes } = filter;
        const captures = await readIndex(
          names,
          { statuses, mediaTypes, languages, urlPrefix },
          { http, signal, onBad: (source, reason) => void (bad.length < 1000 && bad.push([source, reason])) },
        );
        if (captures.length === 0)
          throw new InvalidInput(
            'index.empty',
            `read ${index.join(', ')}: expected captures that pass the filter, got none (${bad.length} lines could not be read)`,
          );
        return tasksOf(captures, bad);
      },
      read(task, context) {
        const spec = task.spec as unknown as Spec;
        return readCaptures(spec, placeOf(base, spec.file, folder), filter, http, context);
      },
      close: () => http?.close(),
    };
  },
});

/** Where a file of the index lies. An index is a stranger's: its file names must not lead out of the folder. */
function placeOf(base: string, file: string, folder: string): string {
  if (isUrl(base)) {
    const root = new URL(base.endsWith('/') ? base : `${base}/`);
    const url = new URL(file, root);
    if (url.origin === root.origin && url.pathname.startsWith(root.pathname)) return url.href;
  } else {
    const root = resolve(folder, base);
    const path = resolve(root, file);
    if (path.startsWith(`${root}/`)) return path;
  }
  throw new InvalidInput('index.path', `read ${file}: expected a file below ${base}`);
}
