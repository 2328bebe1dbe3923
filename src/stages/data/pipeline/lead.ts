import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LeadOptions {
  /** Whether the work has been done, by whomever. */
  readonly isDone: () => Promise<boolean>;
  /** Told while another process works, with who it is. */
  readonly onWait?: (holder: string) => void;
  /** A holder that gives no sign of life for so long is replaced. Its clock does not matter, only that its file changes. */
  readonly staleMs: number;
  readonly signal?: AbortSignal;
}

interface Holder {
  readonly token: string;
  readonly who: string;
  readonly beat: number;
}

/**
 * Has work done by one of several processes that share a folder: whoever gets the lock file. The others wait, and one of them
 * takes over where the holder falls silent. Two may then work for a moment, so the work must write its result in one rename
 * and be a function of its input alone.
 */
export async function lead(path: string, options: LeadOptions, work: () => Promise<void>): Promise<void> {
  const { isDone, onWait, staleMs, signal } = options;
  const token = randomBytes(8).toString('hex');
  const who = `process ${process.pid} on ${hostname()}`;
  const pollMs = Math.max(20, Math.min(1000, staleMs / 10));
  let seen = '';
  let since = performance.now();
  while (!(await isDone())) {
    signal?.throwIfAborted();
    let beat = 0;
    const content = (): string => JSON.stringify({ token, who, beat: beat++ } satisfies Holder);
    try {
      await writeFile(path, content(), { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const text = await readFile(path, 'utf8').catch(() => '');
      if (text !== seen) {
        seen = text;
        since = performance.now();
      } else if (performance.now() - since > staleMs) {
        // Only one of those who wait moves it away.
        const away = `${path}.${token}.stale`;
        await rename(path, away).catch(() => undefined);
        await rm(away, { force: true });
        seen = '';
        continue;
      }
      onWait?.(holderOf(text));
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
      continue;
    }
    const heart = setInterval(() => void writeFile(path, content()).catch(() => undefined), staleMs / 5);
    try {
      if (!(await isDone())) await work();
    } finally {
      clearInterval(heart);
      const text = await readFile(path, 'utf8').catch(() => '');
      if (text.includes(token)) await rm(path, { force: true });
    }
  }
}

function holderOf(text: string): string {
  try {
    return (JSON.parse(text) as Holder).who;
  } catch {
    return 'another process';
  }
}
