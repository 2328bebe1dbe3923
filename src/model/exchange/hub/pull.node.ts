import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { OnProgress } from '../../../base/contract/index.js';
import { InvalidInput, Unavailable, messageOf } from '../../../base/core/index.js';
import { downloadFile, listFiles } from '@huggingface/hub';
import type { ListFileEntry } from '@huggingface/hub';
import { isSafe, isWanted, patternOf } from './files.js';

export interface HubOptions {
  /** Address of the hub; default: the public one. */
  readonly hub?: string;
  /** Never logged; needed for private repositories and for pushing. */
  readonly token?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

export interface PullOptions extends HubOptions {
  /** Folder to write. */
  readonly out: string;
  /** Branch, tag or commit; default `main`. */
  readonly revision?: string;
  /** Further files to take, as globs. */
  readonly include?: readonly string[];
}

export interface PulledModel {
  readonly repository: string;
  readonly out: string;
  readonly files: readonly string[];
  /** Bytes read from the hub now; what was there already is not read again. */
  readonly bytes: number;
}

/** Most files and bytes of a folder: beyond them a repository is hostile or a mistake. */
const mostFiles = 10_000;
const mostBytes = 4e12;

/** `org/name`, as the hub names repositories. */
export function checkRepository(name: string): string {
  if (!/^[\w.-]{1,96}\/[\w.-]{1,96}$/.test(name) || name.includes('..')) {
    throw new InvalidInput('hub.name', `hub: expected a repository as org/name, got ${JSON.stringify(name)}`, { name });
  }
  return name;
}

/** What the hub or the way to it said, as one of our errors. */
export function hubError(what: string, error: unknown): Error {
  if (error instanceof InvalidInput || error instanceof Unavailable) return error;
  if ((error as Error | undefined)?.name === 'AbortError') return error as Error;
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  if (status === 401 || status === 403 || status === 404) {
    return new InvalidInput(
      'hub.refused',
      `${what}: the hub answered ${status}: the repository does not exist, or it is private and HF_TOKEN is missing or has no right to it`,
      { status },
      error,
    );
  }
  if (typeof status === 'number') {
    return new Unavailable('hub.failed', `${what}: the hub answered ${status}; try again later`, { status }, error);
  }
  return new Unavailable(
    'hub.unreachable',
    `${what}: expected a connection to the hub, got none (${messageOf((error as { cause?: unknown }).cause ?? error)}); ` +
      'pulling and pushing need the network, everything else of abovo does not',
    {},
    error,
  );
}

/** Hash by which the hub knows a file: SHA-256 of large files, git's blob hash of others. */
async function hashOf(path: string, entry: ListFileEntry, size: number): Promise<string> {
  const hash = entry.lfs ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function isThere(path: string, entry: ListFileEntry): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile() || info.size !== entry.size) return false;
  const wanted = entry.lfs?.oid ?? entry.oid;
  return wanted !== undefined && (await hashOf(path, entry, info.size)) === wanted;
}

/**
 * Takes a model from the hub: configuration, safetensors, tokenizer and documentation. A pull that was stopped goes on
 * where it stood; each file is checked against the hub's hash before it takes its name.
 *
 * @throws InvalidInput `hub.name`, `hub.refused`, `hub.empty`; Unavailable `hub.unreachable`, `hub.failed`,
 * `hub.checksum` where what came is not what the hub says.
 */
export async function pullModel(name: string, options: PullOptions): Promise<PulledModel> {
  const repository = checkRepository(name);
  const { out, revision = 'main', signal, onProgress } = options;
  const common = {
    repo: { type: 'model' as const, name: repository },
    revision,
    ...(options.hub ? { hubUrl: options.hub } : {}),
    ...(options.token ? { accessToken: options.token } : {}),
  };
  const include = (options.include ?? []).map(patternOf);
  const entries: ListFileEntry[] = [];
  let total = 0;
  try {
    for await (const entry of listFiles({ ...common, recursive: true })) {
      signal?.throwIfAborted();
      if (entry.type !== 'file' || !isWanted(entry.path, include)) continue;
      entries.push(entry);
      total += entry.size;
      if (entries.length > mostFiles || !(total <= mostBytes)) {
        throw new InvalidInput(
          'hub.size',
          `pull ${repository}: expected at most ${mostFiles} files and ${mostBytes} bytes`,
        );
      }
    }
  } catch (error) {
    throw hubError(`pull ${repository}`, error);
  }
  // Pickled weights are never taken: loading them may run code.
  if (!entries.some(({ path }) => path === 'config.json' || path === 'adapter_config.json')) {
    throw new InvalidInput(
      'hub.empty',
      `pull ${repository}: expected a model (config.json and safetensors), found ${entries.length} files that belong to one`,
    );
  }
  let bytes = 0;
  let done = 0;
  for (const entry of entries) {
    const path = join(out, entry.path);
    if (!(await isThere(path, entry))) {
      bytes += await fetchFile(path, entry, { ...common, out, signal }, (read) =>
        onProgress?.({ stage: 'pull', done: done + read, total, unit: 'bytes' }),
      );
    }
    done += entry.size;
    onProgress?.({ stage: 'pull', done, total, unit: 'bytes' });
  }
  await rm(join(out, '.pull'), { recursive: true, force: true });
  return { repository, out, files: entries.map(({ path }) => path).sort(), bytes };
}

interface FetchOptions {
  readonly repo: { readonly type: 'model'; readonly name: string };
  readonly revision: string;
  readonly hubUrl?: string;
  readonly accessToken?: string;
  readonly out: string;
  readonly signal?: AbortSignal | undefined;
}

/** Reads the rest of a file into its part, checks it, and gives it its name. Returns the bytes read. */
async function fetchFile(
  path: string,
  entry: ListFileEntry,
  { out, signal, ...common }: FetchOptions,
  report: (read: number) => void,
): Promise<number> {
  const what = `pull ${common.repo.name}: ${entry.path}`;
  const oid = entry.lfs?.oid ?? entry.oid ?? '';
  if (!isSafe(entry.path) || !/^[0-9a-f]{40,64}$/.test(oid)) {
    throw new Unavailable('hub.failed', `${what}: expected the file's hash from the hub, got ${JSON.stringify(oid)}`);
  }
  const part = join(out, '.pull', `${oid}.part`);
  await mkdir(dirname(part), { recursive: true });
  await mkdir(dirname(path), { recursive: true });
  const there = (await stat(part).catch(() => undefined))?.size ?? 0;
  const from = there <= entry.size ? there : 0;
  let read = 0;
  try {
    const blob = await downloadFile({ ...common, path: entry.path, xet: false });
    if (!blob) throw new Unavailable('hub.failed', `${what}: the hub lists it and does not have it`);
    if (from < entry.size || entry.size === 0) {
      const stream = Readable.fromWeb(blob.slice(from).stream() as Parameters<typeof Readable.fromWeb>[0]);
      stream.on('data', (chunk: Uint8Array) => {
        read += chunk.length;
        report(from + read);
      });
      await pipeline(stream, createWriteStream(part, { flags: from > 0 ? 'a' : 'w' }), { signal });
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw hubError(what, error);
  }
  const { size } = await stat(part);
  if (size !== entry.size || (await hashOf(part, entry, size)) !== oid) {
    await rm(part, { force: true });
    throw new Unavailable(
      'hub.checksum',
      `${what}: expected ${entry.size} bytes with the hash ${oid}, got ${size} bytes with another; it is thrown away, pull again`,
      { path: entry.path },
    );
  }
  await rename(part, path);
  return read;
}
