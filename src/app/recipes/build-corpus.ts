import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChatExample, Message } from '../../base/contract/index.js';
import { InvalidInput, type Json, Random } from '../../base/core/index.js';
import { type DataSource, Rejects, byteLength, planSplit, readDocuments } from '../../stages/data/index.js';
import { type PreferencePair, type SourceLicence, corpusFiles } from './corpus-module.js';
import { type CorpusPipeline, corpusOfPipeline } from './corpus-pipeline.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import { JsonLinesWriter, lineSchemas, readJsonLines } from './json-lines.js';
import type { BuildStage, StageContext } from './run.js';

/** Stage `corpus`: documents of the user's files, split, or whatever a module writes. */
export const buildCorpus: BuildStage = async (work, context) => {
  const { folder, signal } = work;
  // A corpus is made in one piece: what an interrupted attempt left is removed.
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
  const { plan, onProgress } = context;
  const { source, project } = plan;
  if (source.pipeline) return fromPipeline(source.pipeline, work, context);
  if (!source.module) return fromFiles(work, context);
  const summary = await source.module.loaded.buildCorpus({
    folder,
    projectFolder: plan.folder,
    options: (project.data.options ?? {}) as Record<string, Json>,
    seed: plan.shape.seed,
    signal,
    onProgress,
  });
  const needed = ['train', 'validation', 'heldOut', ...source.provides] as const;
  const missing = needed.map((key) => corpusFiles[key]).filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0) {
    throw new InvalidInput('data.module', `corpus: ${source.module.path} did not write ${missing.join(', ')}`, {
      missing,
    });
  }
  const empty = [];
  for (const key of ['train', 'validation', 'heldOut'] as const) {
    if ((await stat(join(folder, corpusFiles[key]))).size === 0) empty.push(corpusFiles[key]);
  }
  if (empty.length > 0) {
    throw new InvalidInput('data.empty', `corpus: ${source.module.path} wrote nothing into ${empty.join(', ')}`, {
      empty,
    });
  }
  return { metrics: { ...summary.metrics }, licences: summary.licences, notes: summary.notes };
};

async function fromPipeline(
  pipeline: CorpusPipeline,
  work: Parameters<BuildStage>[0],
  context: StageContext,
): ReturnType<BuildStage> {
  const made = await corpusOfPipeline(pipeline, [work, context]);
  await writeFileAtomic(join(work.folder, 'report.json'), `${JSON.stringify(made.report, null, 2)}\n`);
  const { chats, pairs } = await addChats(work.folder, context, made.openings.map(opening));
  const { source, project } = context.plan;
  const licences = [...source.chats, ...source.pairs].map(({ name }) => ({
    source: name,
    licence: project.data.licence ?? 'NOASSERTION',
  }));
  return {
    metrics: { ...made.metrics, chats: chats.length, ...(source.pairs.length > 0 ? { pairs } : {}) },
    licences: [...made.licences, ...licences],
    notes: made.notes,
  };
}

/** Chats that go with the text, and what the samples of the report start from. */
async function addChats(
  folder: string,
  { plan }: StageContext,
  openings: readonly string[],
): Promise<{ readonly chats: readonly ChatExample[]; readonly pairs: number }> {
  const chats = await chatsOf(plan.source.chats.map((file) => file.path));
  await writeChats(folder, chats, plan.shape.seed);
  const pairs = await writePairs(
    folder,
    plan.source.pairs.map((file) => file.path),
    plan.shape.seed,
  );
  const prompts = await JsonLinesWriter.create(join(folder, corpusFiles.prompts));
  for (const prompt of openings.slice(0, 6)) await prompts.add({ prompt });
  for (const chat of chats.slice(0, 6)) await prompts.add({ messages: question(chat) });
  await prompts.close();
  return { chats, pairs };
}

