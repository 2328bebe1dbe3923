// npm run bench -- files [--json]
// The source `files`: JSON lines, packed and not, and Parquet beside datatrove's readers; PDF text beside unpdf, in turns.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { extractText, getDocumentProxy } from 'unpdf';
import { filesSource, pdfText } from '../src/stages/data/formats/index.js';
import { readDocuments } from '../src/stages/data/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data');
const python = process.env.ABOVO_PYTHON ?? '/opt/peers/bin/python';
const json = process.argv.includes('--json');
const mostBytes = 100e6;
const rounds = 3;
const machine = `${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.versions.node}`;
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const round = (value: number) => Number(value.toPrecision(4));

/** Processor seconds: the machine may be shared. */
async function processorSeconds(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Documents of real text with ids and metadata, repeated up to 100 MB: as the records of web corpora are. */
async function makeFiles(folder: string): Promise<{ documents: number }> {
  const sources = ['pretrain/wikitext-2/*.txt', 'pretrain/nltk-english/*.jsonl.gz'].filter((name) =>
    existsSync(join(data, name.split('/*')[0]!)),
  );
  const texts: string[] = [];
  for await (const { text } of readDocuments([{ files: sources, documentBytes: 4000 }], { folder: data }))
    texts.push(text);
  const lines: string[] = [];
  const rows: string[] = [];
  let size = 0;
  for (let i = 0; size < mostBytes; i++) {
    const text = texts[i % texts.length]!;
    const line = JSON.stringify({
      id: `d${i}`,
      text,
      url: `https://example.org/${i}`,
      metadata: { score: i / 7, dump: 'bench' },
    });
    lines.push(line);
    rows.push(text);
    size += Buffer.byteLength(line) + 1;
  }
  const bytes = `${lines.join('\n')}\n`;
  writeFileSync(join(folder, 'a.jsonl'), bytes);
  writeFileSync(join(folder, 'b.jsonl.gz'), gzipSync(bytes, { level: 6 }));
  parquetWriteFile({
    filename: join(folder, 'c.parquet'),
    columnData: [
      { name: 'id', data: rows.map((_, i) => `d${i}`), type: 'STRING' },
      { name: 'text', data: rows, type: 'STRING' },
    ],
    rowGroupSize: 4096,
  });
  return { documents: rows.length };
}

async function readAll(folder: string, name: string): Promise<number> {
  const source = filesSource({ files: name }, { folder });
  let documents = 0;
  for (const task of await source.tasks()) {
    for await (const { document } of source.read(task, { onReject: console.error })) if (document.text) documents++;
  }
  return documents;
}

function report(
  bench: string,
  ours: number,
  unit: string,
  peer: { name: string; version: string; value: number } | null,
): void {
  const ratio = peer ? round(ours / peer.value) : null;
  const peakMemoryMB = Math.round(process.resourceUsage().maxRSS / 1024);
  if (!json)
    console.log(
      `${bench}: ${round(ours)} ${unit}${peer ? `, ${peer.name} ${peer.version} ${round(peer.value)}: ratio ${ratio}` : ''}; peak ${peakMemoryMB} MB`,
    );
  console.log(
    JSON.stringify({
      bench,
      ours: round(ours),
      unit,
      peer: peer && { ...peer, value: round(peer.value) },
      ratio,
      bound: null,
      peakMemoryMB,
      machine,
    }),
  );
}

const making = process.argv.indexOf('--make');
if (making >= 0) {
  const { documents } = await makeFiles(process.argv[making + 1]!);
  console.log(documents);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'abovo-bench-files-'));
try {
  // In another process, so that the peak of memory is that of reading.
  const made = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), '--make', folder], {
    encoding: 'utf8',
  });
  const documents = Number(made.stdout.trim());
  if (!(documents > 0)) throw new Error(made.stderr);
  const raw = statSync(join(folder, 'a.jsonl')).size;
  for (const name of ['a.jsonl', 'b.jsonl.gz', 'c.parquet']) {
    const ours: number[] = [];
    const theirs: number[] = [];
    let version = '';
    await readAll(folder, name);
    for (let i = 0; i < rounds; i++) {
      ours.push(
        await processorSeconds(async () => {
          const read = await readAll(folder, name);
          if (read !== documents) throw new Error(`${name}: ${read} of ${documents} documents`);
        }),
      );
      if (!existsSync(python)) continue;
      const script = join(root, 'bench/peers/read-files.py');
      const { stdout } = spawnSync(python, [script, folder, name], { encoding: 'utf8', maxBuffer: 1e8 });
      const answer = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
        documents: number;
        seconds: number;
        version: string;
      };
      if (answer.documents !== documents)
        throw new Error(`${name}: datatrove read ${answer.documents} of ${documents}`);
      theirs.push(answer.seconds);
      version = answer.version;
    }
    const speed = (seconds: readonly number[]) => raw / 1e6 / median(seconds);
    const peer = theirs.length > 0 ? { name: 'datatrove', version, value: speed(theirs) } : null;
    report(`files.${name.slice(2)}`, speed(ours), 'MB of JSON lines per processor second', peer);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

for (const name of ['bitcoin.pdf', 'bbq-paper.pdf']) {
  const path = join(data, 'crawl/pdf', name);
  if (!existsSync(path)) continue;
  const bytes = readFileSync(path);
  const plain = async () => extractText(await getDocumentProxy(new Uint8Array(bytes)), { mergePages: true });
  const { pages } = await pdfText(bytes);
  await plain();
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < rounds; i++) {
    ours.push(await processorSeconds(() => pdfText(bytes)));
    theirs.push(await processorSeconds(plain));
  }
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/unpdf/package.json'), 'utf8')) as {
    version: string;
  };
  report(`files.pdf.${name}`, pages / median(ours), 'pages per processor second', {
    name: 'unpdf',
    version,
    value: pages / median(theirs),
  });
}
