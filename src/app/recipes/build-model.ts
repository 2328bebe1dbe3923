import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/core/index.node.js';
import type { BatchSource, Message } from '../../base/contract/index.js';
import type { Json } from '../../base/core/index.js';
import { createOrtExecutor } from '../../compiler/runtime/index.node.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import {
  type ModelConfig,
  type Params,
  countParameters,
  familyOf,
  flopsPerToken,
} from '../../model/architecture/index.js';
import { loadModel, saveModel } from '../../model/architecture/index.node.js';
import { loadTokenizer } from '../../model/tokenizer/index.node.js';
import { packChatTokens } from '../../stages/alignment/index.js';
import { openShards, packDocuments } from '../../stages/data/index.js';
import {
  type Objective,
  type TrainConfig,
  gradientNoiseScale,
  readMetrics,
  train,
} from '../../stages/training/index.js';
import { endOfText, endOfTurn } from './chat-format.js';
import { corpusFiles } from './corpus-module.js';
import { mixedBatches } from './mixture.js';
import { lineSchemas, readJsonLines } from './json-lines.js';
import { rolesOf, taskIds } from './roles.js';
import type { BuildStage, StageContext } from './run.js';
import { startingWeights } from './start-embeddings.js';
import { modelOf, prepareTask } from './task.js';

/** Files that make a model folder complete, beside config and weights. */
const tokenizerFiles = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'chat_template.jinja'];

interface Job<Batch> {
  readonly name: string;
  readonly config: TrainConfig;
  readonly architecture: ModelConfig;
  readonly initial: Params<HostTensor>;
  readonly batches: BatchSource<Batch>;
  readonly validation: BatchSource<Batch>;
  readonly objective?: (source: BatchSource<Batch>) => Objective<Batch>;
  /** Ids that end a text that the model writes. */
  readonly stopTokenIds: readonly number[];
}

/** Trains and writes a Hugging Face folder with the training log. */
export async function trainInto<Batch>(
  work: Parameters<BuildStage>[0],
  { plan, parents, onProgress, note }: StageContext,
  job: Job<Batch>,
): Promise<Record<string, Json>> {
  const { device, threads } = plan.project.compute;
  const executor = await createOrtExecutor({ device, threads });
  const { config, architecture } = job;
  try {
    const result = await train({
      name: job.name,
      config,
      architecture,
      initial: job.initial,
      batches: job.batches,
      validation: job.validation,
      ...(job.objective ? { objective: job.objective } : {}),
      executor,
      folder: work.scratch,
      peakFlops: plan.measured.peakFlops,
      onProgress,
      onWarning: note,
      signal: work.signal,
    });
    await saveModel(work.folder, architecture, result.params);
    const present = await readdir(parents.tokenizer!.folder);
    for (const file of tokenizerFiles.filter((name) => present.includes(name))) {
      await copyFile(join(parents.tokenizer!.folder, file), join(work.folder, file));
    }
    const generation = {
      ...familyOf(architecture).generation?.(architecture),
      bos_token_id: architecture.bos,
      eos_token_id: [...job.stopTokenIds],
    };
    await writeFileAtomic(join(work.folder, 'generation_config.json'), `${JSON.stringify(generation, null, 2)}\n`);
    await copyFile(result.metricsPath, join(work.folder, 'metrics.jsonl'));
    const steps = (await readMetrics(result.metricsPath)).filter((line) => line.type === 'step');
    const noiseScale = gradientNoiseScale(steps);
    const seconds = steps.reduce((sum, line) => sum + line.seconds, 0);
    const { total, nonEmbedding } = countParameters(architecture);
    return {
      parameters: total,
      nonEmbeddingParameters: nonEmbedding,
      steps: result.steps,
      tokens: result.tokens,
      epochs:
        (result.steps * config.batchTokens) /
        (config.microBatchSize * job.batches.sequenceLength) /
        job.batches.batchesPerEpoch,
      loss: result.loss,
      validationLoss: result.validation?.loss ?? null,
      bestValidationLoss: result.bestValidation?.loss ?? null,
      flops: result.tokens * flopsPerToken(architecture, architecture.contextLength).training,
      tokensPerSecond: seconds > 0 ? result.tokens / seconds : null,
      ...(noiseScale === undefined ? {} : { gradientNoiseScale: noiseScale }),
    };
  } finally {
    await executor.close();
  }
}