const fromFiles: BuildStage = async ({ folder, signal }, context) => {
  const { plan, onProgress, note } = context;
  const { source, project, shape } = plan;
  const { data } = project;
  const sources: DataSource[] = [
    {
      files: source.files.map((file) => file.path),
      documentBytes: source.split!.documentBytes,
      licence: data.licence ?? 'NOASSERTION',
    },
  ];
  const total = source.files.reduce((sum, file) => sum + file.bytes, 0);
  const { heldOutShare: heldOut, validationShare: validation } = source.split!;
  const splitOf = await planSplit(
    readDocuments(sources, { folder: plan.folder, signal }),
    { heldOut, validation },
    {
      seed: shape.seed,
    },
  );
  const rejects = new Rejects();
  const writers = {
    train: await JsonLinesWriter.create(join(folder, corpusFiles.train)),
    validation: await JsonLinesWriter.create(join(folder, corpusFiles.validation)),
    heldOut: await JsonLinesWriter.create(join(folder, corpusFiles.heldOut)),
  };
  const bytes = { train: 0, validation: 0, heldOut: 0 };
  const licences = new Map<string, SourceLicence>();
  const names = new Map(source.files.map((file) => [file.path, file.name]));
  const openings: string[] = [];
  let read = 0;
  try {
    for await (const document of readDocuments(sources, { folder: plan.folder, onReject: rejects.add, signal })) {
      const split = splitOf(document.text) as keyof typeof writers;
      const size = byteLength(document.text);
      bytes[split] += size;
      read += size;
      const name = names.get(document.source) ?? document.source;
      const licence = document.licence ?? 'NOASSERTION';
      if (!licences.has(`${name} ${licence}`)) licences.set(`${name} ${licence}`, { source: name, licence });
      await writers[split].add({ id: document.id, text: document.text });
      if (split === 'heldOut' && openings.length < 64) openings.push(opening(document.text));
      onProgress({ stage: 'corpus', done: Math.min(read, total), total, unit: 'bytes' });
    }
  } finally {
    for (const writer of Object.values(writers)) await writer.close();
  }
  onProgress({ stage: 'corpus', done: total, total, unit: 'bytes' });
  if (rejects.count > 0) {
    await rejects.save(join(folder, 'rejects.jsonl'));
    note(`corpus: ${rejects.count} files or records were left out; see rejects.jsonl in the artifact`);
  }
  const { chats, pairs } = await addChats(folder, context, openings);
  for (const file of [...source.chats, ...source.pairs]) {
    licences.set(file.name, { source: file.name, licence: data.licence ?? 'NOASSERTION' });
  }
  return {
    metrics: {
      files: source.files.length,
      trainingDocuments: writers.train.lines,
      validationDocuments: writers.validation.lines,
      heldOutDocuments: writers.heldOut.lines,
      trainingBytes: bytes.train,
      validationBytes: bytes.validation,
      heldOutBytes: bytes.heldOut,
      chats: chats.length,
      ...(source.pairs.length > 0 ? { pairs } : {}),
      rejects: rejects.count,
    },
    licences: [...licences.values()],
    notes: ['Documents are split by a hash of their text, so equal documents fall into the same split.'],
  };
};

/** The first words of a text: what a sample goes on from. */
function opening(text: string): string {
  const start = text.trimStart().slice(0, 48);
  const end = start.search(/\s\S*$/);
  return end > 12 ? start.slice(0, end) : start;
}

async function chatsOf(paths: readonly string[]): Promise<ChatExample[]> {
  const chats: ChatExample[] = [];
  for (const path of paths) chats.push(...(await readJsonLines(path, lineSchemas.chat)));
  if (paths.length > 0 && chats.length < 2) {
    throw new InvalidInput('data.chats', `corpus: expected two chats or more in data.chats, got ${chats.length}`);
  }
  return chats;
}

async function writeChats(folder: string, chats: readonly ChatExample[], seed: number): Promise<void> {
  if (chats.length === 0) return;
  const order = new Random(seed).fork('chats').shuffle([...chats]);
  const kept = Math.max(1, Math.min(500, Math.floor(order.length / 50)));
  for (const [name, part] of [
    [corpusFiles.validationChats, order.slice(0, kept)],
    [corpusFiles.chats, order.slice(kept)],
  ] as const) {
    const writer = await JsonLinesWriter.create(join(folder, name));
    for (const chat of part) await writer.add(chat);
    await writer.close();
  }
}

/** Pairs in an order drawn with the seed; returns their number. */
async function writePairs(folder: string, paths: readonly string[], seed: number): Promise<number> {
  if (paths.length === 0) return 0;
  const pairs: PreferencePair[] = [];
  for (const path of paths) pairs.push(...(await readJsonLines(path, lineSchemas.pair)));
  if (pairs.length < 2) {
    throw new InvalidInput('data.pairs', `corpus: expected two pairs or more in data.pairs, got ${pairs.length}`);
  }
  const writer = await JsonLinesWriter.create(join(folder, corpusFiles.pairs));
  for (const pair of new Random(seed).fork('pairs').shuffle(pairs)) await writer.add(pair);
  await writer.close();
  return pairs.length;
}

/** A chat up to the last answer. */
function question({ messages }: ChatExample): readonly Message[] {
  const last = messages.findLastIndex((entry) => entry.role === 'assistant');
  return last > 0 ? messages.slice(0, last) : messages;
}
