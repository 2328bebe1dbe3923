// npm run bench -- dedup [--seconds 5] [--json]
// Deduplication per core: MinHash signatures beside datatrove's `MinhashDedupSignature` (same documents, same settings: 5 words,
// 14 x 8), leaks of evaluation sets beside its `NGramsDecontFilter`, in turns; hashes of texts; verdicts. Processor time. Set ABOVO_PEER_PYTHON to a Python with datatrove and spaCy.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  exactStep,
  minHashSignatures,
  minHashStep,
  normalizedHasher,
  rawHash,
  sentenceStep,
  substringStep,
  verdictsOf,
} from '../src/stages/data/dedup/index.js';
import { ContaminationIndex, readEvaluationItems } from '../src/stages/data/decontaminate/index.js';
import { type Document, byteLength, readDocuments } from '../src/stages/data/index.js';
import type { CorpusStep } from '../src/stages/data/pipeline/index.js';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);
const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data');
const python = process.env.ABOVO_PEER_PYTHON ?? 'python3';
const machine = `${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}`;

const names = [
  'nltk-english/movie_reviews.jsonl.gz',
  'nltk-english/state_union.jsonl.gz',
  'web-and-wiki-demo/c4_demo.jsonl',
];
const documents: Document[] = [];
for await (const document of readDocuments([{ files: names.map((name) => join(data, 'pretrain', name)) }])) {
  documents.push(document);
}
const bytes = documents.reduce((sum, { text }) => sum + byteLength(text), 0);
const raw = documents.map(({ text }) => Buffer.from(text));

/** Processor seconds of this process: the machine may be busy with other work. */
const processor = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Documents and bytes per processor second of a function of one document. */
function rate(work: (index: number) => unknown): { readonly documents: number; readonly megabytes: number } {
  for (let i = 0; i < 300; i++) work(i % documents.length);
  const start = processor();
  let passes = 0;
  while (processor() - start < seconds) {
    for (let i = 0; i < documents.length; i++) work(i);
    passes++;
  }
  const spent = processor() - start;
  return { documents: (passes * documents.length) / spent, megabytes: (passes * bytes) / 1e6 / spent };
}

async function wholeRun(step: CorpusStep): Promise<number> {
  const start = processor();
  for await (const _ of verdictsOf(documents, step)) {
    // Only the time counts.
  }
  return bytes / 1e6 / (processor() - start);
}

const round = (value: number) => Number(value.toPrecision(4));
const peakMemoryMB = () => Math.round(process.resourceUsage().maxRSS / 1024);
interface Peer {
  readonly name: string;
  readonly version: string;
  readonly value: number;
}
const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1];
const results: object[] = [];
function report(bench: string, ours: number, unit: string, asked: number | null, peer: Peer | null = null): void {
  const ratio = peer ? round(ours / peer.value) : null;
  results.push({
    bench,
    ours: round(ours),
    unit,
    peer,
    ratio,
    bound: null,
    asked,
    peakMemoryMB: peakMemoryMB(),
    machine,
  });
  if (!values.json)
    console.log(`${bench}: ${round(ours)} ${unit}${peer ? `, ${peer.name} ${round(peer.value)}, ratio ${ratio}` : ''}`);
}

const folder = mkdtempSync(join(tmpdir(), 'abovo-bench-dedup-'));
try {
  const file = join(folder, 'documents.jsonl');
  writeFileSync(file, documents.map(({ text }) => `${JSON.stringify({ text })}\n`).join(''));
  const signature = minHashSignatures();
  const inTurns = (turns: number, work: (index: number) => unknown, ...more: string[]) => {
    const ours: number[] = [];
    const theirs: number[] = [];
    let version = '';
    for (let turn = 0; turn < turns; turn++) {
      ours.push(rate(work).documents);
      const run = spawnSync(python, [join(root, 'bench/peers/dedup.py'), file, String(seconds), ...more], {
        encoding: 'utf8',
      });
      if (run.status !== 0) {
        console.error(`no datatrove: ${run.error?.message ?? run.stderr.trimEnd().split('\n').at(-1)}`);
        break;
      }
      const answer = JSON.parse(run.stdout) as { version: string; documents: number; seconds: number };
      version = answer.version;
      theirs.push(answer.documents / answer.seconds);
    }
    const peer = theirs.length > 0 ? { name: 'datatrove', version, value: round(median(theirs)) } : null;
    return [median(ours), peer] as const;
  };
  const [signatures, signaturesPeer] = inTurns(3, (i) => signature(documents[i].text));
  report('dedup minhash signatures', signatures, 'documents/s', 5, signaturesPeer);
  const index = new ContaminationIndex();
  const items: string[] = [];
  const sets = [{ files: [join(data, 'benchmarks/gsm8k/test-1-900.jsonl')] }];
  for await (const item of readEvaluationItems(sets, { folder: root })) {
    index.add(item);
    items.push(item.text);
  }
  const itemsFile = join(folder, 'items.jsonl');
  writeFileSync(itemsFile, items.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const [leaks, leaksPeer] = inTurns(1, (i) => index.leaks(documents[i].text), itemsFile);
  report(`dedup leaks of ${index.items} items`, leaks, 'documents/s', null, leaksPeer);
  report('dedup exact, raw bytes', rate((i) => rawHash(raw[i])).megabytes, 'MB/s', 200);
  const normalized = normalizedHasher();
  report('dedup exact, normalized', rate((i) => normalized(documents[i].text)).megabytes, 'MB/s', 60);
  const runs = {
    'exact, verdicts': () => exactStep(),
    'minhash, verdicts': () => minHashStep(),
    'minhash recall preset verified, verdicts': () => minHashStep({ preset: 'recall', verify: 0.8 }),
    'sentences, verdicts': () => sentenceStep(),
    'substrings of 50 words, verdicts': () => substringStep(),
    'substrings of 100 characters, verdicts': () => substringStep({ unit: 'characters' }),
  };
  for (const [name, step] of Object.entries(runs)) {
    await wholeRun(step());
    report(`dedup ${name}`, await wholeRun(step()), 'MB/s', null);
  }
} finally {
  rmSync(folder, { recursive: true });
}
// The last line is the headline (signatures) with all measurements beside it.
console.log(JSON.stringify({ ...results[0], bench: 'dedup', measurements: results }));
