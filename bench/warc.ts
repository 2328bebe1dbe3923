// npm run bench -- warc [--json] [--mb 400]
// Reading a WARC file (a gzip member for each record, digests checked, bodies out) beside Python's warcio, FastWARC and npm's warcio, in turns.
import { spawnSync } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { WARCParser } from 'warcio';
import { bodyOf, digestProblem, encodeRecord, httpBlock, parseHttp, readWarc } from '../src/stages/data/warc/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data');
const python = process.env.ABOVO_PEER_PYTHON ?? 'python3';
const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '400' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean' },
  },
  strict: false,
});

/** Real pages, else this project's own text. */
function pages(): Buffer[] {
  const folders = ['crawl/html-trafilatura/pages', 'crawl/html-readability']
    .map((name) => join(data, name))
    .filter((path) => existsSync(path));
  const found = folders.flatMap((path) =>
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.html') && !name.endsWith('expected.html'))
      .sort()
      .map((name) => readFileSync(join(path, name))),
  );
  return found.length > 0 ? found : [readFileSync(join(root, 'README.md')), readFileSync(join(root, 'docs/cli.md'))];
}

/** A file of about so many unpacked megabytes; every page is made different, so that nothing is cached by content. */
async function write(path: string, megabytes: number): Promise<number> {
  const out = createWriteStream(path);
  const samples = pages();
  let size = 0;
  for (let n = 0; size < megabytes * 1e6; n++) {
    const html = Buffer.concat([samples[n % samples.length]!, Buffer.from(`<!-- ${n} -->`)]);
    // Half as most servers send them (packed), half as Common Crawl stores them (unpacked).
    const body = n % 2 ? gzipSync(html, { level: 4 }) : html;
    const headers: Array<[string, string]> = [
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Content-Length', String(body.length)],
    ];
    if (n % 2) headers.push(['Content-Encoding', 'gzip']);
    const block = httpBlock('HTTP/1.1 200 OK', headers, body);
    const { bytes } = encodeRecord({
      type: 'response',
      url: `http://example.org/${n}`,
      date: '2026-01-01T00:00:00Z',
      contentType: 'application/http; msgtype=response',
      block,
      payload: body,
    });
    size += html.length;
    if (!out.write(bytes)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  return size;
}

interface Run {
  readonly seconds: number;
  readonly records: number;
  readonly bytes: number;
  readonly bad?: number;
  readonly version?: string;
  readonly memory?: number;
}

async function timed(work: () => Promise<Omit<Run, 'seconds'>>): Promise<Run> {
  const start = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(start);
  return { ...result, seconds: (user + system) / 1e6 };
}

const ours = (path: string) =>
  timed(async () => {
    let records = 0;
    let bytes = 0;
    let bad = 0;
    for await (const record of readWarc(createReadStream(path, { highWaterMark: 1 << 20 }), {
      onDamage: () => bad++,
    })) {
      const http = parseHttp(record.block)!;
      if (digestProblem(record, http)) bad++;
      bytes += bodyOf(http, 1e9).length;
      records++;
    }
    return { records, bytes, bad };
  });

const npmWarcio = (path: string) =>
  timed(async () => {
    let records = 0;
    let bytes = 0;
    for await (const record of new WARCParser(createReadStream(path) as never)) {
      bytes += (await record.readFully(true)).length;
      records++;
    }
    return { records, bytes };
  });

function peer(name: string, path: string): Run | string {
  const run = spawnSync(python, [join(root, 'bench/peers/warc.py'), name, path, 'check'], { encoding: 'utf8' });
  if (run.status !== 0) return (run.error?.message ?? run.stderr).trim().split('\n').at(-1)!;
  return JSON.parse(run.stdout) as Run;
}

const folder = mkdtempSync(join(tmpdir(), 'abovo-bench-warc-'));
const path = join(folder, 'bench.warc.gz');
try {
  const size = await write(path, Number(values.mb));
  const runs: Record<string, Run[]> = { ours: [], warcio: [], fastwarc: [], npm: [] };
  const missing: Record<string, string> = {};
  for (let round = 0; round < Number(values.rounds); round++) {
    runs.ours!.push(await ours(path));
    for (const name of ['warcio', 'fastwarc']) {
      const run = peer(name, path);
      if (typeof run === 'string') missing[name] = run;
      else runs[name]!.push(run);
    }
    runs.npm!.push(await npmWarcio(path));
  }
  const rate = (list: readonly Run[]) =>
    list.length === 0
      ? undefined
      : size / 1e6 / list.map((run) => run.seconds).sort((a, b) => a - b)[list.length >> 1]!;
  const round = (value: number) => Number(value.toPrecision(4));
  for (const run of [...runs.warcio!, ...runs.fastwarc!, ...runs.npm!]) {
    if (run.records !== runs.ours![0]!.records || run.bytes !== runs.ours![0]!.bytes)
      console.error('a peer read other records or bytes', run, runs.ours![0]);
  }
  const machine = `${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.versions.node}`;
  const own = rate(runs.ours!)!;
  console.error(
    `${round(size / 1e6)} MB unpacked, ${round(statSync(path).size / 1e6)} MB packed, ${runs.ours![0]!.records} records; processor time, median of ${values.rounds}`,
  );
  for (const [name, label, version] of [
    ['fastwarc', 'FastWARC (Python, C++)', runs.fastwarc![0]?.version],
    [
      'npm',
      'warcio (npm; checks no digests)',
      (JSON.parse(readFileSync(join(root, 'node_modules/warcio/package.json'), 'utf8')) as { version: string }).version,
    ],
    ['warcio', 'warcio (Python)', runs.warcio![0]?.version],
  ] as const) {
    const other = rate(runs[name]!);
    if (other === undefined) console.error(`${label}: ${missing[name]}`);
    const line = {
      bench: `warc read beside ${label}`,
      ours: round(own),
      unit: 'MB/s of a processor',
      peer: other === undefined ? null : { name: label, version, value: round(other) },
      ratio: other === undefined ? null : round(own / other),
      bound: null,
      peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024),
      machine,
    };
    console.log(
      values.json
        ? JSON.stringify(line)
        : `${line.bench}: ${line.ours} against ${line.peer?.value} ${line.unit}, ratio ${line.ratio}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
