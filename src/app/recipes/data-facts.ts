import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInput, type Json, messageOf, nearest } from '../../base/core/index.js';
import { sha256, sha256File } from '../../base/core/index.node.js';
import { resolveFiles } from '../../stages/data/index.js';
import { type CorpusModule, corpusFiles } from './corpus-module.js';
import { type CorpusPipeline, inspectPipeline } from './corpus-pipeline.js';
import { type DataFacts, Derivation, type Setting } from './derive.js';
import type { Project } from './schema.js';

/** A file of the user's, as it enters the corpus. */
export interface SourceFile {
  readonly path: string;
  /** Path relative to the project, with forward slashes: names the source in manifests. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What the corpus will be made from, found out before anything runs. */
export interface CorpusSource {
  /** Decides the corpus: part of its address. */
  readonly config: Json;
  readonly facts: DataFacts;
  readonly files: readonly SourceFile[];
  readonly chats: readonly SourceFile[];
  readonly pairs: readonly SourceFile[];
  /** Text of the second mix, for mid-training. */
  readonly second: readonly SourceFile[];
  /** Sources and steps, where a pipeline makes the corpus. */
  readonly pipeline?: CorpusPipeline;
  /** How files are split; absent where a module makes the corpus. */
  readonly split?: { readonly validationShare: number; readonly heldOutShare: number; readonly documentBytes: number };
  /** Where the values of `split` come from. */
  readonly settings: readonly Setting[];
  readonly module?: { readonly path: string; readonly loaded: CorpusModule };
  /** Optional files of the corpus that there will be. */
  readonly provides: readonly (keyof typeof corpusFiles)[];
}

/** Looks at the data a project names: sizes, hashes, what a module provides. */
export async function inspectData(folder: string, project: Project, seed: number): Promise<CorpusSource> {
  const second = await findFiles(folder, project.midtraining.files ?? [], 'midtraining.files');
  return { ...(await inspectCorpus(folder, project, seed)), second };
}

async function inspectCorpus(folder: string, project: Project, seed: number): Promise<Omit<CorpusSource, 'second'>> {
  const { data } = project;
  if (data.module !== undefined) return inspectModule(folder, data.module, project, seed);
  const files = await findFiles(folder, data.files ?? [], 'data.files');
  const chats = await findFiles(folder, data.chats ?? [], 'data.chats');
  const pairs = await findFiles(folder, data.pairs ?? [], 'data.pairs');
  const pipeline = data.sources ? await inspectPipeline(folder, project, seed) : undefined;
  const known = pipeline ? (data.expectedBytes ?? pipeline.bytes) : files.reduce((sum, file) => sum + file.bytes, 0);
  const bytes = known ?? 0;
  const d = new Derivation();
  const split = {
    validationShare: d.take('data.validationShare', data.validationShare, () => 0.02),
    heldOutShare: d.take('data.heldOutShare', data.heldOutShare, () => 0.05),
    documentBytes: d.take(
      'data.documentBytes',
      data.documentBytes,
      () => Math.min(4096, Math.max(128, Math.round(bytes / 64))),
      'a 64th of the text, 128 to 4,096: enough documents to split',
    ),
  };
  if (split.validationShare + split.heldOutShare >= 1) {
    throw new InvalidInput(
      'data.split',
      'data: expected validationShare + heldOutShare below 1: nothing is left to train on',
    );
  }
  const identity = (file: SourceFile): Json => ({ name: file.name, sha256: file.sha256, bytes: file.bytes });
  const trainShare = 1 - split.validationShare - split.heldOutShare;
  return {
    config: {
      ...(pipeline ? { pipeline: pipeline.config } : { files: files.map(identity) }),
      chats: chats.map(identity),
      ...(pairs.length > 0 ? { pairs: pairs.map(identity) } : {}),
      licence: data.licence ?? 'NOASSERTION',
      seed,
      ...split,
    },
    facts: {
      trainBytes: known === undefined ? undefined : Math.round(known * trainShare),
      heldOutBytes: known === undefined ? undefined : Math.round(known * split.heldOutShare),
      hasChats: chats.length > 0,
      hasPairs: pairs.length > 0,
    },
    files,
    chats,
    pairs,
    pipeline,
    split,
    settings: d.settings,
    provides: [
      ...(chats.length > 0 ? (['chats', 'validationChats'] as const) : []),
      ...(pairs.length > 0 ? (['pairs'] as const) : []),
      'prompts',
    ],
  };
}

async function findFiles(folder: string, patterns: readonly string[], key: string): Promise<SourceFile[]> {
  const problems: string[] = [];
  const paths = new Set<string>();
  for (const pattern of patterns) {
    try {
      for (const path of await resolveFiles([pattern], folder)) paths.add(path);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      problems.push(error.message);
    }
  }
  const files: SourceFile[] = [];
  for (const path of [...paths].sort()) {
    try {
      const { size } = await stat(path);
      const name = relative(folder, path).split(sep).join('/');
      files.push({ path, name: isAbsolute(name) ? path : name, bytes: size, sha256: await sha256File(path) });
    } catch (error) {
      problems.push(`${path}: ${messageOf(error)}`);
    }
  }
  if (problems.length > 0) {
    const lines = problems.map((problem) => `  ${problem}`).join('\n');
    throw new InvalidInput('data.files', `${key}:\n${lines}`, { problems });
  }
  return files;
}

async function inspectModule(
  folder: string,
  name: string,
  project: Project,
  seed: number,
): Promise<Omit<CorpusSource, 'second'>> {
  const path = resolve(folder, name);
  const source = moduleSource(path);
  let loaded: CorpusModule;
  try {
    loaded = (await import(pathToFileURL(path).href)) as CorpusModule;
  } catch (error) {
    throw new InvalidInput('data.module', `load ${path}: ${messageOf(error)}`, { path }, error);
  }
  if (typeof loaded.buildCorpus !== 'function') {
    throw new InvalidInput(
      'data.module',
      `load ${path}: expected an export buildCorpus(context), found ${Object.keys(loaded)}`,
    );
  }
  const provides = loaded.provides ?? [];
  for (const entry of provides) {
    if (entry in corpusFiles) continue;
    const near = nearest(entry, Object.keys(corpusFiles));
    throw new InvalidInput(
      'data.module',
      `load ${path}: provides names ${entry}${near ? `; did you mean ${near}?` : ''}`,
    );
  }
  const options = (project.data.options ?? {}) as Record<string, Json>;
  const inputs = (await loaded.inputs?.({ options, projectFolder: folder })) ?? null;
  return {
    config: { module: source, options, inputs, seed },
    facts: {
      trainBytes: project.data.expectedBytes,
      hasChats: provides.includes('chats'),
      hasPairs: provides.includes('pairs'),
    },
    files: [],
    chats: [],
    pairs: [],
    settings: [],
    module: { path, loaded },
    provides,
  };
}

/** Hash of a module and of the files it imports by relative path. */
function moduleSource(entry: string): Json {
  const seen = new Map<string, string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      throw new InvalidInput('data.module', `read ${path}: ${messageOf(error)}`, { path }, error);
    }
    seen.set(path, sha256(text));
    // A type named in a comment, as in JSDoc, is not loaded when the module runs.
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
    const imports = code.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g);
    for (const [, target] of imports) visit(resolve(dirname(path), target));
  };
  visit(entry);
  const root = dirname(entry);
  return Object.fromEntries([...seen].map(([path, hash]) => [relative(root, path).split(sep).join('/'), hash]));
}
