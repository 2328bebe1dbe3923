// npm run bench -- crawl [--pages 2000] [--json]
// Crawling a local server of real pages without waits: what a page costs the crawler. The server runs in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { crawl } from '../src/stages/data/crawl/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data');
const { values } = parseArgs({
  options: {
    pages: { type: 'string', default: '2000' },
    json: { type: 'boolean', default: false },
    serve: { type: 'boolean', default: false },
  },
});
const pages = Number(values.pages);

/** Serves a tree of pages: sample pages, each with a number and two links of its own. */
async function serve(): Promise<void> {
  const folder = join(data, 'crawl/html-trafilatura/pages');
  const samples = existsSync(folder)
    ? readdirSync(folder).map((name) =>
        readFileSync(join(folder, name), 'utf8').replace(/<(?:a|base|meta|link)\b[^>]*>/gi, ''),
      )
    : [readFileSync(join(root, 'README.md'), 'utf8')];
  const server = createServer((request, response) => {
    const n = Number(/^\/(\d*)$/.exec(request.url!)?.[1] ?? Number.NaN);
    if (!(n < pages)) return void response.writeHead(404).end();
    const links = [n * 2 + 1, n * 2 + 2].map((i) => (i < pages ? `<a href="/${i}">${i}</a>` : '')).join('');
    const html = `<p>${n} ${links}</p>${samples[n % samples.length]!}`;
    response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' });
    response.end(gzipSync(html, { level: 1 }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log((server.address() as AddressInfo).port);
}

async function measure(): Promise<void> {
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    fileURLToPath(import.meta.url),
    '--serve',
    '--pages',
    String(pages),
  ]);
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const folder = mkdtempSync(join(tmpdir(), 'abovo-bench-crawl-'));
  try {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const result = await crawl({
      seeds: [`http://127.0.0.1:${Number(port)}/`],
      folder,
      allowHosts: ['127.0.0.1'],
      delay: 0,
      hostConcurrency: 8,
      maxPages: pages,
      traps: { perShape: pages * 2, perDatedShape: pages * 2 },
    });
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    if (result.pages !== pages) throw new Error(`expected ${pages} pages, got ${result.pages}`);
    const line = {
      bench: 'crawl of a local server',
      ours: Number(((pages * 1e6) / (user + system)).toPrecision(3)),
      unit: 'pages/s of a processor',
      pagesPerSecond: Number((pages / seconds).toPrecision(3)),
      peer: null,
      ratio: null,
      bound: null,
      peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024),
      machine: `${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.versions.node}`,
    };
    console.log(
      values.json
        ? JSON.stringify(line)
        : `${line.ours} ${line.unit}, ${line.pagesPerSecond} pages/s, ${line.peakMemoryMB} MB`,
    );
  } finally {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

await (values.serve ? serve() : measure());
