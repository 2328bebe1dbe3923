import { resolve } from 'node:path';
import { type Command, bytes, integer, oneOf } from '../command.js';

interface WarcOptions {
  readonly types?: readonly string[];
  readonly media?: readonly string[];
  readonly status?: readonly string[];
  readonly digests: 'check' | 'ignore';
  readonly maxRecord?: number;
  readonly records?: boolean;
  readonly links?: boolean;
  readonly allowHost?: readonly string[];
}

export const warc: Command<WarcOptions> = {
  name: 'warc',
  summary: 'Read WARC, WET, WAT and ARC files (paths, globs, URLs) into documents, damaged ones included.',
  example: 'abovo data warc crawl.warc.gz --json',
  arguments: [{ name: '<files...>', description: 'paths, globs or URLs' }],
  options: [
    { flags: '--types <types...>', description: 'record types (default: response resource conversion)' },
    {
      flags: '--media <types...>',
      description: 'media types (default: HTML, XHTML and plain text); text/* takes all of a kind',
    },
    { flags: '--status <codes...>', description: 'HTTP statuses (default: 200)' },
    { flags: '--digests <mode>', description: 'check or ignore', parse: oneOf('check', 'ignore'), default: 'check' },
    { flags: '--max-record <size>', description: 'longest record that is held', parse: bytes() },
    { flags: '--records', description: 'list all records with their offsets instead of documents' },
    { flags: '--links', description: 'of WAT files: pages with titles and links instead of documents' },
    { flags: '--allow-host <hosts...>', description: 'hosts that may be reached although they are not public' },
  ],
  async run({ args, options, cwd, signal, emit, note }) {
    const { bytesFrom, digestProblem, parseHttp, parseWat, readWarc, readWarcDocuments } = await import(
      '../../../stages/data/warc/index.js'
    );
    const { resolveFiles } = await import('../../../stages/data/index.js');
    const isUrl = (name: string) => /^https?:\/\//i.test(name);
    const statuses = options.status?.map((code) => integer(100, 999)(code));
    const local = args.filter((name) => !isUrl(name));
    const names = [...(local.length > 0 ? await resolveFiles(local, cwd) : []), ...args.filter(isUrl)];
    const { createHttpClient } = await import('../../../base/net/index.node.js');
    const http = names.some(isUrl) ? createHttpClient({ allowHosts: options.allowHost }) : undefined;
    const counts = { files: names.length, records: 0, rejected: 0 };
    const onReject = ({ source, reason }: { source: string; reason: string }) => {
      counts.rejected++;
      note(`${source}: ${reason}`);
    };
    try {
      for (const name of names) {
        const path = isUrl(name) ? name : resolve(cwd, name);
        if (options.records || options.links) {
          const records = readWarc(bytesFrom(path, 0, http, signal), {
            maxRecordBytes: options.maxRecord,
            signal,
            onDamage: ({ offset, reason }) => onReject({ source: `${name}@${offset}`, reason }),
          });
          for await (const record of records) {
            const { block, headers: _headers, next: _next, ...rest } = record;
            const page = options.links ? parseWat(record) : undefined;
            if (options.links && !page) continue;
            counts.records++;
            if (page) {
              emit({ source: name, ...page });
              continue;
            }
            const status = parseHttp(block)?.status;
            emit({
              source: name,
              ...rest,
              length: block.length,
              status: status === 0 ? undefined : status,
              problem: digestProblem(record),
            });
          }
          continue;
        }
        const documents = readWarcDocuments(path, {
          name,
          types: options.types,
          mediaTypes: options.media,
          statuses,
          digests: options.digests,
          maxRecordBytes: options.maxRecord,
          http,
          onReject,
          signal,
        });
        for await (const { document } of documents) {
          counts.records++;
          emit(document);
        }
      }
    } finally {
      await http?.close();
    }
    return { exitCode: counts.rejected > 0 ? 1 : 0, result: { ok: counts.rejected === 0, ...counts } };
  },
};
