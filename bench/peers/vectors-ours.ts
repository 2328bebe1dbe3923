// Our side of bench/vectors.ts in a process of its own, so that its memory is its own: one job, as JSON; one line of JSON.
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseAnalogies, parseSimilarities, scoreAnalogies, scoreSimilarities } from '../../src/model/classic/index.js';
import type { WordVectors } from '../../src/model/classic/index.js';
import {
  trainClassifierThreads,
  trainFastTextThreads,
  trainWord2vecThreads,
} from '../../src/model/classic/index.node.js';

export interface VectorsJob {
  readonly kind: 'cbow' | 'skipgram' | 'fasttext' | 'classifier';
  readonly threads: number;
  readonly dim: number;
  readonly epochs: number;
  readonly corpus: string;
  readonly words: number;
  readonly train: string;
  readonly test: string;
  readonly pairs: string;
  readonly questions: string;
}

export interface VectorsRun {
  readonly words: number;
  /** Of the training alone beside gensim (vocabulary and numbering are before it), of everything beside fastText. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly wholeSeconds: number;
  readonly peakMemoryMB: number;
  readonly spearman?: number;
  readonly analogies?: number;
  readonly accuracy?: number;
}

const job = JSON.parse(process.argv[2] as string) as VectorsJob;
const { threads, dim, epochs } = job;
const lines = (path: string) => createInterface({ input: createReadStream(path) });
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const started = performance.now();
let cpuAtTraining: number | undefined;
// The first report comes when training begins.
const onProgress = (): void => void (cpuAtTraining ??= cpu());

async function run(): Promise<{ words: number; seconds: number; vectors?: WordVectors; accuracy?: number }> {
  if (job.kind === 'classifier') {
    const options = { threads, dim, epochs, rate: 0.5, wordNgrams: 2, buckets: 200_000, onProgress };
    const { model, figures } = await trainClassifierThreads(lines(job.train), options);
    const test = readFileSync(job.test, 'utf8').trimEnd().split('\n');
    const right = test.filter((line) => model.predict(line.slice(line.indexOf(' ')))[0]!.label === line.split(' ')[0]);
    return { words: job.words * epochs, seconds: figures.seconds, accuracy: right.length / test.length };
  }
  if (job.kind === 'fasttext') {
    const { figures } = await trainFastTextThreads(lines(job.corpus), {
      threads,
      dim,
      epochs,
      buckets: 200_000,
      onProgress,
    });
    return { words: job.words * epochs, seconds: figures.seconds };
  }
  const options = { algorithm: job.kind, threads, dim, epochs, onProgress };
  const { vectors, figures } = await trainWord2vecThreads(lines(job.corpus), options);
  // As gensim counts: words that were left out for being rare are words of the text too.
  return { words: job.words * epochs, seconds: figures.seconds, vectors };
}

const { words, vectors, accuracy, ...training } = await run();
const wholeSeconds = (performance.now() - started) / 1000;
// fastText reads its file within the training, so all of ours counts beside it.
const whole = job.kind === 'fasttext' || job.kind === 'classifier';
const seconds = whole ? wholeSeconds : training.seconds;
const cpuSeconds = cpu() - (whole ? 0 : (cpuAtTraining ?? 0));
const quality = vectors && {
  spearman: scoreSimilarities(vectors, parseSimilarities(readFileSync(job.pairs, 'utf8'))).spearman,
  analogies: scoreAnalogies(vectors, parseAnalogies(readFileSync(job.questions, 'utf8'))).at(-1)!.accuracy,
};
const peakMemoryMB = Math.round(process.resourceUsage().maxRSS / 1024);
const result: VectorsRun = { words, seconds, cpuSeconds, wholeSeconds, peakMemoryMB, accuracy, ...quality };
console.log(JSON.stringify(result));
