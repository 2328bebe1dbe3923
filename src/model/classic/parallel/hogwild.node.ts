import { availableParallelism } from 'node:os';
import { WorkerClient, workerEntry } from '../../../base/worker/index.node.js';
import { classifierModel, planClassifier } from '../fasttext/classifier.js';
import type { ClassifierOptions, Example } from '../fasttext/classifier.js';
import { trainClassifier, trainFastText } from '../fasttext/index.js';
import type { FastTextOptions, TrainedFastText } from '../fasttext/index.js';
import { fastTextCorpus, fastTextModel, planFastText } from '../fasttext/train-vectors.js';
import { buildCorpus, trainWord2vec } from '../vectors/index.js';
import type { Sentences, TrainedVectors, TrainingFigures, Word2vecOptions } from '../vectors/index.js';
import { Reporter, sharedState } from '../vectors/job.js';
import type { Pieces } from '../vectors/job.js';
import { planWord2vec, word2vecVectors } from '../vectors/word2vec.js';
import type { HogwildMethods, HogwildTask } from './hogwild-worker.node.js';

export interface ThreadOptions {
  /**
   * Threads that train one model at once without locks (Hogwild, Niu et al. 2011). With 1 a training repeats exactly;
   * with more it does not, since threads overwrite each other's steps now and then. Default: the machine's.
   */
  readonly threads?: number;
}

/** Runs a job on worker threads over shared memory. */
async function runThreads(
  stage: string,
  job: HogwildTask['job'],
  pieces: Pieces,
  threads: number,
  { onProgress, signal }: Pick<Word2vecOptions, 'onProgress' | 'signal'>,
): Promise<TrainingFigures> {
  const state = sharedState(threads, true);
  const reporter = new Reporter(stage, pieces, onProgress);
  const entry = workerEntry(import.meta.url, './hogwild-worker.node.js');
  const clients = Array.from(
    { length: threads },
    (_, thread) => new WorkerClient<HogwildMethods>(entry, { name: `${stage} ${thread}` }),
  );
  // A worker looks at this after each slice, some milliseconds.
  const stop = (): void => void Atomics.store(state.control, 1, 1);
  signal?.addEventListener('abort', stop, { once: true });
  const timer = setInterval(() => reporter.tell(state.tally), 200);
  try {
    signal?.throwIfAborted();
    const runs = clients.map((client, thread) => client.call('run', { job, pieces, state, thread }));
    // One that fails stops the others, so that nobody trains on for nothing.
    for (const run of runs) run.catch(stop);
    await Promise.all(runs);
    signal?.throwIfAborted();
    return reporter.tell(state.tally, true);
  } finally {
    stop();
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
    await Promise.all(clients.map((client) => client.close()));
  }
}

/** `trainWord2vec` on several threads. */
export async function trainWord2vecThreads(
  sentences: Sentences,
  { threads = availableParallelism(), ...options }: Word2vecOptions & ThreadOptions = {},
): Promise<TrainedVectors> {
  if (threads <= 1) return trainWord2vec(sentences, options);
  const { minCount, maxWords, signal } = options;
  const corpus = await buildCorpus(sentences, { minCount, maxWords, signal, shared: true });
  const { plan, pieces } = planWord2vec(corpus, options, threads);
  const figures = await runThreads('word2vec', { kind: 'words', plan }, pieces, threads, options);
  return { vectors: word2vecVectors(corpus, plan), counts: corpus.counts, figures };
}

/** `trainFastText` on several threads. */
export async function trainFastTextThreads(
  sentences: Sentences,
  { threads = availableParallelism(), ...options }: FastTextOptions & ThreadOptions = {},
): Promise<TrainedFastText> {
  if (threads <= 1) return trainFastText(sentences, options);
  const corpus = await buildCorpus(sentences, fastTextCorpus(options, true));
  const planned = planFastText(corpus, options, threads);
  const { plan, pieces } = planned;
  const figures = await runThreads('fasttext', { kind: 'words', plan }, pieces, threads, options);
  return { model: fastTextModel(planned), figures };
}

/** `trainClassifier` on several threads. */
export async function trainClassifierThreads(
  examples: Iterable<Example> | AsyncIterable<Example>,
  { threads = availableParallelism(), ...options }: ClassifierOptions & ThreadOptions = {},
): Promise<TrainedFastText> {
  if (threads <= 1) return trainClassifier(examples, options);
  const planned = await planClassifier(examples, options, threads);
  const { plan, pieces } = planned;
  const figures = await runThreads('classifier', { kind: 'classifier', plan }, pieces, threads, options);
  return { model: classifierModel(planned), figures };
}
