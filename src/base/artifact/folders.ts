import { readFileSync, statSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AbovoError, InvalidInput, Unavailable } from '../core/index.js';
import { sha256File, syncFolder } from '../core/index.node.js';

/** What is known about unfinished work, kept beside it. */
export interface WorkState {
  readonly startedAt: string;
  readonly seconds: number;
  readonly peakMemoryMB: number;
  readonly resumed: number;
}

/** Rethrows what the file system said as an error a person can act on. */
export function diskError(error: unknown, what: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof AbovoError || typeof code !== 'string') return error;
  const mend: Record<string, string> = {
    ENOSPC: 'the disk is full: free some space and run again; finished work is kept',
    EDQUOT: 'the disk quota is used up: free some space and run again; finished work is kept',
    EROFS: 'the file system is read-only: move the project to a folder that can be written',
    EACCES: 'permission denied: make the folder writable for this user',
    EPERM: 'not permitted: make the folder writable for this user',
    EMFILE: 'too many open files: raise the limit (ulimit -n)',
  };
  return mend[code] ? new Unavailable(`disk.${code.toLowerCase()}`, `${what}: ${mend[code]}`, {}, error) : error;
}

/** State of unfinished work; undefined where there is none that can be read. */
export function readState(path: string): WorkState | undefined {
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as WorkState;
    return typeof state.seconds === 'number' && typeof state.startedAt === 'string' ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Relative paths of all files below a folder, sorted; throws where one is neither file nor folder. */
export async function filesBelow(folder: string, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix ? `${prefix}/${entry.name}` : entry.name;
    if (entry.isDirectory()) found.push(...(await filesBelow(folder, path)));
    else if (entry.isFile()) found.push(path);
    else throw new InvalidInput('artifact.file', `publish: expected plain files, ${path} is none`);
  }
  return found.sort();
}

/** Makes the files durable and hashes them. */
export async function sealFiles(folder: string): Promise<Record<string, { sha256: string; bytes: number }>> {
  const files: Record<string, { sha256: string; bytes: number }> = {};
  const folders = new Set(['']);
  for (const path of await filesBelow(folder)) {
    if (path === 'manifest.json') continue;
    const handle = await open(join(folder, path), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (path.includes('/')) folders.add(path.slice(0, path.lastIndexOf('/')));
    files[path] = { sha256: await sha256File(join(folder, path)), bytes: statSync(join(folder, path)).size };
  }
  for (const inner of folders) await syncFolder(join(folder, inner));
  return files;
}

/** Bytes of all files below a folder. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const path of await filesBelow(folder))
    bytes += statSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}
