// npm run bench -- vectors [--rounds 3] [--epochs 1] [--only cbow,skipgram,…] [--json]
// Words per second of word2vec beside gensim, of subword vectors and a classifier beside fastText: each run in a process of
// its own, in turns, on the same text. Set ABOVO_PEER_PYTHON to a Python with gensim and fasttext.
import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { readDocuments } from '../src/stages/data/index.js';
import type { VectorsJob, VectorsRun } from './peers/vectors-ours.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '1' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const epochs = Number(values.epochs);
const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data');
const python = process.env.ABOVO_PEER_PYTHON ?? 'python3';
const machine = `${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}`;
const asked = 0.3;

/** Runs a program that ends with a line of JSON. */
function answer<T>(command: string, args: string[]): T {
  // Settings of the machine for other programs would choose slower kernels than the library's own detection does.
  const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _size, ...env } = process.env;
  const one = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  const run = spawnSync(command, args, { encoding: 'utf8', env: { ...env, ...one }, maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(`${command} ${args[0]}: ${run.error?.message ?? run.stderr.slice(-2000)}`);
  return JSON.parse(run.stdout.trimEnd().split('\n').at(-1) as string) as T;
}
const ours = (job: VectorsJob) =>
  answer<VectorsRun>(process.execPath, [
    '--import',
    'tsx',
    join(root, 'bench/peers/vectors-ours.ts'),
    JSON.stringify(job),
  ]);
const theirs = (job: VectorsJob) =>
  answer<VectorsRun>(python, [join(root, 'bench/peers/vectors.py'), JSON.stringify(job)]);

/** About 2.8 million words of real text, a sentence a line, words between single spaces. Returns the number of words. */
async function writeCorpus(path: string): Promise<number> {
  const names = [
    'nltk-english/movie_reviews.jsonl.gz',
    'nltk-english/inaugural.jsonl.gz',
    'nltk-english/state_union.jsonl.gz',
    'tinystories/train-cased.txt',
    'tinystories/train-lower-extra.txt',
    'wikitext-2/valid.txt',
    'tinyshakespeare/input.txt',
  ];
  const out = createWriteStream(path);
  let words = 0;
  for await (const { text } of readDocuments([{ files: names.map((name) => join(data, 'pretrain', name)) }])) {
    for (const line of text.split('\n')) {
      const parts = line.split(/\s+/).filter(Boolean);
      words += parts.length;
      if (parts.length > 0) out.write(`${parts.join(' ')}\n`);
    }
  }
  out.end();
  await finished(out);
  return words;
}

/** Film reviews as lines of fastText, every tenth of either kind held out, kinds in turns. Returns the words to train on. */
function writeReviews(train: string, test: string): number {
  const lines: Record<string, string[]> = { neg: [], pos: [] };
  const heldOut: string[] = [];
  const seen: Record<string, number> = { neg: 0, pos: 0 };
  const file = gunzipSync(readFileSync(join(data, 'pretrain/nltk-english/movie_reviews.jsonl.gz'))).toString();
  for (const record of file.trimEnd().split('\n')) {
    const { text, label } = JSON.parse(record) as { text: string; label: string };
    const line = `__label__${label} ${text.split(/\s+/).filter(Boolean).join(' ')}\n`;
    if (seen[label]++ % 10 === 9) heldOut.push(line);
    else lines[label].push(line);
  }
  const pairs = lines.neg.flatMap((line, i) => (lines.pos[i] ? [line, lines.pos[i]] : []));
  writeFileSync(train, pairs.join(''));
  writeFileSync(test, heldOut.join(''));
  return pairs.reduce((sum, line) => sum + line.split(' ').length, 0);
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const round = (value: number): number => Number(value.toPrecision(4));

const folder = mkdtempSync(join(tmpdir(), 'abovo-bench-vectors-'));
const at = (name: string): string => join(folder, name);
try {
  const versions = answer<{ gensim: string; fasttext: string }>(python, [
    join(root, 'bench/peers/vectors.py'),
    JSON.stringify({ kind: 'probe' }),
  ]);
  const words = await writeCorpus(at('corpus.txt'));
  const reviewWords = writeReviews(at('train.txt'), at('test.txt'));
  const common = {
    dim: 100,
    epochs,
    words,
    corpus: at('corpus.txt'),
    train: at('train.txt'),
    test: at('test.txt'),
    pairs: join(data, 'wordsim/wordsim353.tsv'),
    questions: join(data, 'wordsim/questions-words.txt'),
  };
  const cores = Math.min(2, availableParallelism());
  const jobs: VectorsJob[] = [
    { ...common, kind: 'cbow', threads: 1 },
    { ...common, kind: 'skipgram', threads: 1 },
    ...(cores > 1 ? [{ ...common, kind: 'skipgram' as const, threads: cores }] : []),
    { ...common, kind: 'fasttext', threads: 1 },
    { ...common, kind: 'classifier', threads: 1, words: reviewWords, dim: 16, epochs: 25 },
  ];
  const measurements = [];
  for (const job of jobs) {
    if (values.only && !values.only.split(',').includes(job.kind)) continue;
    const [our, peer]: [VectorsRun[], VectorsRun[]] = [[], []];
    for (let i = 0; i < rounds; i++) {
      our.push(ours(job));
      peer.push(theirs(job));
    }
    const speed = (runs: VectorsRun[]): number => median(runs.map((run) => run.words / run.seconds));
    const cpuSpeed = (runs: VectorsRun[]): number => median(runs.map((run) => run.words / run.cpuSeconds));
    const wholeSpeed = (runs: VectorsRun[]): number => median(runs.map((run) => run.words / run.wholeSeconds));
    const name = job.kind === 'fasttext' || job.kind === 'classifier' ? 'fasttext' : 'gensim';
    const quality = ({ spearman, analogies, accuracy }: VectorsRun) => ({ spearman, analogies, accuracy });
    const measurement = {
      bench: `vectors: ${job.kind}, ${job.threads} ${job.threads > 1 ? 'threads' : 'thread'}`,
      ours: round(speed(our)),
      unit: 'words/s',
      peer: { name, version: versions[name], value: round(speed(peer)) },
      ratio: round(speed(our) / speed(peer)),
      /** By processor time, which other programs on the machine disturb less. */
      cpuRatio: round(cpuSpeed(our) / cpuSpeed(peer)),
      /** With reading, counting and numbering. */
      wholeRatio: round(wholeSpeed(our) / wholeSpeed(peer)),
      bound: null,
      asked,
      peakMemoryMB: Math.max(...our.map((run) => run.peakMemoryMB)),
      peerPeakMemoryMB: Math.max(...peer.map((run) => run.peakMemoryMB)),
      quality: { ours: quality(our[0]), peer: quality(peer[0]) },
      words: job.words * job.epochs,
      machine,
    };
    measurements.push(measurement);
    if (values.json) console.log(JSON.stringify(measurement));
    else {
      const { bench, peer: beside, ratio, cpuRatio, wholeRatio, peakMemoryMB, peerPeakMemoryMB } = measurement;
      console.log(
        `${bench}: ${measurement.ours} words/s, ${peakMemoryMB} MB; ${name} ${beside.value}, ${peerPeakMemoryMB} MB: ratio ${ratio} (by processor time ${cpuRatio}, with reading ${wholeRatio}; asked ${asked}) ${JSON.stringify(measurement.quality)}`,
      );
    }
  }
  const headline = measurements.find(({ bench }) => bench.startsWith('vectors: skipgram, 1')) ?? measurements[0];
  console.log(JSON.stringify({ ...headline, bench: 'vectors', measurements }));
} finally {
  rmSync(folder, { recursive: true });
}
