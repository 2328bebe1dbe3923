import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir, rm, rename, mkdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { type Artifact, type ArtifactStore, parseManifest } from '../../../base/artifact/index.node.js';
import type { OnProgress } from '../../../base/contract/index.js';
import { messageOf } from '../../../base/core/index.js';
import { sha256File, writeFileAtomic } from '../../../base/core/index.node.js';
import { loadTokenizer } from '../../../model/tokenizer/index.node.js';
import { openShards } from '../open-shards.js';
import { manifestName } from '../shards.js';
import { type FileFinding, isLines, rewriteFile, searchFile } from './files.js';
import { SubjectMatcher } from './match.js';
import { appendRecord, type ErasureRecord, erasureKey, hashSubject } from './record.js';
import { dropFromShards, findInShards } from './shard-files.js';

export interface EraseOptions {
  readonly store: ArtifactStore;
  /** Key or e-mail of the person. */
  readonly subject: string;
  /** Raw data: absolute paths. */
  readonly files: readonly string[];
  /** Fields of records that hold a person's key; default: `subject`, `email` and their like. */
  readonly fields?: readonly string[];
  /** Only tells what would go. */
  readonly dryRun?: boolean;
  /** Takes away the models that have seen the records, too. */
  readonly removeModels?: boolean;
  /** Secret of the hash in the record; default: the project's own. */
  readonly key?: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Documents found in token shards. */
export interface ShardFinding {
  readonly artifact: string;
  readonly folder: string;
  readonly documents: number;
}

/** A model or another artifact that was made from the person's records. */
export interface Affected {
  readonly artifact: string;
  readonly kind: string;
  /** Whether it holds weights that have seen the records: only training anew takes them out. */
  readonly retrain: boolean;
  readonly removed: boolean;
}

export interface ErasureReport {
  readonly dryRun: boolean;
  readonly subject: string;
  readonly files: readonly FileFinding[];
  readonly shards: readonly ShardFinding[];
  readonly affected: readonly Affected[];
  readonly problems: readonly string[];
  readonly record?: ErasureRecord;
}

/** Every file below a folder. */
async function below(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * Finds a person's records in raw data, in JSON lines and token shards of artifacts, and, through lineage, what was made of them; takes
 * out what can be taken out and lists what must be trained anew. Shards go first and raw data last, so that a run that was killed finds
 * everything again. Artifacts keep their addresses; their manifests say that something was taken out.
 */
export async function eraseSubject(options: EraseOptions): Promise<ErasureReport> {
  return options.dryRun ? erase(options) : options.store.locked(() => erase(options));
}

async function erase({
  store,
  subject,
  files,
  fields,
  dryRun = false,
  removeModels = false,
  key,
  onProgress,
  signal,
}: EraseOptions): Promise<ErasureReport> {
  const matcher = new SubjectMatcher(subject, fields);
  const problems: string[] = [];
  const artifactsFolder = join(store.folder, 'artifacts');
  const inStore = (await below(artifactsFolder)).filter(isLines);
  const events = (await below(join(store.folder, 'events'))).filter(isLines);
  const total = files.length + inStore.length + events.length;
  const findings: FileFinding[] = [];
  // Twice: copies of a text can stand in a file that was looked through before the record that names the person was met.
  for (let round = 0; round < 2; round++) {
    const before = matcher.removedTexts.length;
    findings.length = 0;
    for (const path of [...files, ...inStore, ...events]) {
      signal?.throwIfAborted();
      findings.push(await searchFile(path, matcher));
      onProgress?.({ stage: 'search', done: findings.length, total, unit: 'files' });
    }
    if (matcher.removedTexts.length === before) break;
  }
  for (const { path, problem } of findings) if (problem) problems.push(`${path}: ${problem}`);
  const hits = findings.filter(({ records, mentions = 0 }) => records > 0 || mentions > 0);

  const artifacts = new Map(store.addresses().map((address) => [address, readArtifact(store, address, problems)]));
  const shards: Array<ShardFinding & { readonly drop: readonly number[] }> = [];
  for (const path of (await below(artifactsFolder)).filter((name) => name.endsWith(sep + manifestName))) {
    signal?.throwIfAborted();
    const address = relative(artifactsFolder, path).split(sep)[0];
    const found = await searchShards(dirname(path), artifacts.get(address), artifacts, matcher, problems);
    if (found.length > 0)
      shards.push({ artifact: address, folder: dirname(path), documents: found.length, drop: found });
  }

  const touched = new Set<string>(shards.map(({ artifact }) => artifact));
  for (const { path } of hits)
    if (path.startsWith(artifactsFolder + sep)) touched.add(relative(artifactsFolder, path).split(sep)[0]);
  const affected = descendants(touched, artifacts).map(({ address, manifest }): Affected => {
    const retrain = Object.keys(manifest.files).some((name) => /\.(?:safetensors|gguf|onnx)$/.test(name));
    return { artifact: address, kind: manifest.kind, retrain, removed: retrain && removeModels && !dryRun };
  });

  let record: ErasureRecord | undefined;
  if (!dryRun) {
    for (const { folder, drop } of shards) await dropFromShards(folder, drop);
    // Artifacts before raw data: their copies are known only by it.
    for (const { path } of hits.toReversed()) await rewriteFile(path, matcher);
    for (const address of touched) await reseal(store, address);
    for (const { artifact, removed } of affected) if (removed) await removeArtifact(store, artifact);
    // Unfinished work holds copies of what it was made from, and is made again at the next run.
    if (hits.length > 0 || shards.length > 0) await rm(join(store.folder, 'work'), { recursive: true, force: true });
    record = {
      at: new Date().toISOString(),
      subject: hashSubject(key ?? (await erasureKey(store.folder)), subject),
      records: hits.reduce((sum, { records }) => sum + records, 0),
      documents: shards.reduce((sum, { documents }) => sum + documents, 0),
      mentions: hits.reduce((sum, { mentions = 0 }) => sum + mentions, 0),
      files: hits.length,
      artifacts: [...touched].sort(),
      retrain: affected.filter(({ retrain }) => retrain).map(({ artifact }) => artifact),
      problems: problems.length,
    };
    await appendRecord(store.folder, record);
  }
  return {
    dryRun,
    subject: record?.subject ?? '',
    files: hits,
    shards: shards.map(({ artifact, folder, documents }) => ({ artifact, folder, documents })),
    affected,
    problems,
    record,
  };
}

/** The manifest of an artifact, even where files are not as it says: an erasure that was killed left it so. */
function readArtifact(store: ArtifactStore, address: string, problems: string[]): Artifact | undefined {
  const folder = store.folderOf(address);
  const path = join(folder, 'manifest.json');
  try {
    return { address, folder, manifest: parseManifest(readFileSync(path, 'utf8'), path) };
  } catch (error) {
    problems.push(`${address}: ${messageOf(error)}`);
    return undefined;
  }
}

async function searchShards(
  folder: string,
  artifact: Artifact | undefined,
  artifacts: ReadonlyMap<string, Artifact | undefined>,
  matcher: SubjectMatcher,
  problems: string[],
): Promise<number[]> {
  if (matcher.removedTexts.length === 0) return [];
  const parent = Object.values(artifact?.manifest.parents ?? {}).find(
    (address) => artifacts.get(address)?.manifest.kind === 'tokenizer',
  );
  if (!parent) {
    problems.push(`${folder}: no tokenizer in its lineage: its documents cannot be compared; tokenize again`);
    return [];
  }
  try {
    const { tokenizer } = await loadTokenizer((artifacts.get(parent) as Artifact).folder);
    const shards = openShards(folder);
    try {
      return findInShards(shards, matcher.removedTexts, tokenizer);
    } finally {
      shards.close();
    }
  } catch (error) {
    problems.push(`${folder}: ${messageOf(error)}`);
    return [];
  }
}

/** Everything made from these artifacts, and those themselves where they hold weights. */
function descendants(from: ReadonlySet<string>, artifacts: ReadonlyMap<string, Artifact | undefined>): Artifact[] {
  const reached = new Set(from);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [address, artifact] of artifacts) {
      if (
        reached.has(address) ||
        !Object.values(artifact?.manifest.parents ?? {}).some((parent) => reached.has(parent))
      )
        continue;
      reached.add(address);
      grew = true;
    }
  }
  return [...reached].filter((address) => !from.has(address)).flatMap((address) => artifacts.get(address) ?? []);
}

/** Hashes an artifact's files anew and notes in its manifest that something was taken out. */
async function reseal(store: ArtifactStore, address: string): Promise<void> {
  const folder = store.folderOf(address);
  const path = join(folder, 'manifest.json');
  const manifest = parseManifest(readFileSync(path, 'utf8'), path);
  const files: Record<string, { sha256: string; bytes: number }> = {};
  for (const file of await below(folder)) {
    const name = relative(folder, file).split('\\').join('/');
    if (name !== 'manifest.json') files[name] = { sha256: await sha256File(file), bytes: statSync(file).size };
  }
  const notes = [
    ...manifest.notes,
    `Records of one person were erased on ${new Date().toISOString().slice(0, 10)}; metrics are those from before.`,
  ];
  await writeFileAtomic(path, `${JSON.stringify({ ...manifest, files, notes }, null, 2)}\n`);
}

/** One rename takes it out of sight whole. */
async function removeArtifact(store: ArtifactStore, address: string): Promise<void> {
  const doomed = join(store.folder, 'work', `removed-${address}`);
  await mkdir(dirname(doomed), { recursive: true });
  await rm(doomed, { recursive: true, force: true });
  await rename(store.folderOf(address), doomed);
  await rm(doomed, { recursive: true, force: true });
}
