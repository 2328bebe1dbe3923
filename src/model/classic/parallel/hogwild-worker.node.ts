import { serveWorker } from '../../../base/worker/index.node.js';
import { classifierWorker } from '../fasttext/classifier.js';
import type { ClassifierPlan } from '../fasttext/classifier.js';
import { trainingKernels } from '../simd/index.js';
import { workThrough } from '../vectors/job.js';
import type { Pieces, Shared } from '../vectors/job.js';
import { word2vecWorker } from '../vectors/word2vec-loop.js';
import type { Word2vecPlan } from '../vectors/word2vec-loop.js';

/** One thread's part of a training. */
export interface HogwildTask {
  readonly job:
    | { readonly kind: 'words'; readonly plan: Word2vecPlan }
    | { readonly kind: 'classifier'; readonly plan: ClassifierPlan };
  readonly pieces: Pieces;
  readonly state: Shared;
  readonly thread: number;
}

export type HogwildMethods = { run: { argument: HogwildTask; result: null } };

serveWorker<HogwildMethods>(() => ({
  run: ({ job, pieces, state, thread }) => {
    const kernels = trainingKernels(job.plan.memory, job.plan.layout, thread);
    const worker = job.kind === 'words' ? word2vecWorker(job.plan, kernels) : classifierWorker(job.plan, kernels);
    for (const _ of workThrough(pieces, worker, state, thread));
    return null;
  },
}));
