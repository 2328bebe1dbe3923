import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Unavailable } from '../../../base/core/index.js';

/** Takes a folder for this process; the result gives it back. A lock whose process is gone is taken over. Errors: `Unavailable`. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock');
  for (let tries = 0; ; tries++) {
    try {
      const fd = openSync(path, 'wx');
      writeSync(fd, String(process.pid));
      closeSync(fd);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(readHolder(path));
    if (tries > 3 || (holder > 0 && holder !== process.pid && isAlive(holder))) {
      throw new Unavailable(
        'crawl.locked',
        `crawl ${folder}: expected no other crawl in this folder, process ${holder} is at it`,
        { holder },
      );
    }
    if (holder === process.pid)
      throw new Unavailable(
        'crawl.locked',
        `crawl ${folder}: expected no other crawl in this folder, this process is at it`,
      );
    rmSync(path, { force: true });
  }
}

function readHolder(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