/** Stage `base`: pretraining on the shards. */
export const buildBase: BuildStage = async (work, context) => {
  const { plan, parents } = context;
  const { shape, horizon } = plan;
  const { tokenizer } = await loadTokenizer(parents.tokenizer!.folder);
  const roles = rolesOf(shape.architecture.family);
  const ids = taskIds(tokenizer, roles);
  // A text may allow fewer pieces than were planned; see `atMost`.
  const { vocabSize } = tokenizer;
  const architecture = modelOf({
    ...shape.architecture,
    vocabSize,
    bos: ids.bos ?? null,
    eos: ids.eos ?? null,
    ...(ids.pad === undefined ? {} : { pad: ids.pad }),
    ...(shape.architecture.family === 'bart' && ids.eos !== undefined ? { decoderStart: ids.eos } : {}),
  });
  const { training } = horizon;
  const task = prepareTask(architecture, shape.task, ids, training.microBatchSize, training);
  const open = (name: string) => openShards(join(parents.tokens!.folder, name));
  const pack = { sequenceLength: task.textLength, batchSize: training.microBatchSize };
  const shards = { train: open('train'), validation: open('validation') };
  try {
    const start = await startingWeights(architecture, tokenizer, shape.seed, plan.embeddings, work.signal);
    const metrics = await trainInto(work, context, {
      name: 'pretraining',
      config: training,
      architecture,
      initial: start.params,
      batches: task.batches(
        mixedBatches(shards.train, parents.corpus, plan.project, { ...pack, seed: training.seed }),
        training.seed,
      ),
      validation: task.batches(packDocuments(shards.validation, { ...pack, shuffle: false }), 0),
      objective: task.objective,
      stopTokenIds: ids.eos === undefined ? [] : [ids.eos],
    });
    const device = plan.project.compute.device ?? 'cpu';
    if (!start.coverage) return { metrics, device };
    const { tokens, found } = start.coverage;
    return {
      metrics: { ...metrics, embeddingCoverage: found / tokens },
      notes: [
        `The embeddings of ${found} of ${tokens} tokens (${((100 * found) / tokens).toFixed(1)} %) started from ${plan.embeddings!.name}.`,
      ],
      device,
    };
  } finally {
    shards.train.close();
    shards.validation.close();
  }
};

/** Stage `tuned`: supervised fine-tuning of the base model on the chats. */
export const buildTuned: BuildStage = async (work, context) => {
  const { plan, parents } = context;
  const { config, overlong, system } = plan.horizon.finetuning!;
  const { tokenizer, chatTemplate } = await loadTokenizer(parents.tokenizer!.folder);
  const { config: architecture, params } = await loadModel(parents.base!.folder, 'decoder');
  const encode = async (file: string) => {
    const chats = await readJsonLines(join(parents.corpus!.folder, file), lineSchemas.chat);
    return chats.map(({ messages }) => {
      const opening: Message[] = system === undefined ? [] : [{ role: 'system', content: system }];
      const { ids, assistantMask } = chatTemplate!.encode(tokenizer, [...opening, ...messages]);
      return { ids, assistant: assistantMask };
    });
  };
  const pack = { sequenceLength: architecture.contextLength, batchSize: config.microBatchSize, overlong };
  const chats = await encode(corpusFiles.chats);
  const validationChats = await encode(corpusFiles.validationChats);
  const batches = packChatTokens(chats, { ...pack, seed: config.seed });
  const validation = packChatTokens(validationChats.length > 0 ? validationChats : chats.slice(0, 100), {
    ...pack,
    seed: 0,
  });
  const { statistics } = batches;
  const ends = [endOfTurn, endOfText].flatMap((token) => tokenizer.tokenToId(token) ?? []);
  const metrics = await trainInto(work, context, {
    name: 'fine-tuning',
    config,
    architecture,
    initial: params,
    batches,
    validation,
    stopTokenIds: ends,
  });
  const notes =
    statistics.cut + statistics.overlong + statistics.withoutAnswer > 0
      ? [
          `${statistics.chats} chats were used; ${statistics.cut} were cut to the context, ${statistics.overlong} left out as too long, ${statistics.withoutAnswer} as having no answer.`,
        ]
      : [];
  return {
    metrics: {
      ...metrics,
      chats: statistics.chats,
      cut: statistics.cut,
      overlong: statistics.overlong,
      fill: statistics.fill,
    },
    notes,
    device: plan.project.compute.device ?? 'cpu',
  };
};
