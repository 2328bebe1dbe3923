import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { z } from 'zod';
import type { HttpClient } from '../../../base/net/index.node.js';
import type { Reject } from '../document.js';
import { resolveFiles } from '../formats/index.js';
import { type SourceItem, defineSource } from '../pipeline/index.js';
import { bytesFrom, isUrl } from './bytes.js';
import { type RecordFilter, documentOf } from './documents.js';
import { readWarc } from './reader.js';
import type { Place } from './record.js';

export const filterOptions = {
  types: z.array(z.string()).optional().describe('Record types. Default response, resource and conversion.'),
  mediaTypes: z
    .array(z.string())
    .optional()
    .describe('Media types; text/* takes all of a kind. Default HTML, XHTML and plain text.'),
  statuses: z.array(z.int()).optional().describe('HTTP statuses. Default 200.'),
  digests: z
    .enum(['check', 'ignore'])
    .optional()
    .describe('Whether a record with a wrong digest is left out. Default check.'),
  maxBodyBytes: z.int().positive().optional().describe('Most bytes of an unpacked body. Default 16 MiB.'),
  licence: z.string().optional(),
  access: z.enum(['public', 'internal', 'confidential', 'personal']).optional(),
};
export const networkOptions = {
  userAgent: z.string().optional().describe('Who asks, and how to reach them.'),
  allowHosts: z
    .array(z.string())
    .optional()
    .describe('Hosts and networks that may be reached although they are not public.'),
};

export interface WarcFileOptions extends RecordFilter {
  readonly name?: string;
  readonly maxRecordBytes?: number;
  readonly from?: Place;
  readonly http?: HttpClient;
  readonly onReject?: (reject: Reject) => void;
  readonly signal?: AbortSignal;
}

/** Documents of one WARC, WET or ARC file (path or URL), each with the place where reading goes on. What is damaged goes to `onReject`. */
export async function* readWarcDocuments(path: string, options: WarcFileOptions = {}): AsyncGenerator<SourceItem> {
  const { name = path, from = { offset: 0, index: 0 }, onReject = () => undefined, signal, maxRecordBytes } = options;
  const records = readWarc(bytesFrom(path, from.offset, options.http, signal), {
    from,
    maxRecordBytes,
    signal,
    onDamage: ({ offset, reason, url }) =>
      onReject({ source: `${name}@${offset}`, reason: url === undefined ? reason : `${reason} (${url})` }),
  });
  for await (const record of records) {
    const outcome = documentOf(record, name, options);
    if ('document' in outcome) yield { document: outcome.document, cursor: { ...record.next } };
    else if ('reason' in outcome)
      onReject({
        source: `${name}@${record.offset}`,
        reason: `${outcome.reason}${record.url === undefined ? '' : ` (${record.url})`}`,
      });
  }
}

/** Opens a client only where something is to be fetched. */
export async function clientFor(
  names: readonly string[],
  options: { readonly userAgent?: string; readonly allowHosts?: readonly string[] },
): Promise<HttpClient | undefined> {
  if (!names.some(isUrl)) return undefined;
  const { createHttpClient } = await import('../../../base/net/index.node.js');
  return createHttpClient(options);
}

export const warcSource = defineSource({
  kind: 'warc',
  summary: 'Pages out of WARC, WET and ARC files, local or by URL, damaged ones included.',
  version: 1,
  options: z.strictObject({
    files: z.array(z.string()).min(1).describe('Paths, folders, globs and URLs.'),
    maxRecordBytes: z.int().positive().optional().describe('Longer records are left out. Default 64 MiB.'),
    ...filterOptions,
    ...networkOptions,
  }),
  async create(options, { folder }) {
    const { files, userAgent, allowHosts, ...filter } = options;
    const http = await clientFor(files, { userAgent, allowHosts });
    return {
      async tasks() {
        const local = files.filter((file) => !isUrl(file));
        const paths = local.length > 0 ? await resolveFiles(local, folder) : [];
        const found = await Promise.all(
          paths.map(async (path) => ({
            id: relative(folder, path),
            spec: relative(folder, path),
            bytes: (await stat(path)).size,
          })),
        );
        return [...found, ...files.filter(isUrl).map((url) => ({ id: url, spec: url }))];
      },
      read(task, { cursor, onReject, signal }) {
        const name = task.spec as string;
        const path = isUrl(name) ? name : resolve(folder, name);
        return readWarcDocuments(path, { ...filter, name, http, onReject, signal, from: cursor as Place | undefined });
      },
      close: () => http?.close(),
    };
  },
});
