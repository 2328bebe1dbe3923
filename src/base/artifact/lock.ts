import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from '../core/index.js';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start time of the process in clock ticks since boot (Linux), so that a reused pid is not taken for the holder. */
  readonly born: string;
  readonly since: string;
}

function born(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = born(holder.pid);
  return holder.born === '' || now === '' || now === holder.born;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const data = JSON.parse(await readFile(path, 'utf8')) as Holder;
    return typeof data.pid === 'number' && typeof data.host === 'string' ? data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes the lock of a project and returns the function that gives it back. A second process gets an error that names
 * the first; the lock of a process that no longer runs is taken over.
 */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  const mine: Holder = { pid: process.pid, host: hostname(), born: born(process.pid), since: new Date().toISOString() };
  const text = JSON.stringify(mine);
  const temporary = join(folder, `lock.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  await writeFile(temporary, text, { flag: 'wx' });
  try {
    for (let attempt = 0; attempt < 50; attempt++) {
      try {
        // A hard link appears whole or not at all, unlike a file that is created and then written.
        await link(temporary, path);
        return async () => {
          if ((await readFile(path, 'utf8').catch(() => '')) === text) await rm(path, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = await readHolder(path);
      if (holder && isAlive(holder)) {
        const where = holder.host === hostname() ? '' : ` on ${holder.host}`;
        throw new Unavailable(
          'project.locked',
          `lock: process ${holder.pid}${where} has been working on this project since ${holder.since}; wait for it or stop it` +
            (where && ` (if it no longer runs, delete ${path})`),
          { pid: holder.pid, host: holder.host },
        );
      }
      await removeStale(folder, path);
    }
    throw new Unavailable('project.locked', `lock: ${path} could not be taken; delete it if no abovo runs here`, {
      path,
    });
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Removes a dead process's lock; one process at a time does so, else a fresh lock could be removed. */
async function removeStale(folder: string, path: string): Promise<void> {
  const guard = join(folder, 'lock.takeover');
  try {
    await (await open(guard, 'wx')).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const age = await stat(guard).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > 5000) await rm(guard, { force: true });
    await sleep(20);
    return;
  }
  try {
    const holder = await readHolder(path);
    if (!holder || !isAlive(holder)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}
