// npm run bench -- quality [--json]
// Gopher repetition, Gopher quality, C4 and FineWeb rules beside datatrove's filters (PEER_PYTHON, default /opt/peers/bin/python),
// one process each, processor time, in turns, on the same documents, each filter on the whole text of each document.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  TextMeasure,
  c4,
  c4Options,
  fineweb,
  finewebOptions,
  gopherQuality,
  gopherQualityOptions,
  gopherRepetition,
  gopherRepetitionOptions,
} from '../src/stages/data/quality/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data');
const python = process.env.PEER_PYTHON ?? '/opt/peers/bin/python';
const rounds = 3;

const lines = readFileSync(join(data, 'pretrain/web-and-wiki-demo/c4_demo.jsonl'), 'utf8').trim().split('\n');
const texts = lines.map((line) => (JSON.parse(line) as { text: string }).text);
const wiki = readFileSync(join(data, 'pretrain/web-and-wiki-demo/wiki_demo.txt'), 'utf8').trim().split('\n');
for (const line of wiki) texts.push(line.startsWith('{') ? (JSON.parse(line) as { text: string }).text : line);
const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);

const limits = {
  repetition: gopherRepetitionOptions.parse({}),
  quality: gopherQualityOptions.parse({}),
  c4: c4Options.parse({}),
  fineweb: finewebOptions.parse({}),
};
const first = <T>(found: Iterable<T | undefined>): T | undefined => {
  for (const finding of found) if (finding) return finding;
  return undefined;
};
function once(): number {
  const start = process.cpuUsage();
  for (const text of texts) {
    const measure = new TextMeasure(text);
    first(gopherRepetition(measure, limits.repetition));
    first(gopherQuality(measure, limits.quality));
    c4(text, limits.c4);
    first(fineweb(measure, limits.fineweb));
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

const folder = mkdtempSync(join(tmpdir(), 'abovo-quality-'));
let peer: { name: string; version: string; value: number } | null = null;
const own: number[] = [];
try {
  const file = join(folder, 'texts.jsonl');
  writeFileSync(file, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const theirs: number[] = [];
  let version = '';
  for (let round = 0; round < rounds; round++) {
    own.push(once());
    if (!existsSync(python)) continue;
    const run = spawnSync(python, [join(root, 'bench/peers/quality.py'), file, '1'], {
      encoding: 'utf8',
      maxBuffer: 1e8,
    });
    if (run.status !== 0) throw new Error(run.stderr.slice(-500));
    const told = JSON.parse(run.stdout.trim().split('\n').at(-1)!) as { seconds: number[]; version: string };
    theirs.push(...told.seconds);
    version = told.version;
  }
  if (theirs.length > 0)
    peer = { name: 'datatrove', version, value: Number((bytes / 1e6 / median(theirs)).toPrecision(4)) };
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const ours = bytes / 1e6 / median(own);
if (!process.argv.includes('--json')) {
  console.log(
    `${texts.length} documents, ${(bytes / 1e6).toFixed(2)} MB: abovo ${ours.toFixed(2)} MB/s, ${peer ? `${peer.name} ${peer.version} ${peer.value} MB/s` : 'no peer'}`,
  );
}
console.log(
  JSON.stringify({
    bench: 'quality rules',
    ours: Number(ours.toPrecision(4)),
    unit: 'MB/s of one core',
    peer,
    ratio: peer ? Number((ours / peer.value).toPrecision(3)) : null,
    bound: null,
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024),
    machine: `${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.versions.node}`,
  }),
);
