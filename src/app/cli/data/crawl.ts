import { resolve } from 'node:path';
import { type Command, bytes, integer, number, oneOf } from '../command.js';

interface Options {
  readonly out: string;
  readonly maxPages: number;
  readonly maxDepth?: number;
  readonly maxPageBytes?: number;
  readonly scope?: 'host' | 'domain' | 'any';
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly delay?: number;
  readonly concurrency?: number;
  readonly agent?: string;
  readonly userAgent?: string;
  readonly ignoreTraining?: boolean;
  readonly sitemaps: boolean;
  readonly refresh?: boolean;
  readonly allowHost?: readonly string[];
}

export const crawl: Command<Options> = {
  name: 'crawl',
  summary: 'Crawl sites politely into WARC files; called again it goes on where it stopped.',
  example: 'abovo data crawl https://example.org/ --out crawl --max-pages 100',
  arguments: [{ name: '<urls...>', description: 'addresses to start from' }],
  options: [
    { flags: '--out <folder>', description: 'folder for WARC files and the memory of the crawl', required: true },
    { flags: '--max-pages <n>', description: 'pages to keep', parse: integer(1), default: 1000 },
    { flags: '--max-depth <n>', description: 'links from a start address (default: 16)', parse: integer(0) },
    { flags: '--max-page-bytes <size>', description: 'longest page (default: 5 MiB)', parse: bytes() },
    {
      flags: '--scope <scope>',
      description: 'host (default), domain (and all hosts below) or any',
      parse: oneOf('host', 'domain', 'any'),
    },
    { flags: '--include <globs...>', description: 'addresses to take, such as https://example.org/docs/**' },
    { flags: '--exclude <globs...>', description: 'addresses to leave out' },
    { flags: '--delay <seconds>', description: 'between two requests to a host (default: 1)', parse: number(0) },
    { flags: '--concurrency <n>', description: 'requests at a time (default: 8)', parse: integer(1, 256) },
    { flags: '--agent <name>', description: 'name that robots.txt knows the crawler by (default: abovo)' },
    { flags: '--user-agent <text>', description: 'who asks, and how to reach them' },
    {
      flags: '--ignore-training',
      description: 'take pages whose owners keep them from training: your right must lie elsewhere',
    },
    { flags: '--no-sitemaps', description: 'do not read sitemaps' },
    {
      flags: '--refresh',
      description: 'ask again for what was fetched before; unchanged pages become revisit records',
    },
    { flags: '--allow-host <hosts...>', description: 'hosts that may be crawled although they are not public' },
  ],
  async run({ args, options, cwd, signal, emit, print, onProgress }) {
    const { crawl: run } = await import('../../../stages/data/crawl/index.js');
    const { allowHost, ignoreTraining, out, ...settings } = options;
    const result = await run({
      ...settings,
      seeds: args,
      folder: resolve(cwd, out),
      honourTraining: !ignoreTraining,
      allowHosts: allowHost,
      signal,
      onProgress,
      onReject: ({ source, reason }) => emit({ url: source, reason }),
    });
    print(`${out}: ${result.pages} pages kept of ${result.answers} answers, ${result.waiting} addresses wait`);
    return { result: { ok: true, out, ...result } };
  },
};
