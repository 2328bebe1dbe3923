import { join } from 'node:path';
import { writeFileAtomic } from '../../base/core/index.node.js';
import type { Json } from '../../base/core/index.js';
import { openLanguageModel } from '../../model/generation/index.node.js';
import { loadTokenizer } from '../../model/tokenizer/index.node.js';
import {
  type Evaluation,
  type EvaluationData,
  type HeldOutDocument,
  compareChoices,
  evaluate,
  measureBaselines,
} from '../../stages/evaluation/index.js';
import { families } from '../../model/architecture/index.js';
import { corpusFiles } from './corpus-module.js';
import { evaluateTask } from './evaluate-task.js';
import { lineSchemas, readJsonLines } from './json-lines.js';
import { rolesOf } from './roles.js';
import type { BuildStage } from './run.js';

/** What there is to measure in the folder of a corpus. */
export async function readEvaluationData(folder: string): Promise<EvaluationData> {
  const path = (key: keyof typeof corpusFiles) => join(folder, corpusFiles[key]);
  return {
    heldOut: (await readJsonLines(path('heldOut'), lineSchemas.document)) as HeldOutDocument[],
    choice: await readJsonLines(path('choice'), lineSchemas.choice),
    writing: await readJsonLines(path('writing'), lineSchemas.writing),
    prompts: await readJsonLines(path('prompts'), lineSchemas.prompt),
  };
}

/** Stage `baselines`: what simple methods reach on the same split. */
export const buildBaselines: BuildStage = async ({ folder, signal }, { plan, parents, onProgress }) => {
  const { tokenizer } = await loadTokenizer(parents.tokenizer!.folder);
  const training = await readJsonLines(join(parents.corpus!.folder, corpusFiles.train), lineSchemas.document);
  const end = tokenizer.tokenToId(rolesOf(plan.shape.architecture.family).eos);
  const baselines = await measureBaselines({
    model: {
      tokenizer,
      vocabSize: tokenizer.vocabSize,
      bosTokenId: end,
      eosTokenIds: end === undefined ? [] : [end],
      chatIds: () => [],
    },
    training: training.map(({ text }) => text),
    data: await readEvaluationData(parents.corpus!.folder),
    config: plan.horizon.evaluation,
    onProgress,
    signal,
  });
  await writeFileAtomic(join(folder, 'baselines.json'), `${JSON.stringify(baselines, null, 2)}\n`);
  const { compression, kneserNey, chance } = baselines;
  const metrics: Record<string, Json> = {};
  if (compression?.compressor.startsWith('xz')) metrics.xzBitsPerByte = compression.bitsPerByte;
  if (compression) {
    metrics.compressor = compression.compressor;
    metrics.compressionBitsPerByte = compression.bitsPerByte;
  }
  if (kneserNey) metrics[`kneserNey${kneserNey.order}BitsPerByte`] = kneserNey.bitsPerByte;
  if (chance !== undefined) metrics.chance = chance;
  return { metrics };
};

/** Figures of one model as `run --json` prints them. */
function figures(evaluation: Evaluation): Record<string, Json> {
  const { heldOut, choice, writing } = evaluation;
  return {
    ...(heldOut && { bitsPerByte: heldOut.bitsPerByte, perplexity: heldOut.perplexity }),
    ...(choice && { choiceAccuracy: { ...choice.accuracy } }),
    ...(writing && { chrF: writing.chrF.score }),
  };
}

/** Stage `evaluation`: both models on the held-out text, the questions and the writing tasks. */
export const buildEvaluation: BuildStage = async (work, context) => {
  const { folder, signal } = work;
  const { plan, parents, onProgress } = context;
  const { kind } = families[plan.shape.architecture.family];
  if (kind !== 'decoder') return evaluateBase(work, context);
  const config = plan.horizon.evaluation;
  const data = await readEvaluationData(parents.corpus!.folder);
  const { device, threads } = plan.project.compute;
  const results: Partial<Record<'base' | 'tuned', Evaluation>> = {};
  for (const which of ['base', 'tuned'] as const) {
    const artifact = parents[which];
    if (!artifact) continue;
    const model = await openLanguageModel(artifact.folder, { name: plan.name, device, threads, maxSequences: 8 });
    try {
      results[which] = await evaluate({
        model,
        data,
        config,
        chat: which === 'tuned',
        stage: `evaluating ${which}`,
        onProgress,
        signal,
      });
    } finally {
      await model.close();
    }
    await writeFileAtomic(join(folder, `${which}.json`), `${JSON.stringify(results[which], null, 1)}\n`);
  }
  const { base, tuned } = results;
  const paired = tuned?.choice && base?.choice ? compareChoices(tuned.choice, base.choice) : undefined;
  const baselineChrF = tuned?.writing?.baselineChrF?.score;
  return {
    metrics: {
      base: base ? figures(base) : {},
      tuned: tuned ? figures(tuned) : {},
      baselines: { ...(baselineChrF !== undefined && { chrF: baselineChrF }) },
      ...(paired && { paired: { ...paired } as Json }),
      questions: base?.choice?.questions ?? 0,
      heldOutDocuments: base?.heldOut?.documents ?? 0,
      heldOutBytes: base?.heldOut?.bytes ?? 0,
    },
    device: device ?? 'cpu',
  };
};

/** A model that writes no text by itself is measured at what it was trained to do. */
const evaluateBase: BuildStage = async ({ folder, signal }, { plan, parents, onProgress }) => {
  const { heldOutBytes, device } = { ...plan.horizon.evaluation, ...plan.project.compute };
  const { heldOut = [] } = await readEvaluationData(parents.corpus!.folder);
  let bytes = 0;
  const some = heldOut.filter(({ text }) => {
    const taken = bytes < heldOutBytes;
    if (taken) bytes += Buffer.byteLength(text);
    return taken;
  });
  const measured = await evaluateTask({
    folder: parents.base!.folder,
    tokens: parents.tokens!.folder,
    heldOut: some.map(({ context = '', text }) => ({ text: context + text })),
    task: plan.shape.task,
    device,
    threads: plan.project.compute.threads,
    onProgress,
    signal,
  });
  await writeFileAtomic(join(folder, 'task.json'), `${JSON.stringify(measured, null, 1)}\n`);
  const { bitsPerToken, accuracy, unigramBitsPerToken, commonestAccuracy } = measured;
  return {
    metrics: {
      base: { taskBitsPerToken: bitsPerToken, ...(accuracy !== undefined && { maskedAccuracy: accuracy }) },
      tuned: {},
      baselines: { unigramBitsPerToken, ...(commonestAccuracy !== undefined && { commonestAccuracy }) },
      questions: 0,
      targets: measured.targets,
      heldOutDocuments: some.length,
      heldOutBytes: bytes,
    },
    device: device ?? 'cpu',
  };
};
