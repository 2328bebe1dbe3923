import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchSource } from '../../base/contract/index.js';
import { InvalidInput } from '../../base/core/index.js';
import { loadModel } from '../../model/architecture/index.node.js';
import { loadTokenizer } from '../../model/tokenizer/index.node.js';
import { mixBatches, openShards, packDocuments, readDocuments, tokenizeToShards } from '../../stages/data/index.js';
import { trainInto } from './build-model.js';
import { rolesOf, taskIds } from './roles.js';
import type { BuildStage } from './run.js';
import { prepareTask } from './task.js';

/** Documents of the second mix that are watched during mid-training, not trained on: every n-th. */
const watched = 50;

/** Stage `mid`: the base model goes on on a second mix of text, some of the first one among it. */
export const buildMid: BuildStage = async (work, context) => {
  const { plan, parents, onProgress } = context;
  const { config, replay } = plan.horizon.midtraining!;
  const { tokenizer } = await loadTokenizer(parents.tokenizer!.folder);
  const { config: architecture, params } = await loadModel(parents.base!.folder);
  const roles = rolesOf(plan.shape.architecture.family);
  const ids = taskIds(tokenizer, roles);
  const files = plan.source.second.map((file) => file.path);
  const documentBytes = plan.source.split?.documentBytes ?? 4096;
  const around = { bos: roles.begins ? ids.bos : undefined, eos: ids.eos };
  const parts = { train: join(work.scratch, 'second'), validation: join(work.scratch, 'second-watched') };
  let watchedDocuments = 0;
  for (const [name, folder] of Object.entries(parts)) {
    const documents = async function* () {
      let n = 0;
      for await (const document of readDocuments([{ files, documentBytes }], { folder: plan.folder })) {
        if ((n++ % watched === 0) === (name === 'validation')) yield document;
      }
    };
    // What a run that was stopped left is made again.
    await rm(folder, { recursive: true, force: true });
    const made = await tokenizeToShards(documents(), tokenizer, {
      folder,
      ...around,
      signal: work.signal,
      onProgress,
    });
    if (name === 'validation') watchedDocuments = made.documents;
    if (made.documents === 0) {
      throw new InvalidInput(
        'data.empty',
        'midtraining: expected two documents or more in midtraining.files, got fewer',
      );
    }
  }
  const task = prepareTask(architecture, plan.shape.task, ids, config.microBatchSize, config);
  const pack = { sequenceLength: task.textLength, batchSize: config.microBatchSize };
  const shards = {
    first: openShards(join(parents.tokens!.folder, 'train')),
    second: openShards(parts.train),
    watched: openShards(parts.validation),
  };
  try {
    const packed = (name: 'first' | 'second'): BatchSource =>
      packDocuments(shards[name], { ...pack, seed: config.seed });
    const mixed = mixBatches(
      [
        { source: packed('second'), weight: 1 - replay },
        { source: packed('first'), weight: replay },
      ],
      config.seed,
    );
    const metrics = await trainInto(work, context, {
      name: 'mid-training',
      config,
      architecture,
      initial: params,
      batches: task.batches(mixed, config.seed),
      validation: task.batches(packDocuments(shards.watched, { ...pack, shuffle: false }), 0),
      objective: task.objective,
      stopTokenIds: ids.eos === undefined ? [] : [ids.eos],
    });
    return {
      metrics: { ...metrics, replay, watchedDocuments },
      notes: [
        `The model went on on ${files.length} further files, ${(100 * replay).toFixed(0)} % of its batches of the first mix.`,
      ],
      device: plan.project.compute.device ?? 'cpu',
    };
  } finally {
    for (const shard of Object.values(shards)) shard.close();
  }
};
