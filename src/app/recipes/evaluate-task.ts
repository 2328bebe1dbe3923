import { join } from 'node:path';
import type { BatchSource, OnProgress } from '../../base/contract/index.js';
import { createOrtExecutor } from '../../compiler/runtime/index.node.js';
import type { OrtDevice } from '../../compiler/runtime/index.node.js';
import { Embedder } from '../../model/inference/index.js';
import { loadModel } from '../../model/architecture/index.node.js';
import { loadTokenizer } from '../../model/tokenizer/index.node.js';
import { documentsInMemory, openShards, packDocuments } from '../../stages/data/index.js';
import { type MaskedBatch, type Objective, type PairBatch, Validation } from '../../stages/training/index.js';
import { rolesOf, taskIds } from './roles.js';
import { type Task, prepareTask } from './task.js';

/** How well a model does what it was trained to do, on text it has not seen. */
export interface TaskEvaluation {
  readonly task: Task['name'];
  /** Bits per token that it is asked for. Comparable between models with one vocabulary and one task alone. */
  readonly bitsPerToken: number;
  readonly targets: number;
  /** The same of guessing by how often each token is asked for in training: entropy of single tokens. */
  readonly unigramBitsPerToken: number;
  /** Share of the masked tokens that the model's first guess gets right (masked). */
  readonly accuracy?: number;
  /** The same of always guessing the token asked for most. */
  readonly commonestAccuracy?: number;
}

/** Batches of training text that tell how often each token is asked for. */
const unigramBatches = 400;

const targetsOf = (batch: MaskedBatch | PairBatch): Int32Array => ('labels' in batch ? batch.labels : batch.targets);

/** Add-one smoothed frequencies of the tokens asked for in training. */
function unigram(source: BatchSource<never>, vocabSize: number): Float64Array {
  const counts = new Float64Array(vocabSize).fill(1);
  const most = Math.min(unigramBatches, source.batchesPerEpoch);
  for (let n = 0; n < most; n++) for (const target of targetsOf(source.batch(n))) if (target >= 0) counts[target]++;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}

/** Measures a base model at its task on held-out texts, beside guessing by frequency. */
export async function evaluateTask(options: {
  readonly folder: string;
  /** Shards that the model was trained on. */
  readonly tokens: string;
  readonly heldOut: readonly { readonly text: string }[];
  readonly task: Task;
  readonly device: OrtDevice | undefined;
  readonly threads: number | undefined;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}): Promise<TaskEvaluation> {
  const { folder, task, heldOut, device, threads, onProgress, signal } = options;
  const { config, params } = await loadModel(folder);
  const { tokenizer } = await loadTokenizer(folder);
  const roles = rolesOf(config.family);
  const ids = taskIds(tokenizer, roles);
  const batchSize = 8;
  const prepared = prepareTask(config, task, ids, batchSize);
  const around = (text: string): number[] => [
    ...(roles.begins && ids.bos !== undefined ? [ids.bos] : []),
    ...tokenizer.encode(text, { addSpecialTokens: false, parseSpecial: false }),
    ...(ids.eos === undefined ? [] : [ids.eos]),
  ];
  const documents = documentsInMemory(heldOut.map(({ text }) => ({ ids: around(text) })));
  const pack = { sequenceLength: prepared.textLength, batchSize };
  const measured = prepared.batches(packDocuments(documents, { ...pack, shuffle: false }), 0) as BatchSource<
    MaskedBatch | PairBatch
  >;
  const shards = openShards(join(options.tokens, 'train'));
  let frequency: Float64Array;
  try {
    frequency = unigram(prepared.batches(packDocuments(shards, { ...pack, seed: 1 }), 1), config.vocabSize);
  } finally {
    shards.close();
  }
  let commonest = 0;
  frequency.forEach((share, id) => {
    if (share > (frequency[commonest] as number)) commonest = id;
  });
  const executor = await createOrtExecutor({ ...(device ? { device } : {}), ...(threads ? { threads } : {}) });
  try {
    const objective = prepared.objective(measured as BatchSource<never>) as unknown as Objective<
      MaskedBatch | PairBatch
    >;
    await executor.write(Object.fromEntries(Object.entries(params).map(([name, tensor]) => [`param:${name}`, tensor])));
    const validation = await Validation.create(executor, objective);
    let [nats, targets, unigramNats, common] = [0, 0, 0, 0];
    for (let n = 0; n < measured.batchesPerEpoch; n++) {
      signal.throwIfAborted();
      const batch = measured.batch(n);
      const one = await validation.run([batch]);
      nats += one.loss * one.targets;
      targets += one.targets;
      for (const target of targetsOf(batch)) {
        if (target < 0) continue;
        unigramNats -= Math.log(frequency[target] as number);
        if (target === commonest) common++;
      }
      onProgress({ stage: 'evaluating base', done: n + 1, total: measured.batchesPerEpoch, unit: 'batches' });
    }
    await validation.close();
    const bits = (sum: number) => sum / Math.max(1, targets) / Math.LN2;
    const result = { task: task.name, bitsPerToken: bits(nats), targets, unigramBitsPerToken: bits(unigramNats) };
    if (task.name !== 'masked') return result;
    const embedder = new Embedder({ config, params, executor });
    const right = await guessedRight(embedder, measured as BatchSource<MaskedBatch>, signal);
    await embedder.close();
    return { ...result, accuracy: right / Math.max(1, targets), commonestAccuracy: common / Math.max(1, targets) };
  } finally {
    await executor.close();
  }
}

/** Masked tokens that the model's likeliest guess is right about; each text of a row is read by itself. */
async function guessedRight(
  embedder: Embedder,
  source: BatchSource<MaskedBatch>,
  signal: AbortSignal,
): Promise<number> {
  let right = 0;
  for (let n = 0; n < source.batchesPerEpoch; n++) {
    signal.throwIfAborted();
    const { ids, segments, rows, targets, sequenceLength } = source.batch(n);
    const asked = new Map<number, number>();
    targets.forEach((target, i) => {
      if (target >= 0) asked.set(rows[i] as number, target);
    });
    for (let from = 0; from < ids.length; ) {
      let to = from + 1;
      while (to < ids.length && to % sequenceLength !== 0 && segments[to] === segments[from]) to++;
      const places = [...asked.keys()].filter((place) => place >= from && place < to).sort((a, b) => a - b);
      if (places.length > 0) {
        const begin = from;
        const logits = await embedder.maskedLogits(
          { ids: ids.subarray(from, to) },
          places.map((place) => place - begin),
        );
        logits.forEach((row, i) => {
          let best = 0;
          for (let id = 1; id < row.length; id++) if ((row[id] as number) > (row[best] as number)) best = id;
          if (best === asked.get(places[i] as number)) right++;
        });
      }
      from = to;
    }
  }
  return right;
}
