import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInput, type Json, messageOf, nearest } from '../../base/core/index.js';
import { sha256, sha256File } from '../../base/core/index.node.js';
import { type CorpusModule, corpusFiles } from './corpus-module.js';
import type { DataFacts } from './derive.js';
import { isPattern, matchPaths } from './glob.js';
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
  readonly module?: { readonly path: string; readonly loaded: CorpusModule };
  /** Optional files of the corpus that there will be. */
  readonly provides: readonly (keyof typeof corpusFiles)[];
}

export const dataDefaults = { validationShare: 0.02, heldOutShare: 0.05, documentBytes: 4096 } as const;
const extensions = new Set(['.txt', '.text', '.md', '.jsonl']);

/** Looks at the data a project names: sizes, hashes, what a module provides. */
export async function inspectData(folder: string, project: Project, seed: number): Promise<CorpusSource> {
  const { data } = project;
  if (data.module !== undefined) return inspectModule(folder, data.module, project, seed);
  const files = await findFiles(folder, data.files ?? [], 'data.files');
  const chats = await findFiles(folder, data.chats ?? [], 'data.chats');
  const split = {
    validationShare: data.validationShare ?? dataDefaults.validationShare,
    heldOutShare: data.heldOutShare ?? dataDefaults.heldOutShare,
    documentBytes: data.documentBytes ?? dataDefaults.documentBytes,
  };
  if (split.validationShare + split.heldOutShare >= 1) {
    throw new InvalidInput(
      'data.split',
      'data: expected validationShare + heldOutShare below 1: nothing is left to train on',
    );
  }
  const identity = (file: SourceFile): Json => ({ name: file.name, sha256: file.sha256, bytes: file.bytes });
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return {
    config: {
      files: files.map(identity),
      chats: chats.map(identity),
      licence: data.licence ?? 'NOASSERTION',
      seed,
      ...split,
    },
    facts: {
      trainBytes: Math.round(bytes * (1 - split.validationShare - split.heldOutShare)),
      hasChats: chats.length > 0,
    },
    files,
    chats,
    provides: chats.length > 0 ? ['chats', 'validationChats', 'prompts'] : ['prompts'],
  };
}

async function findFiles(folder: string, patterns: readonly string[], key: string): Promise<SourceFile[]> {
  const problems: string[] = [];
  const paths = new Set<string>();
  for (const pattern of patterns) {
    const path = resolve(folder, pattern);
    const found: string[] = [];
    if (isPattern(pattern)) found.push(...(await matchPaths(path)));
    else if (await stat(path).catch(() => undefined)) {
      found.push(path);
    }
    if (found.length === 0) problems.push(`${pattern}: there is no such file`);
    for (const match of found) paths.add(match);
  }
  const files: SourceFile[] = [];
  for (const path of [...paths].sort()) {
    const info = await stat(path);
    if (!info.isFile()) {
      if (!info.isDirectory()) problems.push(`${path}: expected a file`);
      else if (patterns.some((pattern) => resolve(folder, pattern) === path)) {
        problems.push(`${path}: this is a folder; write ${join(path, '**/*.txt')}`);
      }
      continue;
    }
    if (!extensions.has(extname(path).toLowerCase())) {
      problems.push(`${path}: expected one of ${[...extensions].join(', ')}`);
      continue;
    }
    try {
      const name = relative(folder, path).split(sep).join('/');
      files.push({ path, name: isAbsolute(name) ? path : name, bytes: info.size, sha256: await sha256File(path) });
    } catch (error) {
      problems.push(`${path}: ${messageOf(error)}`);
    }
  }
  if (problems.length > 0) {
    throw new InvalidInput('data.files', `${key}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, {
      problems,
    });
  }
  return files;
}

async function inspectModule(folder: string, name: string, project: Project, seed: number): Promise<CorpusSource> {
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
    facts: { trainBytes: project.data.expectedBytes, hasChats: provides.includes('chats') },
    files: [],
    chats: [],
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
    const imports = text.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g);
    for (const [, target] of imports) visit(resolve(dirname(path), target));
  };
  visit(entry);
  const root = dirname(entry);
  return Object.fromEntries([...seen].map(([path, hash]) => [relative(root, path).split(sep).join('/'), hash]));
}

/** Reads a user's text file; refuses what is not UTF-8. */
export async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new InvalidInput(
      'data.encoding',
      `read ${path}: expected UTF-8 text; convert it first (iconv -t utf-8)`,
      { path },
      error,
    );
  }
}
